"""Reads ``[tool.bn-eval]`` and says where a mistake in it stands."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from flake8_bn_eval.configuration.section import NAME, ConfigurationError
from flake8_bn_eval.options import OptionError, declarations

CODES = ("select", "extend-select", "ignore", "extend-ignore")
PATTERNS = ("exclude", "extend-exclude")
PER_FILE = "per-file-ignores"
FILES = ("baseline", "cache-dir")
SWITCHES = ("all-files",)
_CODE = re.compile(r"[A-Z]{1,3}[0-9]{0,3}", re.ASCII)
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+).*|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Table:
    """What a file sets.

    ``options`` are those of `Options`, by their keys there, files as they lie from the
    working folder; the rest is named as flake8 names it.
    """

    path: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    baseline: str | None = None
    cache_dir: str | None = None
    all_files: bool = False


def table_in(path: str, data: bytes) -> Table | None:
    """The table in the bytes of a file, None if there is none."""
    try:
        text = data.decode()
        tools = tomllib.loads(text).get("tool", {})
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: bytes that are not utf-8") from error
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        raise ConfigurationError(f"{path}:{line}: {_AT_LINE.sub('', str(error))}") from error
    return Reading(path, text).table(tools[NAME]) if NAME in tools else None


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the values of one file, and knows where they stand in it."""

    path: str
    text: str

    def table(self, values: object) -> Table:
        if not isinstance(values, dict):
            raise ConfigurationError(f"{self.path}:1: tool.{NAME} is no table")
        ours = {declaration.key: declaration for _, declaration in declarations()}
        known = {*ours, *CODES, *PATTERNS, PER_FILE, *FILES, *SWITCHES}
        for key in values:
            if key not in known:
                raise self._mistake(key, f"no such option{_meant(key, known)}")
        options = {key: values[key] for key in values if key in ours}
        for key, value in options.items():
            try:
                ours[key].value(value)
            except OptionError as error:
                raise self._mistake(key, str(error).partition(": ")[2]) from error
            if ours[key].names_files or key == "project-root":
                options[key] = self._files(key, value)
        codes = {key: self._codes(key, values[key]) for key in CODES if key in values}
        return Table(
            self.path,
            options,
            codes.get("select"),
            codes.get("extend-select", ()),
            codes.get("ignore", ()) + codes.get("extend-ignore", ()),
            tuple(self._pattern(it) for key in PATTERNS for it in self._list(key, values)),
            tuple(self._per_file(values.get(PER_FILE, {}))),
            self._file("baseline", values),
            self._file("cache-dir", values),
            self._switch("all-files", values),
        )

    def _mistake(self, key: str, message: str) -> ConfigurationError:
        start = re.search(rf"^\s*\[+\s*tool\.[\"']?{NAME}", self.text, re.MULTILINE)
        pattern = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]", re.MULTILINE)
        found = pattern.search(self.text, start.end() if start else 0) or start
        line = self.text.count("\n", 0, found.end()) + 1 if found else 1
        return ConfigurationError(f"{self.path}:{line}: {key}: {message}")

    def _list(self, key: str, values: Mapping[str, Any]) -> list[str]:
        value = values.get(key, [])
        if isinstance(value, str):
            return value.replace(",", " ").split()
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._mistake(key, f"{value!r} is no list of texts")
        return value

    def _codes(self, key: str, value: object) -> tuple[str, ...]:
        codes = tuple(self._list(key, {key: value}))
        for code in codes:
            if not _CODE.fullmatch(code):
                raise self._mistake(key, f"{code!r} is no code or beginning of one, such as BNE1")
        return codes

    def _per_file(self, value: object) -> list[tuple[str, tuple[str, ...]]]:
        if not isinstance(value, dict):
            raise self._mistake(PER_FILE, "no table of patterns and lists of codes")
        return [(self._pattern(key), self._codes(key, value[key])) for key in value]

    def _pattern(self, pattern: str) -> str:
        """As flake8 reads it: with a slash it is a path from the file, without one a name."""
        return self._from_here(pattern).rstrip("/") if "/" in pattern else pattern

    def _files(self, key: str, value: object) -> list[str] | str:
        if isinstance(value, list):
            return [self._from_here(str(each)) for each in value]
        names = str(value).split(",")
        found = [self._from_here(each.strip()) for each in names if each.strip()]
        return found if key != "project-root" else found[0]

    def _file(self, key: str, values: Mapping[str, Any]) -> str | None:
        if key not in values:
            return None
        if not isinstance(values[key], str):
            raise self._mistake(key, f"{values[key]!r} is no path")
        return self._from_here(values[key])

    def _switch(self, key: str, values: Mapping[str, Any]) -> bool:
        value = values.get(key, False)
        if not isinstance(value, bool):
            raise self._mistake(key, f"{value!r} is neither true nor false")
        return value

    def _from_here(self, name: str) -> str:
        path = os.path.join(os.path.dirname(self.path), os.path.expanduser(name))
        return os.path.normpath(path)


def _meant(key: str, known: set[str]) -> str:
    near = get_close_matches(key.removeprefix("bne-").replace("_", "-"), sorted(known), n=1)
    return f"; is {near[0]} meant?" if near else ""
