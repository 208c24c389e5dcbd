"""Who may call a function or make an object of a class: searched by text, then by imports.

A file that mentions the name and imports it is a caller.  So is one that calls a caller, as
far as the question is still open.  Tests are none: they call things as no program does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice

from flake8_bn_eval.project.definitions import COMMON, Definitions
from flake8_bn_eval.project.outlines import STAR, Definition, Outline
from flake8_bn_eval.project.questions import LeftOpen

MOST_CALLERS = 8
MOST_HEIRS = 3
MOST_ASKING = 3
MOST_RENAMED = 3
"""How often a name is followed through files that only hand it on."""
_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file with the functions and methods in it that lead to what is looked for."""

    path: str
    names: frozenset[str]


@dataclass(slots=True, eq=False)
class Callers:
    """Searches the files of a project."""

    definitions: Definitions

    def of(
        self, path: str, names: Iterable[str], methods: Set[str] = frozenset()
    ) -> list[Wanted]:
        """The files in which functions and classes of a file are used, at most so many.

        Wanted there is also who calls one of some methods, on an object that was kept.
        """
        used = self._using(path, sorted(set(names) - COMMON), frozenset(methods - COMMON))
        return list(islice(used, MOST_CALLERS))

    def heirs(self, path: str, classes: Mapping[str, LeftOpen]) -> list[Wanted]:
        """The files with subclasses that define what classes of a file leave open.

        What is wanted are the methods that come to it, which the subclasses inherit, and those
        that call them.
        """
        asked = frozenset().union(*(each.methods for each in classes.values()))
        missing = frozenset().union(*(each.missing for each in classes.values()))
        found: list[Wanted] = []
        for each in self._using(path, sorted(classes)):
            outline = self.definitions.outline(each.path)
            if outline is not None and _completes(outline, classes.keys(), missing):
                users = _spread(outline.definitions, set(asked))
                found.append(Wanted(each.path, asked | users))
            if len(found) == MOST_HEIRS:
                break
        return found

    def asking(self, path: str, methods: Iterable[str]) -> list[Wanted]:
        """The files that call methods of these names on whatever they are given."""
        names = sorted(set(methods) - COMMON)
        called = re.compile(rf"\.(?:{'|'.join(map(re.escape, names))})\s*\(")
        plain = [f".{name}".encode() for name in names]
        found: list[Wanted] = []
        for other in self._searched(path) if names else ():
            if len(found) < MOST_ASKING and self.definitions.tree.mentions(other, plain):
                text, outline = self.definitions.tree.text(other), self.definitions.outline(other)
                if text is not None and outline is not None and called.search(text):
                    calling = _calling(outline.definitions, set(names))
                    found.append(Wanted(other, frozenset(calling)))
        return found

    def _using(
        self, path: str, wanted: list[str], methods: frozenset[str] = frozenset()
    ) -> Iterator[Wanted]:
        if not wanted:
            return
        word = re.compile(rf"\b(?:{'|'.join(map(re.escape, wanted))})\b")
        plain = [name.encode() for name in wanted]
        for other in self._searched(path):
            if not self.definitions.tree.mentions(other, plain):
                continue
            text = self.definitions.tree.text(other)
            if text is None or word.search(text) is None:
                continue
            used = self._used(other, path, wanted, methods)
            if used is not None:
                yield used

    def _searched(self, path: str) -> Iterator[str]:
        """The nearest files first: those of the same directory, then in order."""
        folder = path.rpartition("/")[0]
        files = [each for each in self.definitions.tree.python_files() if each != path]
        files = [each for each in files if not is_test(each)]
        yield from sorted(files, key=lambda each: (each.rpartition("/")[0] != folder, each))

    def _used(
        self, other: str, path: str, names: list[str], methods: frozenset[str]
    ) -> Wanted | None:
        outline = self.definitions.outline(other)
        if outline is None:
            return None
        bound = {
            here
            for here, written in self._imported(outline, names)
            if self._leads_to(other, written, path, names)
        }
        if not bound:
            return None
        mentioned = {*bound, *names}
        users = _spread(outline.definitions, mentioned)
        if not users and mentioned.isdisjoint(outline.body):
            return None
        return Wanted(other, frozenset(users | _calling(outline.definitions, {*methods})))

    def _imported(self, outline: Outline, names: list[str]) -> Iterator[tuple[str, str]]:
        for here, written in outline.imports:
            yield here, written
            if here == STAR:
                yield from ((name, f"{written}.{name}") for name in names)

    def _leads_to(
        self, importer: str, written: str, path: str, names: list[str], depth: int = 0
    ) -> bool:
        """Whether an import is of a file, or of a name that a package has from there."""
        target = self.definitions.imports.target(importer, written)
        if target is None:
            return False
        if target.path == path:
            return not target.rest or target.rest[0] in names
        outline = self.definitions.outline(target.path)
        if outline is None or depth == MOST_RENAMED:
            return False
        asked = target.rest[:1] or tuple(names)
        return any(
            self._leads_to(target.path, again, path, names, depth + 1)
            for here, again in self._imported(outline, names)
            if here in asked
        )


def is_test(path: str) -> bool:
    """Whether a file of a project is one of its tests."""
    return _TEST.search(path) is not None


def _completes(outline: Outline, bases: Set[str], missing: Set[str]) -> bool:
    """Whether a subclass of a file defines what its base leaves open."""
    return any(not it.bases.isdisjoint(bases) for it in outline.definitions) and any(
        it.owner is not None and it.name in missing for it in outline.definitions
    )


def _calling(definitions: tuple[Definition, ...], methods: set[str]) -> set[str]:
    """Those who may call a method: one of the same name may hand the call on."""
    same = {each.name for each in definitions if each.name in methods}
    return same | _spread(definitions, methods)


def _spread(definitions: tuple[Definition, ...], mentioned: set[str]) -> set[str]:
    """The functions and methods that mention one of these, or another such function."""
    users: set[str] = set()
    while True:
        names = mentioned | users - COMMON
        more = {
            each.name for each in definitions if not names.isdisjoint(each.names - {each.name})
        } - users
        if not more:
            return users
        users |= more
