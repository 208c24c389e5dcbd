"""Running a tree of flow nodes over any abstract domain.

Running a node from a state gives one state per exit.  A state is *consumed* by the
run that it is handed to; whoever needs it afterwards forks it first.  What an
operation does, how a condition is decided and how states join is the domain's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic

from flake8_bn_eval.flow.domain import Domain, Exits, State
from flake8_bn_eval.flow.nodes import (
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

MAXIMUM_PASSES = 8


class _Watch(Generic[State]):
    """The join of the states in which an exception may leave a guarded node."""

    __slots__ = ("last", "signature", "state")

    def __init__(self) -> None:
        self.state: State | None = None
        self.last: State | None = None
        """The state that was added last."""
        self.signature: object = None


class Runner(Generic[State]):
    """Runs nodes; a stack of watches gathers the states in which an exception may leave."""

    def __init__(self, domain: Domain[State]) -> None:
        self.domain = domain
        self._watches: list[_Watch[State]] = []
        self._repeating = 0
        """How many loops are running until they are stable."""
        self._invariants: dict[object, tuple[State, State]] = {}
        """Of the loops inside of these: the state that one was entered in, and its stable one."""

    def run(self, node: Node, state: State) -> Exits[State]:
        """One state per exit of ``node``, entered in ``state``."""
        match node:
            case Step():
                return self._step(node.operation, state, Exit.NEXT)
            case Sequence():
                return self._sequence(node.nodes, state)
            case Branch():
                return self._branch(node, state)
            case Loop():
                return self._loop(node, state)
            case Jump():
                return self._jump(node, state)
            case Scope():
                return self._scope(node, state)
            case Try():
                return self._try(node, state)
        raise TypeError(f"not a flow node: {type(node).__name__}")

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Run something else meanwhile: nothing that is running sees what leaves it."""
        outer = self._watches, self._repeating, self._invariants
        self._watches, self._repeating, self._invariants = [], 0, {}
        try:
            yield
        finally:
            self._watches, self._repeating, self._invariants = outer

    @property
    def watched(self) -> bool:
        """Whether anything in the running program would see an exception raised now."""
        return bool(self._watches)

    def may_raise(self, state: State) -> None:
        """An exception may leave in this state; it is not consumed."""
        if not self._watches:
            return
        watch = self._watches[-1]
        signature = self.domain.signature(state)
        if signature != watch.signature:
            watch.signature = signature
            added = self.domain.fork(state)
            if watch.state is None or watch.last is None:
                watch.state = self.domain.fork(added)
            else:
                watch.state = self.domain.gather(watch.state, watch.last, added)
            watch.last = added

    def _step(self, operation: object, state: State, exit: Exit) -> Exits[State]:
        # What is done inside of the operation before it raises, the domain tells by itself.
        self.may_raise(state)
        after = self.domain.step(operation, state)
        return {} if after is None else {exit: after}

    def _jump(self, node: Jump, state: State) -> Exits[State]:
        if node.operation is None:
            exits = {node.exit: state}
        else:
            exits = self._step(node.operation, state, node.exit)
        if node.exit is Exit.RAISE and Exit.RAISE in exits:
            self.may_raise(exits[Exit.RAISE])
        return exits

    def _sequence(self, nodes: list[Node], state: State) -> Exits[State]:
        exits: Exits[State] = {}
        current = state
        for node in nodes:
            inner = self.run(node, current)
            following = inner.pop(Exit.NEXT, None)
            self._add(exits, inner)
            if following is None:
                return exits
            current = following
        exits[Exit.NEXT] = current
        return exits

    def _branch(self, node: Branch, state: State) -> Exits[State]:
        self.may_raise(state)
        holds, fails = self.domain.decide(node.condition, state)
        exits: Exits[State] = {}
        if holds is not None:
            self._add(exits, self.run(node.then, holds))
        if fails is not None:
            self._add(exits, self.run(node.otherwise, fails))
        return exits

    def _loop(self, node: Loop, state: State) -> Exits[State]:
        self.may_raise(state)
        driven = self.domain.driven(
            node.header, state, lambda inside: self._perhaps_contained(node.body, inside)
        )
        if driven is not None:
            if Exit.RAISE in driven:
                self.may_raise(driven[Exit.RAISE])
            self._finish(node, driven.pop(Exit.NEXT, None), driven)
            return driven
        passes = self.domain.literal_passes(node.header, state)
        if passes is None:
            return self._repeat(node, state)
        return self._unroll(node, state, passes)

    def _unroll(self, node: Loop, state: State, passes: int) -> Exits[State]:
        exits: Exits[State] = {}
        current: State | None = state
        iterated = self.domain.iterated(node.header, state)
        since = self.domain.fork(state)
        for index in range(passes):
            if current is not None:
                current = self.domain.age(current, since) if index else current
                current = self.domain.take(node.header, current, index)
            if current is not None:
                current = self._pass(node, current, since, exits)
        self.domain.unrolled(node.header)
        if current is None or not self.domain.has_grown(iterated, current, passes):
            self._finish(node, current, exits)
            return exits
        # The body has added to what is iterated: there may be any number of passes more.
        self._finish(node, None, exits)
        self._add(exits, self._repeat(node, current))
        return exits

    def _repeat(self, node: Loop, state: State) -> Exits[State]:
        exits: Exits[State] = {}
        loop = id(node), self.domain.context()
        entered = self.domain.fork(state) if self._repeating else None
        since = self.domain.fork(state)
        entry = self._resumed(loop, state)
        self._repeating += 1
        try:
            entry, passes = self._stabilized(node, entry, since, exits)
        finally:
            self._repeating -= 1
            if not self._repeating:
                self._invariants.clear()
        if entered is not None:
            self._invariants[loop] = entered, self.domain.fork(entry)
        if Exit.BREAK in exits:
            exits[Exit.BREAK] = self.domain.interrupt(node.header, entry, exits[Exit.BREAK])
        self._finish(node, self.domain.leave(node.header, entry, passes), exits)
        return exits

    def _resumed(self, loop: object, state: State) -> State:
        """Where an inner loop begins.

        Entered in a larger state than in the last pass of the outer one, it becomes at least
        what was stable then.
        """
        known = self._invariants.get(loop)
        if known is None or not self.domain.stable(state, known[0]):
            return state
        return self.domain.join(state, self.domain.fork(known[1]))

    def _stabilized(
        self, node: Loop, entry: State, since: State, exits: Exits[State]
    ) -> tuple[State, list[State]]:
        """The entry state that no pass makes larger, and the states after the last passes."""
        passes: list[State] = []
        told_apart = False
        for count in range(MAXIMUM_PASSES):
            begun = self.domain.age(self.domain.fork(entry), since) if count else entry
            passes = self._passes(node, begun, exits)
            if not passes:
                break
            grown = self._joined(entry, passes)
            if self.domain.stable(entry, grown):
                return grown, passes
            if told_apart or count == 0 and self.domain.turns_flag(entry, passes):
                grown = self.domain.fork(entry)
                if not told_apart:
                    grown = self.domain.suppose_pass(node, grown, False)
                again = [self.domain.suppose_pass(node, self.domain.fork(p), True) for p in passes]
                grown, told_apart = self._joined(grown, again), True
            if self.domain.stable(entry, grown):
                return grown, passes
            entry = self.domain.widen(grown) if count > MAXIMUM_PASSES - 4 else grown
        return entry, passes

    def _joined(self, state: State, others: list[State]) -> State:
        joined = self.domain.fork(state)
        for other in others:
            joined = self.domain.join(joined, self.domain.fork(other))
        return joined

    def _passes(self, node: Loop, entry: State, exits: Exits[State]) -> list[State]:
        """The states after a pass for each sort of element that there may be."""
        passes: list[State] = []
        for way in self.domain.ways(node.header, entry):
            taken = self.domain.take_some(node.header, self.domain.fork(entry), way)
            after = None if taken is None else self._pass(node, taken, entry, exits)
            if after is not None:
                passes.append(after)
        return passes

    def _pass(
        self, node: Loop, state: State, since: State, exits: Exits[State]
    ) -> State | None:
        """One pass of the body; what breaks out is kept in ``exits`` as BREAK."""
        inner = self.run(node.body, state)
        again: State | None = None
        for exit in (Exit.NEXT, Exit.CONTINUE):
            after = inner.pop(exit, None)
            if after is not None:
                again = self._merge(again, self.domain.forget_dead(node, after, since))
        self._add(exits, inner)
        return again

    def _finish(self, node: Loop, exhausted: State | None, exits: Exits[State]) -> None:
        broken = exits.pop(Exit.BREAK, None)
        if exhausted is not None:
            self._add(exits, self.run(node.otherwise, exhausted))
        if broken is not None:
            self._add(exits, {Exit.NEXT: broken})

    def _scope(self, node: Scope, state: State) -> Exits[State]:
        self.may_raise(state)
        exits = self.domain.scoped(
            node.enter, state, lambda inside: self._perhaps_contained(node.body, inside)
        )
        for exit in (Exit.NEXT, Exit.RAISE):
            if exit in exits:
                self.may_raise(exits[exit])
        return exits

    def contained(self, node: Node, state: State) -> Exits[State]:
        """Run a node; its RAISE exit covers every point at which an exception may leave it."""
        return self.watching(lambda: self.run(node, state))

    def _perhaps_contained(self, node: Node, state: State) -> Exits[State]:
        """The same where anything would see an exception: gathering those states is dear."""
        return self.contained(node, state) if self._watches else self.run(node, state)

    def _try(self, node: Try, state: State) -> Exits[State]:
        exits: Exits[State] = {}
        self.domain.begin_guarded(node, state)
        before = self.domain.fork(state)
        inner = self.contained(node.body, state)
        following = inner.pop(Exit.NEXT, None)
        caught = inner.pop(Exit.RAISE, None)
        self._add(exits, inner)
        if caught is not None:
            caught = self.domain.forget_lost(caught, before)
            caught = self.domain.suppose_raised(node, caught, True)
            if following is not None:
                following = self.domain.suppose_raised(node, following, False)
        if following is not None:
            self._add(exits, self.contained(node.otherwise, following))
        if caught is not None:
            for handler in node.handlers:
                self._add(exits, self.contained(handler, self.domain.fork(caught)))
            if not node.catches_all:
                self._add(exits, {Exit.RAISE: caught})
        return self._finally(node.final, exits)

    def watching(self, run: Callable[[], Exits[State]]) -> Exits[State]:
        """Run something; its RAISE exit covers every point at which an exception may leave it."""
        watch: _Watch[State] = _Watch()
        self._watches.append(watch)
        try:
            exits = run()
        finally:
            self._watches.pop()
        if watch.state is not None:
            exits[Exit.RAISE] = watch.state
        return exits

    def _finally(self, final: Node, exits: Exits[State]) -> Exits[State]:
        """The final block runs once for every way out, and goes on by that way."""
        done: Exits[State] = {}
        for exit, state in exits.items():
            inner = self.run(final, state)
            after = inner.pop(Exit.NEXT, None)
            if after is not None:
                if exit is Exit.RAISE:
                    self.may_raise(after)
                self._add(done, {exit: after})
            self._add(done, inner)
        return done

    def _add(self, exits: Exits[State], more: Exits[State]) -> None:
        for exit, state in more.items():
            exits[exit] = self._merge_known(exits.get(exit), state)

    def _merge_known(self, first: State | None, second: State) -> State:
        return second if first is None else self.domain.join(first, second)

    def _merge(self, first: State | None, second: State | None) -> State | None:
        if first is None:
            return second
        return first if second is None else self.domain.join(first, second)
