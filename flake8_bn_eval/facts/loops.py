"""Which loop of a body a place stands in: what happens once in a pass belongs together.

A script that trains and measures in one body is divided by its loops: what is computed in
the pass that differentiates may serve the training, what is computed in another loop does not.
One that is always left in its first pass, as to get a single batch, is none.
"""

from __future__ import annotations

from flake8_bn_eval.facts.written.listing import expressions
from flake8_bn_eval.flow.nodes import Branch, Exit, Jump, Loop, Node, Scope, Sequence, Step, Try
from flake8_bn_eval.operations import Comprehension, Operation, Place

Interval = tuple[Place, float]
END = float("inf")
"""Behind everything in a body."""

ONWARD = frozenset({Exit.NEXT, Exit.CONTINUE})
"""The ways out of the body of a loop that lead to another pass."""


class Loops:
    """Finds the innermost loop around a place of a body."""

    def __init__(self) -> None:
        self._known: dict[int, _Walk] = {}

    def repeats(self, body: Node, place: Place) -> bool:
        """Whether a place of a body is in a loop, or in a statement with a comprehension."""
        if self.innermost(body, place) is not None:
            return True
        met = self._walk(body).met
        begun = max((start for start in met if start <= place), default=None)
        statement = None if begun is None else met[begun]
        return statement is not None and any(
            isinstance(each, Comprehension) for each in expressions(statement)
        )

    def innermost(self, body: Node, place: Place) -> Place | None:
        """The header of the innermost loop of a body around one of its places, if any is."""
        return max(self.around(body, place), default=None)

    def around(self, body: Node, place: Place) -> list[Place]:
        """The headers of all loops of a body around one of its places."""
        return [start for start, end in self.intervals(body) if start <= place < end]

    def is_over(self, body: Node, place: Place, later: float) -> bool:
        """Whether a place is in a loop that is over at a later one."""
        return any(start <= place < end <= later for start, end in self.intervals(body))

    def intervals(self, body: Node) -> list[Interval]:
        """Where each loop of a body begins, and where what follows it does."""
        return self._walk(body).loops

    def _walk(self, body: Node) -> _Walk:
        walk = self._known.get(id(body))
        if walk is None:
            walk = self._known[id(body)] = _Walk(body)
        return walk


class _Walk:
    """Walks a body in the order of its text, in which places are numbered."""

    def __init__(self, body: Node) -> None:
        self.loops: list[Interval] = []
        self.met: dict[Place, Operation] = {}
        """What begins at each place."""
        self._ending: list[Place] = []
        """The headers of loops that have ended where the next place is met."""
        self._visit(body)
        self._end(END)

    def _visit(self, node: Node) -> None:
        match node:
            case Sequence():
                for each in node.nodes:
                    self._visit(each)
            case Step(operation=operation) | Jump(operation=operation):
                self._meet(operation)
            case Branch():
                self._meet(node.condition)
                self._visit(node.then)
                self._visit(node.otherwise)
            case Loop():
                self._meet(node.header)
                self._visit(node.body)
                start = _place_of(node.header)
                if start is not None and not _ways_out(node.body).isdisjoint(ONWARD):
                    self._ending.append(start)
                self._visit(node.otherwise)
            case Try():
                for each in (node.body, *node.handlers, node.otherwise, node.final):
                    self._visit(each)
            case Scope():
                self._meet(node.enter)
                self._visit(node.body)

    def _meet(self, operation: object) -> None:
        place = _place_of(operation)
        if place is not None:
            self._end(place)
            if isinstance(operation, Operation):
                self.met[place] = operation

    def _end(self, place: float) -> None:
        self.loops += [(start, place) for start in self._ending]
        self._ending = []


def _ways_out(node: Node) -> frozenset[Exit]:
    """By which exits control may leave a node, whatever its conditions say."""
    match node:
        case Jump():
            return frozenset({node.exit})
        case Sequence():
            found = {Exit.NEXT}
            for each in node.nodes:
                if Exit.NEXT not in found:
                    break
                found = found - {Exit.NEXT} | _ways_out(each)
            return frozenset(found)
        case Branch():
            return _ways_out(node.then) | _ways_out(node.otherwise)
        case Try():
            parts = (node.body, *node.handlers, node.otherwise, node.final)
            return frozenset().union(*map(_ways_out, parts))
        case Scope():
            return _ways_out(node.body)
    return frozenset({Exit.NEXT})


def _place_of(operation: object) -> Place | None:
    place: Place | None = getattr(operation, "place", None)
    return place
