"""``bn-eval server``: a language server, which talks to an editor through its standard streams."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from flake8_bn_eval.cli.outcome import CLEAN, InputError, parser
from flake8_bn_eval.settings.flags import SEARCHING, SELECTING, add_flags
from flake8_bn_eval.settings.reading import settings_of


def main(arguments: Sequence[str]) -> int:
    """Serve until the editor says that it is enough."""
    description = "Serve an editor through standard input and output."
    server = parser("server", description, "[options]")
    server.add_argument("--stdio", action="store_true", help="the only way; some editors say so")
    add_flags(server, SELECTING, SEARCHING)
    given = server.parse_args(arguments)
    settings_of(given)  # a mistake in the flags is said at once
    if find_spec("pygls") is None:
        raise InputError("the language server needs pygls: pip install 'flake8-bn-eval[server]'")
    from flake8_bn_eval.server.serving import server_for  # noqa: PLC0415

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    server_for(given).start_io()
    return CLEAN
