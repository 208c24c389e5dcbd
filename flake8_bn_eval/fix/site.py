"""Where a fix takes place: the tree of the file, the node of the finding, what is around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, ParentNodeProvider, PositionProvider

from flake8_bn_eval import source
from flake8_bn_eval.findings import Finding, Span

Node = TypeVar("Node", bound=cst.CSTNode)
Function = cst.FunctionDef | cst.Lambda
Replacement = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
Rewrite = Callable[[cst.CSTNode], Replacement]
"""From a node, whose contents are rewritten already, to what stands in its place."""


class DeclinedError(Exception):
    """A finding is not fixed; the message is the reason, a clause."""


class Tree:
    """A parsed file.  Raises `source.UnparsableError` for text that is not parsed."""

    def __init__(self, text: str) -> None:
        self.text = text.removeprefix(source.BYTE_ORDER_MARK)
        self.module = source.parse(text)
        self._wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)

    @cached_property
    def ranges(self) -> Mapping[cst.CSTNode, CodeRange]:
        """Where every node is."""
        return cast("Mapping[cst.CSTNode, CodeRange]", self._wrapper.resolve(PositionProvider))

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node around every node."""
        return cast("Mapping[cst.CSTNode, cst.CSTNode]", self._wrapper.resolve(ParentNodeProvider))

    @cached_property
    def nodes_by_span(self) -> Mapping[Span, Sequence[cst.CSTNode]]:
        """All nodes that fill a span, the outer one first."""
        found: dict[Span, list[cst.CSTNode]] = {}
        for node in descendants(self.module):
            if node in self.ranges:
                found.setdefault(self.span(node), []).append(node)
        return found

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node is."""
        start, end = self.ranges[node].start, self.ranges[node].end
        return Span(start.line, start.column, end.line, end.column)

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

    def rewritten(self, rewrites: Mapping[cst.CSTNode, Rewrite]) -> str:
        """The text with some nodes rewritten."""
        changed = self.module.visit(_Rewriting(rewrites))
        return changed.code


class Site:
    """A finding and the tree that it stands in."""

    def __init__(self, tree: Tree, finding: Finding) -> None:
        self.tree = tree
        self.finding = finding

    def node(self, *kinds: type[Node], span: Span | None = None) -> Node | None:
        """The node of some kinds that fills a span, that of the finding unless one is given."""
        filling = self.tree.nodes_by_span.get(span or self.finding.span, ())
        return next((node for node in filling if isinstance(node, kinds)), None)

    def needed(self, *kinds: type[Node], span: Span | None = None) -> Node:
        """The same; a `DeclinedError` where there is none."""
        found = self.node(*kinds, span=span)
        if found is None:
            raise DeclinedError("the place of the finding has another shape than expected")
        return found


def descendants(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all nodes below it, in the order of the text."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending += reversed(current.children)


class _Rewriting(cst.CSTTransformer):
    def __init__(self, rewrites: Mapping[cst.CSTNode, Rewrite]) -> None:
        super().__init__()
        self._rewrites = rewrites

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Replacement:  # type: ignore[override]
        rewrite = self._rewrites.get(original_node)
        return updated_node if rewrite is None else rewrite(updated_node)
