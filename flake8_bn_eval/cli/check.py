"""``bn-eval check PATH...``: what is wrong in files and directories."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from flake8_bn_eval import source
from flake8_bn_eval.analysis import analyse, problems_of
from flake8_bn_eval.cli.outcome import CLEAN, FINDINGS, InputError, complain, parser
from flake8_bn_eval.files.units import read_bytes, read_unit
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.options import Options, add_to, from_namespace
from flake8_bn_eval.report.text import finding_lines

_CODES = r"(?::\s*(?P<codes>[A-Z]+[0-9]*(?:[,\s]+[A-Z]+[0-9]*\b)*))?"
_NOQA_INLINE = re.compile(rf"#\s*noqa\b{_CODES}", re.IGNORECASE)
_NOQA_FILE = re.compile(rf"\s*#\s*flake8[:=]\s*noqa{_CODES}\s*$", re.IGNORECASE)


def main(arguments: Sequence[str]) -> int:
    """Report what is wrong."""
    check = parser("check", "Report what is wrong in files and directories.")
    check.add_argument("paths", nargs="+", metavar="PATH", help="a file, a directory, - for stdin")
    add_to(check)
    namespace = check.parse_args(arguments)
    options = _options(namespace)
    statuses = [
        _check_file(found, options) if isinstance(found, str) else complain(found)
        for path in namespace.paths
        for found in _python_files(path)
    ]
    return max(statuses)


def _check_file(path: str, options: Options) -> int:
    try:
        unit = read_unit(path, read_bytes(path))
        findings = _check_text(path, unit.text, options)
    except InputError as error:
        return complain(error)
    lines = source.split_lines(unit.text)
    shown = [finding for finding in findings if not _is_suppressed(finding, lines)]
    for finding in shown:
        print(*finding_lines(path, lines, finding), sep="\n")
    return FINDINGS if shown else CLEAN


def _check_text(path: str, text: str, options: Options) -> list[Finding]:
    try:
        tree = source.parse_ast(text)
    except source.RefusedByPythonError as error:
        raise _unparsable(path, error) from error
    except source.UnparsableError:
        tree = None
    return analyse(text, filename=path, options=options, tree=tree)


def _is_suppressed(finding: Finding, lines: list[str]) -> bool:
    """Whether a ``# noqa`` comment of flake8's, on the line or for the file, excuses it."""
    whole = [match for line in lines if (match := _NOQA_FILE.match(line))]
    line = lines[finding.span.line - 1] if finding.span.line <= len(lines) else ""
    inline = _NOQA_INLINE.search(line)
    return any(
        match["codes"] is None or finding.code.startswith(_codes(match["codes"]))
        for match in [*whole, *([inline] if inline else [])]
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").upper().split())


def _options(namespace: argparse.Namespace) -> Options:
    options = from_namespace(namespace)
    problems = problems_of(options)
    if problems:
        raise InputError("\nbn-eval: ".join(problems))
    return options


def _python_files(path: str) -> Iterator[str | InputError]:
    """The file itself, or the Python files below a directory that are not hidden.

    An error is told in the place of the files that it hides.
    """
    if not Path(path).is_dir():
        yield path
        return
    unread: list[OSError] = []
    files = [
        Path(folder, name)
        for folder, folders, names in os.walk(path, onerror=unread.append)
        if _leave_out_hidden(folders)
        for name in names
        if name.endswith(".py") and not name.startswith(".")
    ]
    yield from (str(file) for file in sorted(files) if file.is_file())
    yield from (InputError(f"{error.filename}: {error.strerror}") for error in unread)
    if not files and not unread:
        yield InputError(f"{path}: there is no Python file in this directory")


def _leave_out_hidden(folders: list[str]) -> bool:
    """Keep `os.walk` out of hidden directories; always true."""
    folders[:] = [name for name in folders if not name.startswith(".")]
    return True


def _unparsable(path: str, error: source.UnparsableError) -> InputError:
    return InputError(f"{path}:{error.line}:{error.column + 1}: {error.message}")
