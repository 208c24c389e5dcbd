"""``bn-eval trace FILE``: the states at every line that matters."""

from __future__ import annotations

from collections.abc import Sequence

from flake8_bn_eval import source
from flake8_bn_eval.analysis import follow, problems_of
from flake8_bn_eval.cli.outcome import CLEAN, InputError, parser
from flake8_bn_eval.files.units import read_bytes, read_unit
from flake8_bn_eval.options import add_to, from_namespace
from flake8_bn_eval.report.trace import trace_lines

NOTHING_TO_TRACE = "no line calls a module, or changes a mode or the gradient mode"


def main(arguments: Sequence[str]) -> int:
    """Print every line with a forward call, a mode change or a gradient change."""
    commands = parser("trace", "Print the modes at every line that matters.")
    commands.add_argument("path", metavar="FILE", help="a file, - for stdin")
    add_to(commands)
    namespace = commands.parse_args(arguments)
    options = from_namespace(namespace)
    problems = problems_of(options)
    if problems:
        raise InputError("\nbn-eval: ".join(problems))
    unit = read_unit(namespace.path, read_bytes(namespace.path))
    try:
        followed = follow(unit.text, filename=unit.path, options=options)
    except source.UnparsableError as error:
        place = f"{unit.path}:{error.line}:{error.column + 1}"
        raise InputError(f"{place}: {error.message}") from error
    except RecursionError as error:
        raise InputError(f"{unit.path}:1: its statements nest too deeply") from error
    lines = source.split_lines(unit.text)
    events = [event for event in followed.facts.events if followed.is_here(event.place)]
    traced = list(trace_lines(lines, events, followed.span))
    print(*traced or [NOTHING_TO_TRACE], sep="\n")
    return CLEAN
