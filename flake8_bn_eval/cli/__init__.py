"""The command line ``bn-eval``: which commands there are, and how each of them ends.

A command is one module of this package, named as the command, and one line in `COMMANDS`.
The module has ``main(arguments) -> int``: it makes its own parser (`outcome.parser`), does
its work and returns the exit status, `outcome.CLEAN`, `outcome.FINDINGS` or
`outcome.BAD_INPUT`.  It raises `outcome.InputError` for what cannot be used.  Only the
module of the command that was asked for is imported, so it may import what it needs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from flake8_bn_eval import __version__
from flake8_bn_eval.cli import outcome

COMMANDS = {
    "check": "report what is wrong in files and directories",
    "explain": "print the page of a rule",
    "fix": "repair what is found in files and directories",
    "rules": "list the rules",
    "server": "serve an editor as a language server",
    "trace": "print the modes at every line that matters",
}
"""Every command with what it does, in the order of the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        return outcome.ended_well(lambda: _run(given[0], given[1:]))
    return _without_command(given)


def _run(name: str, arguments: list[str]) -> int:
    status: int = importlib.import_module(f"{__name__}.{name}").main(arguments)
    return status


def _without_command(given: list[str]) -> int:
    """Print the help or the version; anything else is a mistake, which ends with status 2."""
    parser = outcome.parser(
        None, "Follow the train/eval modes and gradient modes of PyTorch modules."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, help in COMMANDS.items():
        commands.add_parser(name, help=help)
    parser.parse_args(given)
    return outcome.BAD_INPUT
