"""``--show-files`` and ``--show-settings``: what a run would look at and how, and no run."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterable

from flake8_bn_eval import __version__
from flake8_bn_eval.checking.cache import Cache
from flake8_bn_eval.cli.caching import jobs_of
from flake8_bn_eval.configuration.choice import Choice
from flake8_bn_eval.files.discovery import Search
from flake8_bn_eval.settings.listing import listing


def add_shows(parser: argparse.ArgumentParser) -> None:
    """Add the two flags, of which one may be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--show-files", action="store_true", help="name the files that would be looked at, and stop"
    )
    group.add_argument(
        "--show-settings",
        action="store_true",
        help="print every setting with where it comes from, as [tool.bn-eval] has it, and stop",
    )


def show_files(paths: Iterable[str]) -> None:
    """Name files, one a line."""
    sys.stdout.writelines(f"{path}\n" for path in paths)


def show_settings(
    choice: Choice, search: Search, cache: Cache | None, read: Iterable[str]
) -> None:
    """Print what a run would use; ``read`` are the files with the configuration.

    It can be read as a ``.toml`` again; what no table sets stands in comments.
    """
    version = f"bn-eval {__version__}, Python {platform.python_version()}"
    lines = [
        f"# {version}, {jobs_of(choice)} jobs{'' if cache else ', no cache'}",
        f"# configuration: {', '.join(read) or 'none'}",
        f"# rules: {', '.join(sorted(choice.codes))}",
        "[tool.bn-eval]",
    ]
    lines += listing(choice, search, None if cache is None else cache.folder)
    sys.stdout.writelines(f"{line}\n" for line in lines)
