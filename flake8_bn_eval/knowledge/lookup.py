"""Answers what a call does: the rows of the tables that matter to one file.

A name is looked up as it is written in its library (``torch.nn.Dropout``), then under
the name for which it is an alias, then among the rows with a ``*``.  No row means that
nothing is known.  Tables are read when a file that imports their framework asks for
them, never when this module is imported; it knows nothing of the program analysed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Generic, TypeVar

from flake8_bn_eval.knowledge.own import own_table
from flake8_bn_eval.knowledge.packages import ALWAYS, STATEFUL, TABLES_OF_PACKAGE, TOLD
from flake8_bn_eval.knowledge.rows import (
    CallableRow,
    DifferentiatorRow,
    HookRow,
    LayerRow,
    MethodRow,
    RemovedRow,
    Role,
    Vocabulary,
)
from flake8_bn_eval.knowledge.schema import KnowledgeError, Table, Version, read_table
from flake8_bn_eval.options import Options

Key = TypeVar("Key")
Value = TypeVar("Value")

KEEPING = ("tf_keras.", "tensorflow.python.keras.")
"""Libraries that are another by an alias, in the version that still has everything."""


def imports_modules(imported: frozenset[str]) -> bool:
    """Whether a file may have modules with a mode: it imports nothing, or not only the others.

    ``imported`` are the top-level packages that it imports.
    """
    roots = {name.partition(".")[0] for name in imported}
    if roots & {"torch", *STATEFUL}:
        return True
    return not any(table in TOLD for root in roots for table in TABLES_OF_PACKAGE.get(root, ()))


def imports_told(imported: frozenset[str]) -> bool:
    """Whether a file imports Keras or Flax: many a file of PyTorch uses a tool of TensorFlow."""
    roots = {name.partition(".")[0] for name in imported} - {"tensorflow"}
    return any(table in TOLD for root in roots for table in TABLES_OF_PACKAGE.get(root, ()))


class Knowledge:
    """The rows of some tables; where two tables have a row for a name, the later one counts."""

    __slots__ = (
        "_aliases",
        "_callables",
        "_classes",
        "_differentiators",
        "_found",
        "_given",
        "_hooks",
        "_layer_patterns",
        "_layers",
        "_methods",
        "_patterns",
        "_removed",
        "_roots",
        "vocabulary",
    )

    def __init__(self, tables: Iterable[Table]) -> None:
        tables = tuple(tables)
        every = _merged(table.callables for table in tables)
        callables = {name: row for name, row in every.items() if name[-1:] != ")"}
        aliases = _merged(table.aliases for table in tables)
        self._callables = {name: row for name, row in callables.items() if "*" not in name}
        self._patterns = _Patterns({it: row for it, row in callables.items() if "*" in it})
        self._given = _by_argument(every)
        self._classes = _merged(table.classes for table in tables)
        self._methods = _merged(table.methods for table in tables)
        self._hooks = _merged(table.hooks for table in tables)
        layers = _merged(table.layers for table in tables)
        self._layers = {name: row for name, row in layers.items() if "*" not in name}
        self._layer_patterns = _Patterns({it: row for it, row in layers.items() if "*" in it})
        self._differentiators = _merged(table.differentiators for table in tables)
        self._removed = _merged(table.removed for table in tables)
        self._aliases = _Aliases(aliases)
        self._roots = {name.partition(".")[0] for name in (*callables, *aliases)}
        self._found: dict[str, CallableRow | None] = {}
        self.vocabulary = _joined(table.vocabulary for table in tables)

    @staticmethod
    def for_packages(imported: frozenset[str], options: Options | None = None) -> Knowledge:
        """What is known about the packages, and what the user's own tables and words add."""
        roots = {name.partition(".")[0] for name in imported}
        names = {table for root in roots for table in TABLES_OF_PACKAGE.get(root, ())}
        return _knowledge(frozenset(names), options or Options())

    def callable(self, dotted: str) -> CallableRow | None:
        """The row of a function or class by its dotted name."""
        try:
            return self._found[dotted]
        except KeyError:
            pass
        if self._roots.isdisjoint((dotted.partition(".")[0], "*")):
            return None
        row = self._found[dotted] = self._search(dotted)
        return row

    def given(self, row: CallableRow, argument: str) -> CallableRow:
        """The row for calls whose first argument is this string, where there is one."""
        patterns = self._given.get(row.name)
        return row if patterns is None else patterns.best(argument) or row

    @property
    def names_of_modules(self) -> frozenset[str]:
        """The last parts of the names of functions and classes that make a module."""
        rows = self._callables.items()
        return frozenset(name.rpartition(".")[2] for name, row in rows if row.returns == "module")

    @property
    def names_of_reacting(self) -> frozenset[str]:
        """Those of them whose module may compute differently in its two modes.

        Left out are those that do so only where ``track_running_stats`` is given.
        """
        return frozenset(
            name.rpartition(".")[2]
            for name, row in self._callables.items()
            if row.sensitive == "yes" and not _asks_for_statistics(row)
        )

    @property
    def names_of_sensitive(self) -> frozenset[str]:
        """Those of them whose module does so however it is made, and with each of its parts."""
        return frozenset(
            name.rpartition(".")[2]
            for name, row in self._callables.items()
            if row.sensitive == "yes" and not row.conditions and row.norms is None
            if all(part.sensitive == "yes" for part in row.children)
        )

    def makes_data_up(self, dotted: str) -> bool:
        """Whether a function of a library makes tensors or arrays out of nothing."""
        return dotted.rpartition(".")[2] in self.vocabulary.made_up_data

    def method(self, receiver: str, name: str) -> MethodRow | None:
        """The row of a method or attribute of a module, a tensor or an optimizer."""
        return self._methods.get((receiver, name)) or self._methods.get(("any", name))

    def parameters(self, role: Role) -> frozenset[str]:
        """The names of the arguments that have a role in some layer."""
        return frozenset(
            each.parameter
            for row in self._callables.values()
            if row.returns == "module"
            for each in row.roles
            if each.role == role
        )

    def hook(self, base: str, name: str) -> HookRow | None:
        """In which modes a framework calls this method of a class with this base."""
        return self._hooks.get((base, name)) or self._hooks.get(
            (self._aliases.canonical(base), name)
        )

    def layer(self, dotted: str) -> LayerRow | None:
        """The row of a layer or model that is told its mode at each call."""
        canonical = self._aliases.canonical(dotted)
        for name in (dotted, canonical):
            if name in self._layers:
                return self._layers[name]
        return self._layer_patterns.best(canonical)

    def differentiator(self, dotted: str) -> DifferentiatorRow | None:
        """The row of a context or function that differentiates what runs inside it."""
        return self._differentiators.get(self._aliases.canonical(dotted))

    def removed(self, dotted: str) -> RemovedRow | None:
        """The row of a function that newer versions of its library do not have.

        A library by another name may keep it: ``tf_keras`` is Keras 2.
        """
        if dotted.startswith(KEEPING):
            return None
        return self._removed.get(self._aliases.canonical(dotted))

    def is_module_class(self, dotted: str) -> bool | None:
        """Whether a base class of this name makes a class a ``torch.nn.Module``."""
        canonical = self._aliases.canonical(dotted)
        for name in (dotted, canonical):
            if name in self._classes:
                return self._classes[name]
        row = self.callable(dotted)
        last = dotted.rpartition(".")[2].lstrip("_")
        if row is None or not last[:1].isupper():
            return None
        return {"module": True, "other": False, "optimizer": False}.get(row.returns)

    def _search(self, dotted: str) -> CallableRow | None:
        row = self._callables.get(dotted)
        if row is None:
            canonical = self._aliases.canonical(dotted)
            row = self._callables.get(canonical) or self._patterns.best(canonical)
        return row


class _Aliases:
    """Other names: whole ones, and prefixes that are replaced."""

    __slots__ = ("_prefixes", "_whole")

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._whole = {name: to for name, to in aliases.items() if not name.endswith(".*")}
        self._prefixes = {it[:-1]: to[:-1] for it, to in aliases.items() if it.endswith(".*")}

    def canonical(self, dotted: str) -> str:
        if dotted in self._whole:
            return self._whole[dotted]
        for prefix in _prefixes(dotted):
            if prefix in self._prefixes:
                return self._prefixes[prefix] + dotted[len(prefix) :]
        return dotted


class _Patterns(Generic[Value]):
    """Rows for many names: those under a prefix, and those with a ``*`` further left."""

    __slots__ = ("_others", "_prefixes")

    def __init__(self, rows: Mapping[str, Value]) -> None:
        plain = {name for name in rows if name.find("*") == len(name) - 1 and name[-2:] == ".*"}
        self._prefixes = {name[:-1]: rows[name] for name in plain}
        others = sorted(rows.keys() - plain, key=_weight, reverse=True)
        self._others = [(_weight(name), _expression(name), rows[name]) for name in others]

    def best(self, dotted: str) -> Value | None:
        """The row whose pattern has the most letters of the name."""
        prefix = next((it for it in _prefixes(dotted) if it in self._prefixes), "")
        for weight, expression, row in self._others:
            if weight < len(prefix):
                break
            if expression.fullmatch(dotted):
                return row
        return self._prefixes.get(prefix)


class _Arguments:
    """Rows by what a literal argument looks like: the longest pattern that fits counts."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Mapping[str, CallableRow]) -> None:
        self._rows = sorted(rows.items(), key=lambda it: _weight(it[0]), reverse=True)

    def best(self, argument: str) -> CallableRow | None:
        return next((row for it, row in self._rows if fnmatchcase(argument, it)), None)


def _by_argument(rows: Mapping[str, CallableRow]) -> dict[str, _Arguments]:
    """The rows for calls with a certain first argument, by the name of what is called."""
    found: dict[str, dict[str, CallableRow]] = {}
    for name, row in rows.items():
        if name[-1:] == ")":
            called, _, argument = name[:-1].partition("(")
            found.setdefault(called, {})[argument] = row
    return {called: _Arguments(of) for called, of in found.items()}


def _prefixes(dotted: str) -> Iterator[str]:
    """``a.b.``, then ``a.`` of ``a.b.c``."""
    end = dotted.rfind(".")
    while end > 0:
        yield dotted[: end + 1]
        end = dotted.rfind(".", 0, end)


def _weight(pattern: str) -> int:
    return len(pattern.replace("*", ""))


def _expression(pattern: str) -> re.Pattern[str]:
    """A ``*`` that is a whole part stands for any parts, one inside a part for its letters."""
    parts = [
        ".+" if it == "*" else re.escape(it).replace(r"\*", "[^.]*") for it in pattern.split(".")
    ]
    return re.compile(r"\.".join(parts))


def _merged(mappings: Iterable[Mapping[Key, Value]]) -> dict[Key, Value]:
    return {key: value for mapping in mappings for key, value in mapping.items()}


def _joined(vocabularies: Iterable[Vocabulary]) -> Vocabulary:
    every = tuple(vocabularies)
    kinds = [field.name for field in fields(Vocabulary)]
    return Vocabulary(**{it: frozenset().union(*(getattr(v, it) for v in every)) for it in kinds})


@lru_cache(maxsize=64)
def _knowledge(names: frozenset[str], options: Options) -> Knowledge:
    version = options.torch_version
    shipped = [_shipped(name, version) for name in (*ALWAYS, *sorted(names))]
    own = [_read(file, version) for file in options.knowledge]
    return Knowledge((*shipped, own_table(options), *own))


@cache
def _shipped(name: str, version: Version) -> Table:
    return read_table(files(__package__) / f"{name}.toml", version)


@cache
def _read(file: Path, version: Version) -> Table:
    return read_table(file, version)


def mistakes(options: Options) -> list[str]:
    """What is wrong in the user's own tables: the first mistake of each file."""
    found = []
    for file in options.knowledge:
        try:
            _read(file, options.torch_version)
        except KnowledgeError as error:
            found.append(str(error))
    return found


def _asks_for_statistics(row: CallableRow) -> bool:
    """Whether a norm has running statistics only where they are asked for."""
    return any(
        each.parameter == "track_running_stats" and not each.default for each in row.conditions
    )
