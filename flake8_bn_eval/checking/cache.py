"""What was found is kept until something changes that it rests on.

An entry is a JSON file named by the path of the judged file, the options and the versions.
It tells the text that was judged, and what the analysis asked of the project around it: as
long as all of that is the same, nothing is parsed.  Entries are written in one step, so that
runs at the same time do not disturb each other; one that cannot be read or written does not
count.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass, field, fields
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import flake8_bn_eval
from flake8_bn_eval.checking.records import Record
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.options import Options
from flake8_bn_eval.project.roots import Placed, placed
from flake8_bn_eval.project.tree import Asked, Tree

NAME = ".bn-eval-cache"
_README = "What bn-eval found; it may be deleted at any time.\n"


@dataclass(frozen=True)
class Key:
    """What is to be judged, and how."""

    path: str
    text: str
    options: Options
    codes: frozenset[str]

    @cached_property
    def place(self) -> Placed | None:
        """The file in its project; None where only the file itself counts."""
        if self.options.single_file:
            return None
        try:
            return placed(self.path, self.options.project_root)
        except (OSError, ValueError):
            return None


@dataclass
class Cache:
    """The entries of a directory, which need not exist."""

    folder: str
    _trees: dict[str, Tree] = field(default_factory=dict)

    def find(self, key: Key) -> Record | None:
        """What was found when everything was as it is now."""
        try:
            entry = json.loads(self._file(key).read_bytes())
            if entry["text"] != _digest(key.text) or entry["around"] != self._around(key, entry):
                return None
            return Record.from_data(entry["record"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, key: Key, record: Record, tree: Tree | None) -> None:
        """Keep what was found; ``tree`` is what the analysis asked on the way."""
        asked, around = Asked([], [], [], listed=False), ""
        if tree is not None and key.place is not None:
            asked = tree.asked
            around = _state(tree, asked, key.place)
        told = {"text": _digest(key.text), "around": around, "record": record.as_data()}
        entry = told | vars(asked)
        with contextlib.suppress(OSError):
            self._write(self._file(key), json.dumps(entry).encode())

    def _around(self, key: Key, entry: dict[str, Any]) -> str:
        """The state of what was asked then, as it is now."""
        if key.place is None:
            return ""
        asked = Asked(
            entry["files"],
            entry["read"],
            entry["folders"],
            listed=entry["listed"],
            texts=entry["texts"],
        )
        root = key.place.root
        if root not in self._trees:
            self._trees[root] = Tree(root, most_files=key.options.project_files)
        return _state(self._trees[root], asked, key.place)

    def _file(self, key: Key) -> Path:
        place = key.place or Placed("", os.path.abspath(key.path))
        root = os.path.relpath(place.root, self.folder) if place.root else ""
        name = _digest("\0".join([root, place.path, _asked_for(key.options, key.codes)]))
        return Path(self.folder, _versions(), name[:2], f"{name[2:]}.json")

    def _write(self, file: Path, data: bytes) -> None:
        if not file.parent.is_dir():
            file.parent.mkdir(parents=True, exist_ok=True)
            Path(self.folder, ".gitignore").write_text("*\n", encoding="utf-8")
            Path(self.folder, "README.txt").write_text(_README, encoding="utf-8")
        handle, temporary = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def default_folder() -> str:
    """The directory of the cache of the project that the working directory is in."""
    place = placed(os.path.abspath("any.py"))
    return os.path.join(place.root if place else os.getcwd(), NAME)


def _state(tree: Tree, asked: Asked, place: Placed) -> str:
    """A digest of all that was asked of a tree, as the tree is."""
    parts: list[str] = []
    for path in asked.files:
        is_there = tree.is_folder(path[:-1]) if path.endswith("/") else tree.is_file(path)
        parts += path, str(is_there)
    for path in asked.read:
        parts += path, _digest_of(tree.data(path))
    for path in asked.folders:
        parts += path, *tree.folders(path)
    if asked.listed:
        texts = tree.texts() if asked.texts else []
        for path in sorted({*tree.python_files(), *texts, place.path}):
            parts += path, _digest_of(tree.data(path))
    return _digest("\0".join(parts))


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=8192)
def _digest_of(data: bytes | None) -> str:
    """The digest of a file's bytes; the same bytes are asked for again and again."""
    return "" if data is None else blake2b(data, digest_size=16).hexdigest()


@lru_cache(maxsize=8)
def _asked_for(options: Options, codes: frozenset[str]) -> str:
    """Options and codes as a text, with what the tables say that the options name."""
    values = {each.name: getattr(options, each.name) for each in fields(options)}
    told = [
        f"{name}={sorted(value) if isinstance(value, frozenset) else value!r}"
        for name, value in values.items()
    ]
    tables = [_digest_of(path.read_bytes()) for path in options.knowledge]
    return "\0".join([*told, *tables, *sorted(codes)])


@lru_cache(maxsize=1)
def _versions() -> str:
    """A digest of everything that computes an answer: our files, and whose versions matter."""
    package = Path(flake8_bn_eval.__file__).parent
    ours = [
        f"{file.relative_to(package)} {(status := file.stat()).st_size} {status.st_mtime_ns}"
        for file in sorted(package.rglob("*"))
        if file.suffix in {".py", ".toml"}
    ]
    return _digest("\0".join([*ours, version("libcst"), version("flake8"), sys.version]))[:16]
