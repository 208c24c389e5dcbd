"""Which variables are still needed where a loop begins another pass.

A variable is *live* at a point if some way from there reads it before assigning it.  What
is dead at the head of a loop may be forgotten between two passes: no later pass and nothing
behind the loop can tell.

Computed backwards.  An operation turns what is live behind it into what is live before it by
taking out what it assigns and adding what it reads, so the least solution for a loop is what
one walk through its body finds when nothing is live at the back edge; a second walk, with
that solution at the back edge, finds those of the loops inside.  The cost is the size of the
body times the depth of its loops.

What this module does not know: which operations read what, and what else outlives a pass.  A
variable that an inner function reads, or that belongs to another scope, is live whenever that
function may run: whoever asks must keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Set
from typing import Generic, TypeVar

from flake8_bn_eval.flow.nodes import (
    EMPTY,
    Branch,
    Exit,
    Jump,
    Loop,
    Node,
    Scope,
    Sequence,
    Step,
    Try,
)

Variable = TypeVar("Variable", bound=Hashable)
Live = dict[Exit, frozenset[Variable]]
"""What is live behind a node, for each way to leave it."""


def live_at_heads(
    body: Node,
    uses: Callable[[object], Set[Variable]],
    defines: Callable[[object], Set[Variable]],
) -> dict[int, frozenset[Variable]]:
    """What is live at the head of every loop of a body, by the `id` of its `Loop` node.

    The head is where the header asks for another pass.  ``uses`` are the variables that an
    operation may read; ``defines`` those that it assigns, or deletes, whenever it ends normally
    (the header of a loop: whenever there is another pass).  Every operation may raise, before
    or after its effect.  Behind the body nothing is live.
    """
    search = _Search(uses, defines)
    search.before(body, dict.fromkeys(Exit, frozenset()), recording=True)
    return search.heads


class _Search(Generic[Variable]):
    """One walk backwards over a body."""

    def __init__(
        self,
        uses: Callable[[object], Set[Variable]],
        defines: Callable[[object], Set[Variable]],
    ) -> None:
        self.uses = uses
        self.defines = defines
        self.heads: dict[int, frozenset[Variable]] = {}

    def before(self, node: Node, after: Live[Variable], *, recording: bool) -> frozenset[Variable]:
        """What is live before a node; heads of loops are kept when ``recording``."""
        match node:
            case Step():
                return self._operation(node.operation, after[Exit.NEXT], after)
            case Jump():
                return self._jump(node, after)
            case Sequence():
                live = after[Exit.NEXT]
                for inner in reversed(node.nodes):
                    live = self.before(inner, {**after, Exit.NEXT: live}, recording=recording)
                return live
            case Branch():
                then = self.before(node.then, after, recording=recording)
                otherwise = self.before(node.otherwise, after, recording=recording)
                return self._operation(node.condition, then | otherwise, after)
            case Loop():
                return self._loop(node, after, recording=recording)
            case Scope():
                # The context may swallow an exception of the body.
                caught = after[Exit.RAISE] | after[Exit.NEXT]
                body = self.before(node.body, {**after, Exit.RAISE: caught}, recording=recording)
                return self._operation(node.enter, body, after)
            case Try():
                return self._try(node, after, recording=recording)
        raise TypeError(f"not a flow node: {type(node).__name__}")

    def _operation(
        self, operation: object, behind: frozenset[Variable], after: Live[Variable]
    ) -> frozenset[Variable]:
        live, raised = behind, after[Exit.RAISE]
        if not live.isdisjoint(defined := self.defines(operation)):
            live -= defined
        if not (used := self.uses(operation)) <= live:
            live |= used
        return live if raised <= live else live | raised

    def _jump(self, node: Jump, after: Live[Variable]) -> frozenset[Variable]:
        behind = after[node.exit]
        return behind if node.operation is None else self._operation(node.operation, behind, after)

    def _loop(self, node: Loop, after: Live[Variable], *, recording: bool) -> frozenset[Variable]:
        exhausted = self.before(node.otherwise, after, recording=recording)
        inside = {**after, Exit.BREAK: after[Exit.NEXT]}

        def head(again: frozenset[Variable], recording: bool) -> frozenset[Variable]:
            inside.update({Exit.NEXT: again, Exit.CONTINUE: again})
            body = self.before(node.body, inside, recording=recording)
            return self._operation(node.header, body, after) | exhausted

        live = head(frozenset(), recording=False)
        if recording:
            self.heads[id(node)] = live
            head(live, recording=True)
        return live

    def _try(self, node: Try, after: Live[Variable], *, recording: bool) -> frozenset[Variable]:
        if node.final is not EMPTY:
            # It goes on by the way that led to it: by any.
            anyhow = frozenset[Variable]().union(*after.values())
            final = self.before(node.final, {**after, Exit.NEXT: anyhow}, recording=recording)
            after = dict.fromkeys(Exit, final)
        caught = frozenset[Variable]() if node.catches_all else after[Exit.RAISE]
        for handler in node.handlers:
            caught |= self.before(handler, after, recording=recording)
        following = self.before(node.otherwise, after, recording=recording)
        inside = {**after, Exit.NEXT: following, Exit.RAISE: caught}
        return self.before(node.body, inside, recording=recording)
