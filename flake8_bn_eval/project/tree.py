"""The files of one project: which there are, and their text.

Nothing outside the root is read, no link that leads out of it is followed, and a file that
is missing, too long or no text simply is not there.  What was read is kept between analyses
of one process, as much as fits, while the size and the time of change of the file are the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from flake8_bn_eval import source
from flake8_bn_eval.project.kept import Kept

PYTHON = ".py"
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})
ENVIRONMENT = "pyvenv.cfg"
"""A directory with this file holds an installation of Python, not the project."""

TEXTS = (".cfg", ".ini", ".ipynb", ".md", ".rst", ".sh", ".toml", ".yaml", ".yml")
"""Files in which a project names what its Python files define: to start it, or to choose it.

Not those that hold data as a rule, of which there may be a hundred thousand.
"""

LONGEST = 1_000_000
"""A file with more bytes is not read."""

MOST_BYTES = 64_000_000
"""So many bytes of files are kept: those of 5,000 files of usual length."""

MOST_ENTRIES = 50_000
"""So many entries of directories are kept."""

Entries = tuple[tuple[str, bool], ...]
_kept: Kept[bytes] = Kept(MOST_BYTES, len)
_folders: Kept[Entries] = Kept(MOST_ENTRIES, lambda entries: len(entries) + 1)


class Asked:
    """What somebody wanted to know of a tree: as long as all of it stays, so does the answer.

    ``files``: whether there are such files; a path that ends with ``/`` is a directory.
    ``read``: their bytes.  ``folders``: the directories in these.  ``listed``: all files of
    the tree were listed, and searched for words; ``texts``: those that are no Python as well.
    """

    def __init__(
        self,
        files: list[str],
        read: list[str],
        folders: list[str],
        *,
        listed: bool,
        texts: bool = False,
    ) -> None:
        self.files = files
        self.read = read
        self.folders = folders
        self.listed = listed
        self.texts = texts


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The Python files below a root; ``given`` are texts that are newer than the disk."""

    root: str
    given: dict[str, str] = field(default_factory=dict)
    most_files: int = 5_000
    _files: dict[str, bool] = field(default_factory=dict)
    _data: dict[str, bytes | None] = field(default_factory=dict)
    _listed: list[str] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _are_texts_asked: list[bool] = field(default_factory=list)
    _folders_of: set[str] = field(default_factory=set)

    def give(self, texts: Mapping[str, str]) -> None:
        """Let texts that are not saved count for files by their absolute paths."""
        inside = self.root.rstrip(os.sep) + os.sep
        for absolute, text in texts.items():
            path = absolute.removeprefix(inside).replace(os.sep, "/")
            if absolute.startswith(inside) and path not in self.given:
                self.given[path] = text
                self._data[path] = text.encode(errors="surrogatepass")

    def text(self, path: str) -> str | None:
        """The text of a file, None if there is none."""
        known = self.given.get(path)
        if known is not None:
            return known
        data = self._bytes(path) if self.is_file(path) else None
        return None if data is None else _decoded(data)

    def mentions(self, path: str, words: list[bytes]) -> bool:
        """Whether one of the words may occur in a file that was listed."""
        data = self._bytes(path)
        return data is not None and any(word in data for word in words)

    def is_file(self, path: str) -> bool:
        """Whether there is such a file."""
        known = self._files.get(path)
        if known is None:
            found = os.path.isfile(self._absolute(path)) and self._is_inside(path)
            known = self._files[path] = path in self.given or found
        return known

    def is_folder(self, path: str) -> bool:
        """Whether there is such a directory."""
        key = f"{path}/"
        known = self._files.get(key)
        if known is None:
            found = os.path.isdir(self._absolute(path)) and self._is_inside(path)
            known = self._files[key] = found
        return known

    def python_files(self) -> list[str]:
        """The paths of the Python files in order, at most so many."""
        if not self._listed:
            found = {True: set(self.given), False: set[str]()}
            for path in self._below():
                found[path.endswith(PYTHON)].add(path)
            self._listed.extend(sorted(found[True]))
            self._texts.extend(sorted(found[False]))
        return self._listed

    def texts(self) -> list[str]:
        """The paths of other files that may name what a Python file defines, at most so many."""
        self.python_files()
        self._are_texts_asked[:] = [True]
        return self._texts

    def folders(self, path: str) -> list[str]:
        """The names of the directories in a directory."""
        self._folders_of.add(path)
        return [name for name, is_folder in _entries(self._absolute(path)) if is_folder]

    @property
    def asked(self) -> Asked:
        """What was asked until now, with what is missing."""
        texts = bool(self._are_texts_asked)
        listed = {*self._listed, *(self._texts if texts else ())}
        read = sorted(self._data.keys() - listed)
        files = sorted(self._files.keys() - listed)
        folders = sorted(self._folders_of)
        return Asked(files, read, folders, listed=bool(listed), texts=texts)

    def data(self, path: str) -> bytes | None:
        """The bytes of a file, None if there is none that is read."""
        return self._bytes(path)

    def _is_inside(self, path: str) -> bool:
        """Whether a path, with every link followed, still lies in the project."""
        absolute = self._absolute(path)
        folder, _, name = absolute.rpartition("/")
        is_link = os.path.islink(absolute)
        real = os.path.realpath(absolute) if is_link else f"{_real(folder)}/{name}"
        return real.startswith(_real(self.root).rstrip(os.sep) + os.sep)

    def _absolute(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    def _bytes(self, path: str) -> bytes | None:
        if path not in self._data:
            self._data[path] = _read(self._absolute(path))
        return self._data[path]

    def _below(self) -> Iterator[str]:
        waiting, count, beside = [""], 0, 0
        while waiting:
            folder = waiting.pop(0)
            for name, is_folder in _entries(self._absolute(folder)):
                path = f"{folder}/{name}" if folder else name
                if is_folder:
                    waiting.append(path)
                elif not path.endswith(PYTHON):
                    beside += 1
                    if beside <= self.most_files:
                        yield path
                elif count < self.most_files:
                    count += 1
                    self._files[path] = True
                    yield path


@lru_cache(maxsize=4096)
def _real(folder: str) -> str:
    """A directory, with every link followed."""
    return os.path.realpath(folder)


def _read(path: str) -> bytes | None:
    try:
        status = os.stat(path)
        stamp = status.st_mtime_ns, status.st_size
        known = _kept.find(path, stamp)
        if known is not None:
            return known
        if status.st_size > LONGEST:
            return None
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    _kept.keep(path, stamp, data)
    return data


@lru_cache(maxsize=128)
def _decoded(data: bytes) -> str | None:
    """The text of a file; what declares an encoding that Python lacks here is read as UTF-8."""
    with suppress(source.UnreadableError):
        return source.decode(data)
    with suppress(UnicodeDecodeError):
        return "\n".join(source.split_lines(data.decode()))
    return None


def _entries(path: str) -> Entries:
    """The files that are read and the directories in a directory, links and hidden ones aside."""
    try:
        status = os.stat(path)
        stamp = status.st_mtime_ns, status.st_size
        known = _folders.find(path, stamp)
        if known is not None:
            return known
        with os.scandir(path) as entries:
            found = {entry.name: entry for entry in entries}
        names = () if ENVIRONMENT in found else tuple(_wanted(found))
    except OSError:
        return ()
    _folders.keep(path, stamp, names)
    return names


def _wanted(found: dict[str, os.DirEntry[str]]) -> Iterator[tuple[str, bool]]:
    for name in sorted(found):
        if name.startswith(".") or name in SKIPPED:
            continue
        if found[name].is_dir(follow_symlinks=False):
            yield name, True
        elif name.endswith((PYTHON, *TEXTS)) and found[name].is_file(follow_symlinks=False):
            yield name, False


def forget() -> None:
    """Read every file anew from now on."""
    _kept.forget()
    _folders.forget()
    _decoded.cache_clear()
    _real.cache_clear()
