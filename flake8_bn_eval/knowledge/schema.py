"""Reads one knowledge table, a TOML file, into rows; says where and why it is wrong.

The head comment of ``torch.toml`` describes the tables.  A table is checked on its own:
whether its facts are true is the business of the tests, and where two tables disagree
the later one wins.  Rows for other versions of PyTorch than the one asked for are left
out here, so nobody else knows that there are any.  TOML has no positions, so the line of
a mistake is found by searching the text of its group.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NoReturn

from flake8_bn_eval.knowledge.checks import Check, boolean, checks_of, required_of, text, texts
from flake8_bn_eval.knowledge.rows import (
    Argument,
    CallableRow,
    Child,
    Condition,
    DifferentiatorRow,
    Flag,
    HookRow,
    LayerRow,
    MethodRow,
    RemovedRow,
    Vocabulary,
)
from flake8_bn_eval.options import read_version


class KnowledgeError(Exception):
    """A table that cannot be used; the message names the file, the line and the mistake."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")


@dataclass(frozen=True, slots=True)
class Table:
    """What one file says; names are as written, with their ``*``."""

    callables: Mapping[str, CallableRow] = field(default_factory=dict)
    methods: Mapping[tuple[str, str], MethodRow] = field(default_factory=dict)
    hooks: Mapping[tuple[str, str], HookRow] = field(default_factory=dict)
    layers: Mapping[str, LayerRow] = field(default_factory=dict)
    differentiators: Mapping[str, DifferentiatorRow] = field(default_factory=dict)
    removed: Mapping[str, RemovedRow] = field(default_factory=dict)
    classes: Mapping[str, bool] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Vocabulary = Vocabulary()


Version = tuple[int, int]
NEWEST: Version = (1_000, 0)
"""Newer than any row: what holds today."""


def read_table(file: Path | Traversable, version: Version = NEWEST) -> Table:
    """The table in ``file``, as it holds for a version of PyTorch."""
    try:
        content = file.read_text(encoding="utf-8")
    except OSError as error:
        raise KnowledgeError(str(file), 1, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise KnowledgeError(str(file), line, "bytes that are not utf-8") from error
    return parse_table(content, str(file), version)


def parse_table(content: str, file: str, version: Version = NEWEST) -> Table:
    """The table written in ``content``; ``file`` is for the messages."""
    try:
        document = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else content.count("\n") + 1
        raise KnowledgeError(file, line, f"this is not TOML: {error}") from error
    groups = {
        section: [group for group in found if group.holds_for(version)]
        for section, found in _groups(document, content.splitlines(), file).items()
    }
    return Table(
        callables=_callables(groups["callable"]),
        methods=_methods(groups["method"]),
        hooks=_hooks(groups["hook"]),
        layers=_layers(groups["layer"]),
        differentiators={
            name: DifferentiatorRow(name=name, **group.facts())
            for name, group in _named(groups["differentiator"])
        },
        removed={
            name: RemovedRow(name=name, **group.facts())
            for name, group in _named(groups["removed"])
        },
        classes={name: group.values["module"] for name, group in _named(groups["class"])},
        aliases={name: group.values["target"] for name, group in _named(groups["alias"])},
        vocabulary=_vocabulary(groups["vocabulary"]),
    )


def _callables(groups: list[_Group]) -> dict[str, CallableRow]:
    rows = {}
    for group in groups:
        facts = _with_arguments(group.facts(), "conditions", "exports_if")
        if "flag" in facts:
            facts["flag"] = Flag(**{"position": None} | facts["flag"])
        facts["children"] = tuple(Child(**each) for each in facts.get("children", ()))
        for name in group.names():
            rows[name] = CallableRow(name=name, **facts)
    return rows


def _layers(groups: list[_Group]) -> dict[str, LayerRow]:
    return {
        name: LayerRow(name=name, **_with_arguments(group.facts(), "conditions"))
        for name, group in _named(groups)
    }


def _with_arguments(facts: dict[str, Any], *conditions: str) -> dict[str, Any]:
    """The facts of a group, with records for what it says of arguments."""
    for key in conditions:
        facts[key] = tuple(Condition(**{"position": None} | it) for it in facts.get(key, ()))
    facts["roles"] = tuple(Argument(**{"position": None} | it) for it in facts.get("roles", ()))
    return facts


def _methods(groups: list[_Group]) -> dict[tuple[str, str], MethodRow]:
    return {
        (group.values["receiver"], name): MethodRow(name=name, **group.facts())
        for name, group in _named(groups)
    }


def _hooks(groups: list[_Group]) -> dict[tuple[str, str], HookRow]:
    return {
        (group.values["base"], name): HookRow(name=name, **group.facts())
        for name, group in _named(groups)
    }


def _vocabulary(groups: list[_Group]) -> Vocabulary:
    return Vocabulary(
        **{kind: frozenset(words) for group in groups for kind, words in group.values.items()}
    )


# --- One group ----------------------------------------------------------------------------

_GROUP: dict[str, Check] = {"names": texts, "prefix": text, "source": text}
_KEYS: dict[str, dict[str, Check]] = {
    "callable": checks_of(CallableRow) | _GROUP,
    "method": checks_of(MethodRow) | _GROUP,
    "hook": checks_of(HookRow) | _GROUP,
    "layer": checks_of(LayerRow) | _GROUP,
    "differentiator": checks_of(DifferentiatorRow) | _GROUP,
    "removed": checks_of(RemovedRow) | _GROUP,
    "class": _GROUP | {"module": boolean},
    "alias": _GROUP | {"target": text},
    "vocabulary": checks_of(Vocabulary),
}
for _keys in _KEYS.values():
    _keys.pop("name", None)
_REQUIRED: dict[str, set[str]] = {
    "callable": required_of(CallableRow) - {"name"} | {"names"},
    "method": required_of(MethodRow) - {"name"} | {"names"},
    "hook": required_of(HookRow) - {"name"} | {"names"},
    "layer": required_of(LayerRow) - {"name"} | {"names"},
    "differentiator": required_of(DifferentiatorRow) - {"name"} | {"names"},
    "removed": required_of(RemovedRow) - {"name"} | {"names"},
    "class": {"names", "source", "module"},
    "alias": {"names", "source", "target"},
    "vocabulary": set(),
}


@dataclass(frozen=True, slots=True)
class _Group:
    """One ``[[section]]`` with its lines; ``first`` is the number of the line it starts on."""

    section: str
    values: dict[str, Any]
    lines: list[str]
    first: int
    file: str

    def check(self) -> None:
        keys = _KEYS[self.section]
        for key, value in self.values.items():
            if key not in keys:
                known = ", ".join(keys)
                self.fail(key, f"a {self.section} has no key `{key}`; its keys are: {known}")
            if wanted := keys[key](value):
                self.fail(key, f"`{key}` must be {wanted}, not {value!r}")
        for key in sorted(_REQUIRED[self.section] - self.values.keys()):
            self.fail(None, f"this {self.section} has no `{key}`")
        since, before = self.versions
        if since >= before:
            self.fail("before", "`before` must be a later version than `since`")
        if self.section not in ("callable", "layer", "vocabulary"):
            self.check_stars()

    def check_stars(self) -> None:
        """Only callables and layers have patterns; an alias may replace a prefix by a prefix."""
        target = str(self.values.get("target", ""))
        for name in self.values["names"]:
            if "*" in name.removesuffix(".*" if target.endswith(".*") else ""):
                self.fail(name, f"`*` means nothing in `{name}` of this {self.section}")
        if target.endswith(".*") and not all(it.endswith(".*") for it in self.values["names"]):
            self.fail("target", "a target with `.*` needs names with `.*`")

    @property
    def versions(self) -> tuple[Version, Version]:
        """The first version for which the group holds, and the first for which it does not."""
        since, before = self.values.get("since"), self.values.get("before")
        return (
            (0, 0) if since is None else read_version(since),
            (NEWEST[0] + 1, 0) if before is None else read_version(before),
        )

    def holds_for(self, version: Version) -> bool:
        """Whether it holds for a version of PyTorch."""
        since, before = self.versions
        return since <= version < before

    def overlaps(self, other: _Group) -> bool:
        """Whether there is a version for which both hold."""
        return max(self.versions[0], other.versions[0]) < min(self.versions[1], other.versions[1])

    def names(self) -> list[str]:
        prefix = self.values.get("prefix", "")
        return [prefix + name for name in self.values["names"]]

    def facts(self) -> dict[str, Any]:
        return {key: it for key, it in self.values.items() if key not in ("names", "prefix")}

    def fail(self, what: str | None, message: str) -> NoReturn:
        raise KnowledgeError(self.file, self.line_of(what), message)

    def line_of(self, what: str | None) -> int:
        """The line of a key, else of a quoted name, else of the group's head."""
        patterns = [rf"\s*{re.escape(what)}\s*=", rf".*[\"']{re.escape(what)}[\"']"] if what else []
        for pattern in patterns:
            for number, line in enumerate(self.lines):
                if re.match(pattern, line):
                    return self.first + number
        return self.first


def _groups(document: Mapping[str, Any], lines: list[str], file: str) -> dict[str, list[_Group]]:
    """The checked groups of each section."""
    found: dict[str, list[_Group]] = {section: [] for section in _KEYS}
    for section, values in document.items():
        heads = _heads(section, lines)
        if section not in _KEYS:
            known = ", ".join(f"[[{name}]]" for name in _KEYS)
            raise KnowledgeError(file, heads[0] + 1, f"`{section}` is none of {known}")
        if not (_are_tables(values) and len(values) == len(heads)):
            message = f"write each group as [[{section}]], with two brackets"
            raise KnowledgeError(file, heads[0] + 1, message)
        found[section] = [
            _Group(section, value, _block(lines, head), head + 1, file)
            for value, head in zip(values, heads, strict=True)
        ]
        _check(found[section])
    return found


def _are_tables(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(it, dict) for it in values)


def _heads(section: str, lines: list[str]) -> list[int]:
    head = re.compile(rf"\s*(\[\[?\s*)?{re.escape(section)}\b")
    return [number for number, line in enumerate(lines) if head.match(line)] or [0]


def _block(lines: list[str], head: int) -> list[str]:
    end = head + 1
    while end < len(lines) and not lines[end].lstrip().startswith("[["):
        end += 1
    return lines[head:end]


def _check(groups: list[_Group]) -> None:
    for group in groups:
        group.check()
    seen: dict[tuple[str | None, ...], list[_Group]] = {}
    for name, group in _named(groups):
        key = (group.values.get("receiver"), group.values.get("base"), name)
        for earlier in seen.setdefault(key, []):
            if earlier.overlaps(group):
                written = name.removeprefix(group.values.get("prefix", ""))
                line = earlier.line_of(written)
                group.fail(written, f"`{name}` has a row already, in line {line}")
        seen[key].append(group)


def _named(groups: list[_Group]) -> Iterator[tuple[str, _Group]]:
    for group in groups:
        if "names" in group.values:
            for name in group.names():
                yield name, group
