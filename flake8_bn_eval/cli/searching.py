"""Where the commands that take paths look for files."""

from __future__ import annotations

import argparse

from flake8_bn_eval.configuration.choice import Choice
from flake8_bn_eval.files.discovery import Search


def add_all_files(parser: argparse.ArgumentParser) -> None:
    """Add the flag that leaves nothing out."""
    parser.add_argument(
        "--all-files",
        action="store_true",
        help="also look at what .gitignore names and at directories such as venv and build",
    )


def search_of(given: argparse.Namespace, choice: Choice) -> Search:
    """What is looked at below the paths that are given."""
    namespace = choice.namespace
    return Search(
        tuple(namespace.filename),
        (*namespace.exclude, *namespace.extend_exclude),
        namespace.stdin_display_name,
        given.all_files or (choice.table is not None and choice.table.all_files),
    )
