"""What a lowering walk carries along: the scope it is in, the next place, what it has met."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from flake8_bn_eval.names import Scope
from flake8_bn_eval.operations import (
    Annotated,
    Call,
    ClassDefinition,
    FunctionDefinition,
    Import,
    Name,
    Place,
    Position,
)


class FunctionTraits:
    """What is learnt about a function while its body is lowered."""

    __slots__ = ("generator", "called", "calls", "read")

    def __init__(self) -> None:
        self.generator = False
        self.called: set[str] = set()
        self.calls: list[Call] = []
        self.read: set[str] = set()


class Context:
    """The state of one lowering walk.  Places are given out in source order."""

    def __init__(self, base: int, explained_lines: frozenset[int]) -> None:
        self.base = base
        self.explained_lines = explained_lines
        self.scope = Scope.module(base)
        self.traits = FunctionTraits()
        self.functions: list[FunctionDefinition] = []
        self.classes: list[ClassDefinition] = []
        self.imported: set[str] = set()
        self.explained: set[Place] = set()
        self.imports: list[Import] = []
        self.positions: list[Position] = []
        """Those of the places given out so far."""
        self.place: Place = base
        """The call or statement being lowered."""
        self.class_names: list[str | None] = [None]
        self.annotated: list[Annotated] = []
        """The annotated names of the class body that the walk is in."""
        self.above: list[set[str]] = [set()]
        """The names by which `super` is asked for: of the bases, and of the class around.

        What comes next may be a sibling; the class stands for those.
        """
        self.reads: list[Name] = []
        """The names met since some operation last took them."""
        self.indexes: list[str] = []
        """The names by which elements were taken, in order."""

    @property
    def next_place(self) -> Place:
        """The place that is given out next."""
        return self.base + len(self.positions)

    def new_place(self, node: ast.stmt | ast.Call) -> Place:
        """Number the call or statement that the walk has reached."""
        self.place = self.next_place
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        self.positions.append((node.lineno, node.col_offset, end_line, end_column))
        return self.place

    def taken_reads(self) -> list[Name]:
        """The names that the operation reads whose parts have just been lowered."""
        reads, self.reads = self.reads, []
        return reads

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[Scope]:
        """Walk in another scope, and close it at the end."""
        outer, self.scope = self.scope, scope
        try:
            yield scope
        finally:
            scope.close()
            self.scope = outer

    @contextmanager
    def inside_function(self) -> Iterator[FunctionTraits]:
        """Walk in a function's body: its traits are its own."""
        outer, self.traits = self.traits, FunctionTraits()
        self.class_names.append(None)
        self.above.append(self.above[-1])
        try:
            yield self.traits
        finally:
            self.class_names.pop()
            self.above.pop()
            self.traits = outer
