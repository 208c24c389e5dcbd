"""Which files are looked at: those named, and those below a directory that are the user's own.

Left out, as flake8 does, is what ``exclude`` names.  Below a directory also what
``.gitignore`` names and what is no source of the project: environments, builds, caches.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flake8.utils import fnmatch, matches_filename

from flake8_bn_eval.files.gitignore import NAME as GITIGNORE
from flake8_bn_eval.files.gitignore import GitIgnore
from flake8_bn_eval.files.units import READERS, STDIN, InputError

USUAL = frozenset(
    "__pycache__ .eggs .git .hg .ipynb_checkpoints .mypy_cache .nox .pytest_cache .ruff_cache "
    ".svn .tox .venv bower_components build dist node_modules site-packages venv".split()
)
"""Directories that hold no source of the project."""

ENVIRONMENT = "pyvenv.cfg"
"""A directory with this file is a virtual environment, whatever it is called."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked at below a directory; the patterns are flake8's."""

    names: tuple[str, ...] = ("*.py",)
    exclude: tuple[str, ...] = ()
    stdin_name: str = "stdin"
    all_files: bool = False
    """Also what ``.gitignore`` names and what lies in the usual directories."""

    def files(self, paths: Iterable[str]) -> list[str | InputError]:
        """The files, each once, in the order of their paths; before them what cannot be read."""
        found = [each for path in paths for each in self._of(path)]
        errors = [each for each in found if isinstance(each, InputError)]
        by_place = {_place(each): each for each in reversed(found) if isinstance(each, str)}
        return [*errors, *sorted(by_place.values())]

    def _of(self, path: str) -> Iterator[str | InputError]:
        if self._is_excluded(self.stdin_name if path == STDIN else path):
            return
        if path == STDIN or not Path(path).is_dir():
            yield path
            return
        unread: list[OSError] = []
        files = list(self._below(path, unread))
        yield from files
        yield from (InputError(f"{error.filename}: {error.strerror}") for error in unread)
        if not files and not unread:
            yield InputError(f"{path}: there is no Python file in this directory")

    def _is_excluded(self, path: str) -> bool:
        if path == "stdin":  # the name of standard input that has no name
            return False
        message = '"%(path)s" is %(whether)sleft out'
        return bool(matches_filename(path, self.exclude, message, _LOG))

    def _below(self, path: str, unread: list[OSError]) -> Iterator[str]:
        ignored = {os.path.dirname(os.path.abspath(path)): GitIgnore.above(path)}
        for folder, folders, names in os.walk(path, onerror=unread.append):
            place = os.path.abspath(folder)
            here = ignored.get(os.path.dirname(place), GitIgnore())
            if GITIGNORE in names:
                here = here.inside(folder)
            here = ignored[place] = GitIgnore() if self.all_files else here
            folders[:] = [name for name in folders if self._is_wanted(folder, name, here)]
            for name in names:
                file = os.path.join(folder, name)
                if self._has_wanted_name(file) and not self._is_excluded(file):
                    if not here.names(file) and os.path.isfile(file):
                        yield file.removeprefix(f".{os.sep}")

    def _has_wanted_name(self, file: str) -> bool:
        return bool(fnmatch(file, self.names)) or os.path.splitext(file)[1] in READERS

    def _is_wanted(self, folder: str, name: str, ignored: GitIgnore) -> bool:
        path = os.path.join(folder, name)
        if self._is_excluded(path) or ignored.names(path, is_folder=True):
            return False
        usual = name in USUAL or os.path.lexists(os.path.join(path, ENVIRONMENT))
        return self.all_files or not usual


def _place(path: str) -> str:
    """Where a file really is, so that it is looked at once however it is named."""
    return path if path == STDIN else os.path.realpath(path)
