"""What ``.gitignore`` files name, as git reads them: the nearest file that decides counts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"


@dataclass(frozen=True, slots=True)
class GitIgnore:
    """The files that count in a directory, the nearest first: each with the directory it is in."""

    files: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    @staticmethod
    def above(folder: str) -> GitIgnore:
        """What counts in a directory because of those above it, up to the root of its repository.

        Nothing does where the directory itself is named: whoever asks for it means it.
        """
        below = os.path.abspath(folder)
        chain = [below]
        while not os.path.lexists(os.path.join(chain[-1], ".git")):
            above = os.path.dirname(chain[-1])
            if above == chain[-1]:
                return GitIgnore()
            chain.append(above)
        found = GitIgnore()
        for each in reversed(chain[1:]):
            found = found.inside(each)
            if found.names(chain[chain.index(each) - 1], is_folder=True):
                return GitIgnore()
        return found

    def inside(self, folder: str) -> GitIgnore:
        """What counts in a directory when this does in the one above."""
        path = os.path.join(folder, NAME)
        try:
            text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return self
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most files are checked by name

        spec = GitIgnoreSpec.from_lines(text.splitlines())
        return GitIgnore(((os.path.abspath(folder), spec), *self.files))

    def names(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a file or directory is to be ignored."""
        absolute = os.path.abspath(path)
        for folder, spec in self.files:
            inner = os.path.relpath(absolute, folder).replace(os.sep, "/")
            decided = spec.check_file(f"{inner}/" if is_folder else inner).include
            if decided is not None:
                return bool(decided)
        return False
