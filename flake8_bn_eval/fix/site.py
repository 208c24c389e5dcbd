"""Where a fix takes place: a file and a finding in it."""

from __future__ import annotations

from typing import TypeVar

import libcst as cst

from flake8_bn_eval.findings import Finding, Span
from flake8_bn_eval.fix.imports import Imports
from flake8_bn_eval.fix.training import Training
from flake8_bn_eval.fix.tree import DeclinedError, Tree
from flake8_bn_eval.lazily import cached_property

Node = TypeVar("Node", bound=cst.CSTNode)


class File(Tree):
    """The tree of a file with what the kinds of fixes ask about it."""

    @cached_property
    def training(self) -> Training:
        """What in the file trains."""
        return Training(self)

    @cached_property
    def imports(self) -> Imports:
        """Under which names the file knows others."""
        return Imports(self)


class Site:
    """A finding and the tree that it stands in."""

    def __init__(self, file: File, finding: Finding) -> None:
        self.file = file
        self.finding = finding

    def node(self, *kinds: type[Node], span: Span | None = None) -> Node | None:
        """The node of some kinds that fills a span, that of the finding unless one is given."""
        filling = self.file.nodes_by_span.get(span or self.finding.span, ())
        return next((node for node in filling if isinstance(node, kinds)), None)

    def needed(self, *kinds: type[Node], span: Span | None = None) -> Node:
        """The same; a `DeclinedError` where there is none."""
        found = self.node(*kinds, span=span)
        if found is None:
            raise DeclinedError("the place of the finding has another shape than expected")
        return found
