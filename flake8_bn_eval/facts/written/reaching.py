"""What reaches each operation of a body, on some way through it: reaching definitions.

Nothing is run: every branch may be taken, every loop may have no pass or several.  What an
exception may skip is not known; a handler is reached by what reaches its ``try`` and what
its body leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from flake8_bn_eval.flow.nodes import Branch, Exit, Jump, Loop, Node, Scope, Sequence, Step, Try
from flake8_bn_eval.operations import Operation

Definition = TypeVar("Definition")


class Reaching(Generic[Definition]):
    """Goes through one body.

    ``passing`` is asked about each operation, perhaps more than once: it is given what reaches
    the operation, and answers what reaches the next one.  It must only take definitions away
    or add some, whatever else is there: then two passes of a loop say all.
    """

    def __init__(
        self, passing: Callable[[Operation, frozenset[Definition]], frozenset[Definition]]
    ) -> None:
        self._passing = passing
        self._leaving: dict[Exit, frozenset[Definition]] = {}

    def through(
        self, node: Node, reaching: frozenset[Definition] = frozenset()
    ) -> frozenset[Definition]:
        """What is left behind a body, given what comes to it."""
        match node:
            case Step():
                return self._at(node.operation, reaching)
            case Jump():
                left = self._at(node.operation, reaching)
                self._leaving[node.exit] = self._leaving.get(node.exit, frozenset()) | left
                return frozenset()
            case Sequence():
                for each in node.nodes:
                    reaching = self.through(each, reaching)
                return reaching
            case Branch():
                reaching = self._at(node.condition, reaching)
                return self.through(node.then, reaching) | self.through(node.otherwise, reaching)
            case Loop():
                return self._loop(node, reaching)
            case Scope():
                return self.through(node.body, self._at(node.enter, reaching))
            case Try():
                return self._try(node, reaching)
        return reaching

    def leaving(self, node: Node) -> frozenset[Definition]:
        """What is left where a function with this body has ended, by its end or a ``return``."""
        left = self.through(node)
        return left | self._leaving.get(Exit.RETURN, frozenset())

    def _at(self, operation: object, reaching: frozenset[Definition]) -> frozenset[Definition]:
        return self._passing(operation, reaching) if isinstance(operation, Operation) else reaching

    def _loop(self, loop: Loop, reaching: frozenset[Definition]) -> frozenset[Definition]:
        kinds = (Exit.BREAK, Exit.CONTINUE)
        outside = {kind: self._leaving.pop(kind, frozenset()) for kind in kinds}
        for _ in range(2):
            reaching |= self.through(loop.body, self._at(loop.header, reaching))
            reaching |= self._leaving.pop(Exit.CONTINUE, frozenset())
        after = self.through(loop.otherwise, self._at(loop.header, reaching))
        after |= self._leaving.pop(Exit.BREAK, frozenset())
        self._leaving |= outside
        return after

    def _try(self, node: Try, reaching: frozenset[Definition]) -> frozenset[Definition]:
        done = self.through(node.body, reaching)
        after = self.through(node.otherwise, done)
        for handler in node.handlers:
            after |= self.through(handler, reaching | done)
        return self.through(node.final, after)
