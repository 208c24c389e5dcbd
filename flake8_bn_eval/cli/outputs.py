"""Where a report goes: formats to standard output and to files, several at once."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flake8_bn_eval.cli.outcome import InputError
from flake8_bn_eval.report.formats import FORMATS, Format, format_named
from flake8_bn_eval.report.results import FileResult


@dataclass(slots=True)
class Wanted:
    """One format, and the file that it is written to; without one it is printed."""

    name: str
    file: str | None = None


class _Name(argparse.Action):
    """``--output-format NAME``: one more report."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.outputs = [*namespace.outputs, Wanted(str(values))]


class _File(argparse.Action):
    """``--output-file FILE``: where the report named before it goes."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        *before, last = namespace.outputs or [Wanted("text")]
        if last.file is not None:
            parser.error(f"argument --output-file: {values} has no --output-format before it")
        namespace.outputs = [*before, Wanted(last.name, str(values))]


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add the two flags."""
    parser.add_argument(
        "--output-format",
        action=_Name,
        choices=list(FORMATS),
        dest="outputs",
        default=[],
        help="how the report is written; may be given several times (default: text)",
    )
    parser.add_argument(
        "--output-file",
        action=_File,
        metavar="FILE",
        dest="outputs",
        default=[],
        help="write the report of the --output-format before it to this file",
    )


@dataclass(slots=True)
class Output:
    """A report that is being made; what goes to a file is written when it is complete."""

    format: Format
    file: str | None
    pieces: list[str] = field(default_factory=list)

    def add(self, result: FileResult) -> None:
        """Report a file."""
        self._take(self.format.of_file(result))

    def close(self) -> None:
        """Write the end; an `InputError` for a file that cannot be written."""
        self._take(self.format.closing())
        if self.file is not None:
            write_file(self.file, "".join(self.pieces))

    def _take(self, piece: str) -> None:
        if self.file is not None:
            self.pieces.append(piece)
        elif piece:
            sys.stdout.write(piece)


def outputs(wanted: Sequence[Wanted], printed_text: Format | None) -> list[Output]:
    """The reports that are wanted; ``printed_text`` is the text format of a terminal."""
    found = list(wanted) or [Wanted("text")]
    printed = [each for each in found if each.file is None]
    if len(printed) > 1:
        raise InputError("--output-format: only one can be printed, the others need --output-file")
    for each in found:
        if each.file is not None:
            _make_folder(each.file)
    return [
        Output(
            printed_text
            if printed_text is not None and each.name == "text" and each.file is None
            else format_named(each.name),
            each.file,
        )
        for each in found
    ]


def _make_folder(file: str) -> None:
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        if Path(file).is_dir():
            raise IsADirectoryError(21, "Is a directory", file)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error


def write_file(file: str, text: str) -> None:
    """Write a file in one step, as UTF-8; an `InputError` if that cannot be done.

    What is no ordinary file, such as a pipe, is written to as it is.
    """
    data = text.encode("utf-8", errors="backslashreplace")
    path = Path(file)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path = path.resolve()
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(temporary).chmod(_mode_of(path))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error


def _mode_of(path: Path) -> int:
    """The permissions of a file, those of a new one if it is missing."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
