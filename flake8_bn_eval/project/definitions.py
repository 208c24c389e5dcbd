"""Which files a file has to be run with, because what it imports from them may tell anything.

Followed by names: from what the file imports, through everything that this mentions.  Only
files in which something on the way sets a mode or a gradient mode are worth parsing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flake8_bn_eval.project.imports import Imports
from flake8_bn_eval.project.outlines import STAR, Definition, Need, Outline, outline_of
from flake8_bn_eval.project.registries import Registries
from flake8_bn_eval.project.tree import Tree

TELLING = frozenset(
    {
        ".eval", ".train", ".training", "no_grad", "inference_mode", "enable_grad",
        "set_grad_enabled",
    }
)  # fmt: skip
"""Words that set a mode or a gradient mode."""

COMMON = frozenset({"__init__", "forward", "__call__", "main"})
"""Names that every file has: mentioning one of them means nothing."""

MOST_VISITED = 120
"""So many names are followed from one file."""

MOST_LINKED = 12
"""So many files are run with one file because it imports from them."""

BODY = "<body>"

_OWN_NAMES = re.compile(r"\bglobals\(\)|\beval\(|\bsys\.modules\b")
"""With these a file picks something by its name from all that it has."""


@dataclass(slots=True, eq=False)
class Definitions:
    """Follows names through the files of a project."""

    tree: Tree
    imports: Imports
    most_bytes: int
    _outlines: dict[str, Outline | None] = field(default_factory=dict)
    registries: Registries = field(init=False)

    def __post_init__(self) -> None:
        self.registries = Registries(self.tree)

    def outline(self, path: str) -> Outline | None:
        """The outline of a file, None if there is no such file."""
        if path not in self._outlines:
            text = self.tree.text(path)
            self._outlines[path] = None if text is None else outline_of(text)
        return self._outlines[path]

    def telling_files(
        self, path: str, *, all_definitions: bool = False, most: int = MOST_VISITED
    ) -> list[str]:
        """The files that a file has to be run with, the nearest first.

        With ``all_definitions`` also those that only tell what a class is made of, or what a
        function builds.
        """
        visited = self._visited(path, most)
        telling = self._telling_names(visited, all_definitions)
        found: dict[str, int] = {}
        size = 0
        for need, definitions in visited.items():
            if need.path == path or need.path in found or len(found) == MOST_LINKED:
                continue
            tells = any(
                self._tells(need.path, each, telling, all_definitions) for each in definitions
            )
            if tells or all_definitions and self.registries.is_filled(need.path):
                text = self.tree.text(need.path) or ""
                if size + len(text) <= self.most_bytes:
                    size += len(text)
                    found[need.path] = len(found)
        return [*found, *self._on_the_way(path, visited, set(found))]

    def _on_the_way(
        self, path: str, visited: dict[Need, list[Definition]], found: set[str]
    ) -> list[str]:
        """The files that only hand on what they import from those that were found."""
        handing = [need for need, definitions in visited.items() if not definitions]
        added: list[str] = []
        for need in reversed(handing):
            outline = self.outline(need.path)
            if outline is None or need.path == path or need.path in found:
                continue
            inner = self._imported_by(need.path, outline, {need.name})
            if any(each.path in found for each in inner):
                found.add(need.path)
                added.append(need.path)
        return added[:MOST_LINKED]

    def _tells(
        self, path: str, definition: Definition, telling: set[str], all_definitions: bool
    ) -> bool:
        if all_definitions and (definition.is_class or self._may_make_modules(path, definition)):
            return True
        return not telling.isdisjoint(definition.names)

    def _may_make_modules(self, path: str, definition: Definition) -> bool:
        """Whether a definition mentions what its file imports from a framework."""
        outline = self.outline(path)
        return outline is not None and not outline.of_frameworks.isdisjoint(definition.names)

    def needed(self, path: str) -> dict[str, list[Definition]] | None:
        """All that a file defines and needs, by the file that defines it; None if that is much."""
        outline, visited = self.outline(path), self._visited(path, MOST_VISITED)
        if len(visited) >= MOST_VISITED:
            return None
        found = {path: [] if outline is None else list(outline.definitions)}
        for need, definitions in visited.items():
            found.setdefault(need.path, []).extend(definitions)
        return found

    def _visited(self, path: str, most: int) -> dict[Need, list[Definition]]:
        """Everything that is needed, in the order of its distance."""
        outline = self.outline(path)
        waiting = list(self._imported_by(path, outline, None)) if outline else []
        visited: dict[Need, list[Definition]] = {}
        while waiting and len(visited) < most:
            need = waiting.pop(0)
            if need in visited:
                continue
            visited[need] = []
            near = self.outline(need.path)
            if near is not None:
                definitions = self._of(near, need.name)
                visited[need] = definitions
                waiting += self._mentioned(need, near, definitions)
                waiting += self.registries.read_by(need, near, definitions)
        return visited

    def _of(self, outline: Outline, name: str) -> list[Definition]:
        if name == BODY:
            return [Definition(BODY, None, False, outline.body)]
        return outline.named(name)

    def _mentioned(
        self, need: Need, outline: Outline, definitions: list[Definition]
    ) -> Iterator[Need]:
        """What these definitions mention of their own file and of others."""
        names = {name for each in definitions for name in each.names}
        if not definitions:
            names = {need.name}
            if need.name in outline.body and need.name != BODY:
                yield Need(need.path, BODY)
        for name in outline.outermost:
            if name in names and name != need.name:
                yield Need(need.path, name)
        yield from self._imported_by(need.path, outline, names)

    def _imported_by(self, path: str, outline: Outline, names: set[str] | None) -> Iterator[Need]:
        """What a file imports of these names, of all names if None."""
        for bound, written in outline.imports:
            if names is not None and bound != STAR and bound not in names:
                continue
            target = self.imports.target(path, written)
            if target is None or target.path == path:
                continue
            if target.rest:
                yield Need(target.path, target.rest[0])
            else:
                wanted = self._words(path, outline) if names is None else names
                chooses = self._chooses(path, bound)
                yield from self._in_module(target.path, None if chooses else wanted)

    def _chooses(self, path: str, bound: str) -> bool:
        """Whether a file picks something by its name from what it has imported as a whole.

        Or it hands that on, to who may do so.
        """
        text = self.tree.text(path) or ""
        if bound == STAR:
            return _OWN_NAMES.search(text) is not None
        owner = rf"\b{re.escape(bound)}(?:\.\w+)*"
        return re.search(rf"{owner}\.__dict__|[(,=]\s*{owner}\s*[,)]", text) is not None

    def _words(self, path: str, outline: Outline) -> set[str]:
        return {*outline.body, *(name for each in outline.definitions for name in each.names)}

    def _in_module(self, path: str, wanted: set[str] | None) -> Iterator[Need]:
        """What is used of a module that is imported as a whole: anything if None."""
        outline = self.outline(path)
        if outline is None:
            return
        bound = [name for name, _ in outline.imports]
        for name in (*outline.outermost, *bound):
            if name != STAR and (wanted is None or name in wanted):
                yield Need(path, name)
        for each, written in outline.imports:
            target = self.imports.target(path, written) if each == STAR else None
            near = None if target is None else self.outline(target.path)
            if target is not None and near is not None:
                outermost = set(near.outermost)
                inner = outermost if wanted is None else wanted & outermost
                yield from (Need(path, name) for name in sorted(inner))

    def _telling_names(
        self, visited: dict[Need, list[Definition]], all_definitions: bool
    ) -> set[str]:
        """Words that set something, and the names of all functions that mention one."""
        telling = set(TELLING)
        functions = [(need.path, each) for need, found in visited.items() for each in found]
        while True:
            more = {
                _name(each)
                for path, each in functions
                if self._tells(path, each, telling, all_definitions)
            }
            if more <= telling | COMMON:
                return telling
            telling |= more - COMMON


def _name(definition: Definition) -> str:
    """Making an object runs its constructor."""
    if definition.name == "__init__" and definition.owner is not None:
        return definition.owner
    return definition.name
