"""The command line ``bn-eval``: check files, explain a rule, trace a file.

Exit status: 0 if there is nothing to say, 1 if there are findings, 2 for bad input, with
a message on standard error that names the file and line.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from flake8_bn_eval import __version__, source
from flake8_bn_eval.analysis import analyse, follow, problems_of
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.options import Options, add_to, from_namespace
from flake8_bn_eval.report.text import finding_lines
from flake8_bn_eval.report.trace import trace_lines
from flake8_bn_eval.rules import all_rules, find_rule

CLEAN, FINDINGS, BAD_INPUT = 0, 1, 2
NOTHING_TO_TRACE = "no line calls a module, or changes a mode or the gradient mode"

_CODES = r"(?::\s*(?P<codes>[A-Z]+[0-9]*(?:[,\s]+[A-Z]+[0-9]*\b)*))?"
_NOQA_INLINE = re.compile(rf"#\s*noqa\b{_CODES}", re.IGNORECASE)
_NOQA_FILE = re.compile(rf"\s*#\s*flake8[:=]\s*noqa{_CODES}\s*$", re.IGNORECASE)


class InputError(Exception):
    """Something the user named cannot be used; the message says what and where."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = _parser()
    namespace = parser.parse_args(arguments)
    try:
        status: int = namespace.run(namespace)
    except InputError as error:
        return _complain(error)
    except BrokenPipeError:  # the reader of the output has seen enough
        sys.stderr.close()
        return FINDINGS if namespace.run is _check else CLEAN
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bn-eval",
        description="Follow the train/eval modes and gradient modes of PyTorch modules.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="report what is wrong in files and directories")
    check.add_argument("paths", nargs="+", metavar="PATH", help="a file, a directory, - for stdin")
    add_to(check)
    check.set_defaults(run=_check)

    explain = commands.add_parser("explain", help="print the page of a rule")
    explain.add_argument("code", metavar="CODE", help="a code such as BNE101, or a rule's name")
    explain.set_defaults(run=_explain)

    trace = commands.add_parser("trace", help="print the modes at every line that matters")
    trace.add_argument("path", metavar="FILE", help="a file, - for stdin")
    add_to(trace)
    trace.set_defaults(run=_trace)
    return parser


def _check(namespace: argparse.Namespace) -> int:
    options = _options(namespace)
    statuses = [
        _check_file(found, options) if isinstance(found, str) else _complain(found)
        for path in namespace.paths
        for found in _python_files(path)
    ]
    return max(statuses)


def _check_file(path: str, options: Options) -> int:
    try:
        text = _read(path)
        findings = _check_text(path, text, options)
    except InputError as error:
        return _complain(error)
    lines = source.split_lines(text)
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


def _explain(namespace: argparse.Namespace) -> int:
    rule = find_rule(namespace.code)
    if rule is None:
        known = ", ".join(rule.code for rule in all_rules())
        raise InputError(f"no rule {namespace.code}; there are {known}")
    state = "on by default" if rule.default else "opt-in"
    print(f"# {rule.code} {rule.name}\n\nSince {rule.since}, {state}.\n\n{rule.page.text}")
    return CLEAN


def _trace(namespace: argparse.Namespace) -> int:
    path, options = namespace.path, _options(namespace)
    text = _read(path)
    try:
        followed = follow(text, filename=path, options=options)
    except source.UnparsableError as error:
        raise _unparsable(path, error) from error
    except RecursionError as error:
        raise InputError(f"{path}:1: its statements nest too deeply") from error
    lines = source.split_lines(text)
    events = [event for event in followed.facts.events if followed.is_here(event.place)]
    traced = list(trace_lines(lines, events, followed.span))
    print(*traced or [NOTHING_TO_TRACE], sep="\n")
    return CLEAN


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


def _read(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return source.decode(data)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except source.UnreadableError as error:
        raise InputError(f"{path}:{error.line}: {error.message}") from error


def _unparsable(path: str, error: source.UnparsableError) -> InputError:
    return InputError(f"{path}:{error.line}:{error.column + 1}: {error.message}")


def _complain(error: InputError) -> int:
    print(f"bn-eval: {error}", file=sys.stderr)
    return BAD_INPUT
