"""Under which name a file knows something of PyTorch, or the import that is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import libcst as cst
from libcst.metadata import GlobalScope, ImportAssignment

from flake8_bn_eval.fix.edits import lines_of
from flake8_bn_eval.fix.tree import DeclinedError, Tree
from flake8_bn_eval.lazily import cached_property

_FUTURE = "__future__"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a name is written at a place; ``missing`` is put in before a line if it is not empty."""

    written: str
    missing: str = ""
    line: int = 0

    @property
    def expression(self) -> cst.BaseExpression:
        """The name as a node of its own."""
        return cst.parse_expression(self.written)

    def with_import(self, text: str) -> str:
        """A text that uses the name, with the import; nothing above that line has changed."""
        lines = lines_of(text)
        return "".join([*lines[: self.line - 1], self.missing, *lines[self.line - 1 :]])


class Imports:
    """The imports of a file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def spelling(self, dotted: str, place: cst.CSTNode) -> Spelling:
        """How ``torch.no_grad`` is written at a place, by way of an import if there is one.

        Raises `DeclinedError` where the name of the missing import means something else.
        """
        for written, line in self._ways(dotted):
            if self._is_imported(written, line, place):
                return Spelling(written)
        package = dotted.partition(".")[0]
        if self._is_taken(package):
            raise DeclinedError(f"`{package}` may be the name of something else there")
        return self._importing(dotted, f"import {package}\n")

    def _ways(self, dotted: str) -> list[tuple[str, int]]:
        """All ways to write a name with the lines of their imports, the shortest first."""
        found = [
            (local + dotted[len(full) :], line)
            for local, (full, line) in self._known.items()
            if dotted == full or dotted.startswith(f"{full}.")
        ]
        return sorted(found, key=lambda way: len(way[0]))

    @cached_property
    def _known(self) -> dict[str, tuple[str, int]]:
        """Local names, what they stand for, and the line of the first import of them.

        Not those that stand for several things in the file.
        """
        found: dict[str, tuple[str, int]] = {}
        meanings: dict[str, set[str]] = {}
        for statement in self._tree.nodes:
            if isinstance(statement, cst.Import | cst.ImportFrom):
                line = self._tree.span(statement).line
                for name, full in _imported(statement):
                    meanings.setdefault(name, set()).add(full)
                    found.setdefault(name, (full, line))
        return {name: known for name, known in found.items() if len(meanings[name]) == 1}

    def _is_imported(self, written: str, line: int, place: cst.CSTNode) -> bool:
        """Whether a name at a place is bound by nothing but imports, which have run by then."""
        scope = self._tree.scopes.get(place)
        assignments = () if scope is None else scope[written.partition(".")[0]]
        if not assignments or not all(isinstance(each, ImportAssignment) for each in assignments):
            return False
        is_global = all(isinstance(each.scope, GlobalScope) for each in assignments)
        in_function = not isinstance(self._tree.scope(place), cst.Module)
        return is_global and in_function or line < self._tree.span(place).line

    def _is_taken(self, name: str) -> bool:
        """Whether a name is bound anywhere in the file."""
        scopes = {scope for scope in self._tree.scopes.values() if scope is not None}
        return any(each.name == name for scope in scopes for each in scope.assignments)

    def _importing(self, dotted: str, line: str) -> Spelling:
        """Import behind the first imports, or behind the docstring, or before all."""
        body = self._tree.module.body
        imports = _first_imports(body)
        if imports:
            return Spelling(dotted, line, self._tree.last_line(imports[-1]) + 1)
        preface = list(takewhile(_is_preface, body))
        if preface:
            last = self._tree.last_line(preface[-1])
            below = lines_of(self._tree.text)[last : last + 1]
            separator = "\n" if any(each.strip() for each in below) else ""
            return Spelling(dotted, f"\n{line}{separator}", last + 1)
        if not body:
            raise DeclinedError("the file has no statement before which to import")
        blank = "\n\n" if isinstance(body[0], cst.FunctionDef | cst.ClassDef) else "\n"
        return Spelling(dotted, line + blank, self._tree.first_line(body[0]))


def _imported(statement: cst.BaseSmallStatement) -> list[tuple[str, str]]:
    """The local names that an import binds, with what they stand for."""
    if isinstance(statement, cst.Import):
        return [_imported_module(alias) for alias in statement.names]
    if not isinstance(statement, cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
        return []
    if statement.relative or statement.module is None:
        return []
    module = _dotted(statement.module)
    return [
        (alias.evaluated_alias or alias.evaluated_name, f"{module}.{alias.evaluated_name}")
        for alias in statement.names
    ]


def _imported_module(alias: cst.ImportAlias) -> tuple[str, str]:
    name = alias.evaluated_name
    if alias.evaluated_alias is not None:
        return alias.evaluated_alias, name
    package = name.partition(".")[0]
    return package, package


def _dotted(node: cst.Name | cst.Attribute) -> str:
    if isinstance(node, cst.Name):
        return node.value
    owner = node.value
    assert isinstance(owner, cst.Name | cst.Attribute), "what an import names is dotted names"
    return f"{_dotted(owner)}.{node.attr.value}"


def _first_imports(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """The imports before other statements but those that must come first."""
    first = takewhile(lambda each: _is_import(each) or _is_preface(each), body)
    return [each for each in first if not _is_preface(each)]


def _is_import(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, cst.Import | cst.ImportFrom) for small in statement.body
    )


def _is_from_future(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(small, cst.ImportFrom)
        and isinstance(small.module, cst.Name)
        and small.module.value == _FUTURE
        for small in statement.body
    )


def _is_preface(statement: cst.BaseStatement) -> bool:
    """The docstring, or an import from ``__future__``: nothing may stand before it."""
    is_text = isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, cst.Expr)
        and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)
        for small in statement.body
    )
    return is_text or _is_from_future(statement)
