"""What a file imports and defines, read off its text: good enough to decide what to parse.

Nothing is parsed here.  An outline may name too much (a ``def`` inside a string), which
costs time and changes no meaning, because what counts is read from the tree afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from sys import intern

from flake8_bn_eval.knowledge.packages import STATEFUL

_IMPORT_FROM = re.compile(
    r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*"
    r"(\((?:[^()#]++|#[^\n]*+)*+\)|(?:[^\n\\]|\\\n)*)",
    re.MULTILINE,
)
"""A parenthesis that nobody closes is looked through as far as the next one, and only once."""
_IMPORT = re.compile(r"^[ \t]*import[ \t]+((?:[^\n#;\\]|\\\n)+)", re.MULTILINE)
_DEFINITION = re.compile(r"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)", re.MULTILINE)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)")
_BASES = re.compile(r"\s*\(([^)]*)\)")
_OUTSIDE = re.compile(r"^(?=[A-Za-z_@])", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_]\w*")
_SETTING = re.compile(r"\.(?:eval|train)(?=[ \t]*\()|\.training\b")
_COMMENT = re.compile(r"#[^\n]*")
_SURE_COMMENT = re.compile(r"^([^'\"#\n]*)#[^\n]*", re.MULTILINE)
"""A comment with no string before it in its line: what it mentions, nobody uses."""
STAR = "*"
FRAMEWORKS = STATEFUL | {"torch"}
"""Packages whose functions and classes make modules."""
_HANDING_ON = re.compile(r"(?:from|import|__all__)\b")
"""Importing a name, or listing it for those who import it, is no use of it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, method, class or variable: ``names`` are all words in its text.

    Where a mode is set or asked for, ``.eval``, ``.train`` or ``.training`` is one of them.
    """

    name: str
    owner: str | None
    """The class at the outermost level that a method belongs to."""
    is_class: bool
    names: frozenset[str]
    bases: frozenset[str] = frozenset()
    """The words in which a class names what it inherits from."""
    is_decorated: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """``imports`` are pairs of a bound name and a path as it is written."""

    imports: tuple[tuple[str, str], ...]
    definitions: tuple[Definition, ...]
    body: frozenset[str]
    """The words outside of all functions and classes, but for what only hands names on."""
    of_frameworks: frozenset[str]
    """The names that are imported from libraries that make modules."""
    variables: tuple[Definition, ...]
    """What the body assigns: a table of classes, say."""

    def named(self, name: str) -> list[Definition]:
        """What the file defines under a name, with the methods if it is a class."""
        found = [each for each in self.definitions if name in (each.name, each.owner)]
        return found or [each for each in self.variables if each.name == name]

    @property
    def outermost(self) -> Iterator[str]:
        """The names of everything that can be imported from the file but what it imports itself."""
        yield from (each.name for each in self.definitions if each.owner is None)
        yield from (each.name for each in self.variables)


@dataclass(frozen=True, slots=True)
class Need:
    """Something in a file that is needed: a name, or the body of the file."""

    path: str
    name: str


@lru_cache(maxsize=2048)
def outline_of(text: str) -> Outline:
    """The outline of a text."""
    text = _SURE_COMMENT.sub(r"\1", text)
    inside, variables, outside = _definitions(text)
    imports = tuple(_imports(text))
    frameworks = (name for name, path in imports if path.partition(".")[0] in FRAMEWORKS)
    return Outline(imports, tuple(inside), outside, frozenset(frameworks), tuple(variables))


def _imports(text: str) -> Iterator[tuple[str, str]]:
    for found in _IMPORT_FROM.finditer(text):
        module = found[1]
        joint = "" if module.endswith(".") else "."
        for name, bound in _aliases(found[2].partition("(")[2].rpartition(")")[0] or found[2]):
            if name == STAR:
                yield STAR, module
            else:
                yield bound, f"{module}{joint}{name}"
    for found in _IMPORT.finditer(text):
        for name, bound in _aliases(found[1]):
            yield (bound, name) if bound != name else (name.partition(".")[0], name)


def _aliases(names: str) -> Iterator[tuple[str, str]]:
    for part in _COMMENT.sub("", names).replace("\\\n", " ").split(","):
        words = part.split(";")[0].split()
        if len(words) == 3 and words[1] == "as":
            yield words[0], words[2]
        elif len(words) == 1:
            yield words[0], words[0]


def _definitions(text: str) -> tuple[list[Definition], list[Definition], frozenset[str]]:
    found: list[Definition] = []
    variables: list[Definition] = []
    outside: set[str] = set()
    decorated = False
    starts = [match.start() for match in _OUTSIDE.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        top = _DEFINITION.match(text, start)
        if top is None:
            decorated = text[start] == "@"
            if not _HANDING_ON.match(text, start):
                words = _words(text, start, end)
                outside.update(words)
                assigned = _ASSIGNMENT.match(text, start)
                if assigned is not None:
                    variables.append(Definition(assigned[1], None, False, frozenset(words)))
            continue
        names = frozenset(_words(text, start, end))
        is_class = top[2] == "class"
        bases = _BASES.match(text, top.end(), end) if is_class else None
        inherited = frozenset(_NAME.findall(bases[1])) if bases else frozenset[str]()
        found.append(Definition(top[3], None, is_class, names, inherited, decorated))
        decorated = False
        if is_class:
            found += _methods(text, top[3], top.end(), end)
    return found, variables, frozenset(outside)


def _methods(text: str, owner: str, start: int, end: int) -> Iterator[Definition]:
    inner = [match for match in _DEFINITION.finditer(text, start, end) if match[2] == "def"]
    if not inner:
        return
    indent = min(len(match[1].expandtabs()) for match in inner)
    methods = [match for match in inner if len(match[1].expandtabs()) == indent]
    starts = [match.start() for match in methods]
    for match, (first, stop) in zip(methods, pairwise([*starts, end]), strict=True):
        names = frozenset(_words(text, first, stop))
        is_decorated = f"\n{match[1]}@" in text[start:first]
        yield Definition(match[3], owner, False, names, is_decorated=is_decorated)
        start = first


def _words(text: str, start: int, end: int) -> list[str]:
    """All words, and those that are called as methods of modules are with their dot as well."""
    words = _NAME.findall(text, start, end) + _SETTING.findall(text, start, end)
    return [intern(word) for word in words]  # many are the same: a third less memory
