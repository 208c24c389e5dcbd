"""The tree of a file: where its nodes are, what is around them, the text with some rewritten."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import cast

import libcst as cst
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    Scope,
    ScopeProvider,
)

from flake8_bn_eval import source
from flake8_bn_eval.findings import Span
from flake8_bn_eval.fix.parsing import parse
from flake8_bn_eval.lazily import cached_property

Replacement = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
Rewrite = Callable[[cst.CSTNode], Replacement]
"""From a node, whose contents are rewritten already, to what stands in its place."""


class DeclinedError(Exception):
    """A finding is not fixed; the message is the reason, a clause."""


class Tree:
    """A parsed file.  Raises `source.UnparsableError` for text that is not parsed."""

    def __init__(self, text: str) -> None:
        self.text = text.removeprefix(source.BYTE_ORDER_MARK)
        self.module = parse(text)
        self._wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)

    @cached_property
    def nodes(self) -> Sequence[cst.CSTNode]:
        """All nodes, in the order of the text."""
        return list(descendants(self.module))

    @cached_property
    def ranges(self) -> Mapping[cst.CSTNode, CodeRange]:
        """Where every node is."""
        return cast("Mapping[cst.CSTNode, CodeRange]", self._wrapper.resolve(PositionProvider))

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node around every node."""
        return cast("Mapping[cst.CSTNode, cst.CSTNode]", self._wrapper.resolve(ParentNodeProvider))

    @cached_property
    def scopes(self) -> Mapping[cst.CSTNode, Scope | None]:
        """The scope in which the names of a node are looked up."""
        return cast("Mapping[cst.CSTNode, Scope | None]", self._wrapper.resolve(ScopeProvider))

    @cached_property
    def nodes_by_span(self) -> Mapping[Span, Sequence[cst.CSTNode]]:
        """All nodes that fill a span, the outer one first."""
        found: dict[Span, list[cst.CSTNode]] = {}
        for node in self.nodes:
            if node in self.ranges:
                found.setdefault(self.span(node), []).append(node)
        return found

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node is."""
        start, end = self.ranges[node].start, self.ranges[node].end
        return Span(start.line, start.column, end.line, end.column)

    def first_line(self, statement: cst.BaseStatement) -> int:
        """The line on which a statement begins, with its decorators."""
        decorators = getattr(statement, "decorators", ())
        return self.span(decorators[0] if decorators else statement).line

    def last_line(self, node: cst.CSTNode) -> int:
        """The line on which a node ends."""
        return self.span(node).end_line

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around a node, the innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement(self, node: cst.CSTNode) -> cst.BaseStatement:
        """The whole statement that a node is part of, or is."""
        for each in (node, *self.ancestors(node)):
            if isinstance(each, cst.BaseStatement):
                return each
        raise DeclinedError("it stands in no statement")

    def scope(self, node: cst.CSTNode) -> cst.FunctionDef | cst.ClassDef | cst.Module:
        """The function, class or file in whose body a node stands."""
        for each in self.ancestors(node):
            if isinstance(each, cst.FunctionDef | cst.ClassDef | cst.Module):
                return each
        return self.module

    def code(self, node: cst.CSTNode) -> str:
        """How a node is written, without the parentheses around it."""
        bare = node.with_changes(lpar=(), rpar=()) if hasattr(node, "lpar") else node
        return self.module.code_for_node(bare)

    def rewritten(self, rewrites: Mapping[cst.CSTNode, Rewrite]) -> str:
        """The text with some nodes rewritten; only what is around them is made anew."""
        around = {each for node in rewrites for each in self.ancestors(node)}
        changed = _Rewriting(rewrites, around.union(rewrites)).of(self.module)
        return cst.ensure_type(changed, cst.Module).code


def descendants(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all nodes below it, in the order of the text."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending += reversed(current.children)


def index_of(statements: Sequence[cst.CSTNode], statement: cst.CSTNode) -> int:
    """Where a node itself is among others, however alike they are."""
    return next(index for index, each in enumerate(statements) if each is statement)


class _Rewriting:
    """Rewrites nodes from the inside out: ``touched`` are those and all that are around them."""

    def __init__(
        self, rewrites: Mapping[cst.CSTNode, Rewrite], touched: Collection[cst.CSTNode]
    ) -> None:
        self._rewrites = rewrites
        self._touched = touched

    def of(self, node: cst.CSTNode) -> Replacement:
        """What stands in the place of a node."""
        if node not in self._touched:
            return node
        held = ((field.name, getattr(node, field.name)) for field in fields(node))
        changes = {name: self._held(value) for name, value in held if self._is_touched(value)}
        changed = node.with_changes(**changes) if changes else node
        rewrite = self._rewrites.get(node)
        return changed if rewrite is None else rewrite(changed)

    def _is_touched(self, value: object) -> bool:
        if isinstance(value, list | tuple):
            return any(each in self._touched for each in value)
        return isinstance(value, cst.CSTNode) and value in self._touched

    def _held(self, value: cst.CSTNode | Sequence[cst.CSTNode]) -> object:
        """What a node holds in the place of another node, or of several."""
        if isinstance(value, cst.CSTNode):
            return self.of(value)
        return [new for each in value for new in _as_nodes(self.of(each))]


def _as_nodes(replacement: Replacement) -> Iterable[cst.CSTNode]:
    if isinstance(replacement, cst.CSTNode):
        return (replacement,)
    return replacement if isinstance(replacement, cst.FlattenSentinel) else ()
