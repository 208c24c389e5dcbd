"""Records of draws: which places were drawn, and what was decided about each.

A record is a file of JSON lines.  The first says how it was drawn, each other one is about
one place.  Nothing of the code at that place is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar


class Verdict(StrEnum):
    """What the reader of a report has decided."""

    ACT = "act"
    """The maintainer would change something there."""
    HARMLESS = "harmless"
    """It is true, and makes no difference."""
    FALSE = "false"
    """It is not true, or the code is meant to be so."""


class BadRecordError(Exception):
    """A record that cannot be read; says the file, the line and why."""


@dataclass(frozen=True, slots=True)
class Header:
    """How a record was drawn.

    ``reported`` counts all reports in the drawn repositories by code, drawn or not; those
    about files that were not analysed (BNE901) are never drawn.
    """

    seed: int
    version: str
    repositories: tuple[str, ...]
    reported: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A report: where it is, and the verdict about it once there is one."""

    repository: str
    commit: str
    path: str
    line: int
    column: int
    code: str
    verdict: Verdict | None = None
    note: str = ""

    def judged(self, verdict: Verdict, note: str) -> Place:
        """The same place with a verdict."""
        return replace(self, verdict=verdict, note=note)


@dataclass(frozen=True, slots=True)
class Record:
    """One draw."""

    header: Header
    places: tuple[Place, ...]


def write(record: Record, file: Path) -> None:
    """Write a record; an older one is replaced as a whole or not at all."""
    rows = [asdict(record.header), *map(asdict, record.places)]
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    fresh.replace(file)


def read(file: Path) -> Record:
    """Read a record.  Raises BadRecordError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecordError(f"{file}: {error}") from error
    if not lines:
        raise BadRecordError(f"{file}:1: an empty record")
    header = _row(Header, file, 1, lines[0])
    places = [_row(Place, file, number, line) for number, line in enumerate(lines[1:], 2)]
    return Record(replace(header, repositories=tuple(header.repositories)), tuple(places))


Row = TypeVar("Row", Header, Place)


def _row(kind: type[Row], file: Path, number: int, line: str) -> Row:
    try:
        values: dict[str, Any] = json.loads(line)
        if values.get("verdict") is not None:
            values["verdict"] = Verdict(values["verdict"])
        return kind(**values)
    except (ValueError, TypeError, AttributeError) as error:
        expected = ", ".join(each.name for each in fields(kind))
        raise BadRecordError(f"{file}:{number}: {error}; expected {expected}") from error


def read_used(file: Path) -> list[str]:
    """The repositories that were ever used, ``owner/name`` each on a line."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


def add_used(file: Path, repositories: Iterable[str]) -> None:
    """Add repositories to the list, which stays sorted; its comments stay at its top."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    comments = [line for line in lines if line.startswith("#")]
    names = sorted({*read_used(file), *repositories}, key=str.lower)
    file.write_text("".join(f"{line}\n" for line in (*comments, *names)), encoding="utf-8")
