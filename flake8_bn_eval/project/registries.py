"""Which files fill the tables of another one: their decorators do, while they are imported.

``@register("deep")`` above a class of one file puts it into a table of a second, and a third
makes what it finds there under a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flake8_bn_eval.project.outlines import Definition, Need, Outline
from flake8_bn_eval.project.tree import Tree

_TABLE = re.compile(
    r"^(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*(?:\{\}|(?:[\w.]*\.)?(?:dict\(|\w*Dict\(|\w*Registry\())",
    re.MULTILINE,
)
"""An empty table, or something that is called a registry, at the outermost level."""


@dataclass(slots=True, eq=False)
class Registries:
    """Finds what fills the tables of files."""

    tree: Tree
    _tables: dict[str, frozenset[str]] = field(default_factory=dict)
    _found: dict[str, list[Need]] = field(default_factory=dict)

    def read_by(self, need: Need, outline: Outline, definitions: list[Definition]) -> list[Need]:
        """What fills the tables that are needed, or that the definitions of what is needed read."""
        path = need.path
        tables = self._tables.get(path)
        if tables is None:
            tables = self._tables[path] = frozenset(_TABLE.findall(self.tree.text(path) or ""))
        read = {need.name}.union(*(each.names for each in definitions))
        if tables.isdisjoint(read):
            return []
        if path not in self._found:
            helpers = (each for each in outline.definitions if each.owner is None)
            adding = {each.name for each in helpers if not tables.isdisjoint(each.names)}
            self._found[path] = self._decorated(path, sorted(tables | adding))
        return self._found[path]

    def is_filled(self, path: str) -> bool:
        """Whether others fill a table of a file that was asked for."""
        return bool(self._found.get(path))

    def _decorated(self, path: str, names: list[str]) -> list[Need]:
        """What these names, or methods of them, decorate in other files."""
        alternatives = "|".join(map(re.escape, names))
        decorated = re.compile(
            rf"^@(?:\w+\.)*(?:{alternatives})\b.*\n(?:@.*\n)*(?:class|def)[ \t]+(\w+)", re.MULTILINE
        )
        plain = [name.encode() for name in names]
        return [
            Need(other, name)
            for other in self.tree.python_files()
            if other != path and self.tree.mentions(other, plain)
            for name in decorated.findall(self.tree.text(other) or "")
        ]
