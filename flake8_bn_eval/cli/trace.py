"""``bn-eval trace FILE``: the states at every line that matters."""

from __future__ import annotations

from collections.abc import Sequence

from flake8_bn_eval import source
from flake8_bn_eval.analysis import follow
from flake8_bn_eval.cli.outcome import CLEAN, InputError, complain, parser
from flake8_bn_eval.files.units import STDIN, read_bytes, read_unit
from flake8_bn_eval.report.trace import trace_lines
from flake8_bn_eval.settings.flags import add_flags
from flake8_bn_eval.settings.reading import settings_of

NOTHING_TO_TRACE = "no line calls a module, or changes a mode or the gradient mode"


def main(arguments: Sequence[str]) -> int:
    """Print every line with a forward call, a mode change or a gradient change."""
    description = "Print the modes at every line that matters."
    commands = parser("trace", description, "[options] FILE")
    commands.add_argument("path", metavar="FILE", help="a file, - for stdin")
    add_flags(commands, ["--stdin-display-name"])
    given = commands.parse_args(arguments)
    choice = settings_of(given)
    name = choice.namespace.stdin_display_name if given.path == STDIN else given.path
    unit = read_unit(name, read_bytes(given.path))
    for problem in unit.problems:
        complain(InputError(problem))
    try:
        followed = follow(unit.text, filename=unit.path, options=choice.options)
    except source.UnparsableError as error:
        place = f"{unit.path}:{error.line}:{error.column + 1}"
        raise InputError(f"{place}: {error.message}") from error
    events = [event for event in followed.facts.events if followed.is_here(event.place)]
    traced = list(trace_lines(unit, events, followed.span))
    print(*traced or [NOTHING_TO_TRACE], sep="\n")
    return CLEAN
