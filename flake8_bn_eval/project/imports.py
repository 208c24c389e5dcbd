"""Which file of the project an import statement means, as far as the tree of files tells.

Python looks where ``sys.path`` says, and that is set when a program is started.  Here the
places that come into question are tried in one fixed order: the root of the package that
the file is in, its own directory, the directories above it, ``src`` and other directories
at the top of the project.  A name of the standard library or of a known framework is that,
unless the file itself is a part of it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from flake8_bn_eval.knowledge.packages import TABLES_OF_PACKAGE
from flake8_bn_eval.project.tree import Tree

ELSEWHERE = sys.stdlib_module_names | TABLES_OF_PACKAGE.keys() | {"torch", "numpy", "scipy"}
INIT = "__init__"


@dataclass(frozen=True, slots=True)
class Target:
    """A file, and what is asked of it: nothing where it is the module itself."""

    path: str
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Imports:
    """Finds the files that imports mean."""

    tree: Tree
    _known: dict[tuple[str, str], Target | None] = field(default_factory=dict)

    def target(self, importer: str, path: str) -> Target | None:
        """What a dotted path means in a file; None if it is nothing of the project."""
        key = importer, path
        if key not in self._known:
            self._known[key] = self._target(importer, path)
        return self._known[key]

    def is_missing(self, importer: str, path: str) -> bool:
        """Whether a dotted path leads into a file or folder of the project, and to nothing there.

        What a build makes, or an extension, is not counted as missing.
        """
        parts = path.lstrip(".").split(".")
        if len(parts) < 2 and path[:1] != "." or any(map(_may_be_built, parts)):
            return False
        target = self.target(importer, path)
        if target is not None:
            return bool(target.rest) and not self._may_have(target)
        if path.startswith("."):
            return True
        if parts[0] in ELSEWHERE:
            return False
        folder = _above(importer)
        bases = {folder, self._package_root(folder), ""}
        return any(self._holds_files(_joined(base, parts[0])) for base in bases)

    def _may_have(self, target: Target) -> bool:
        """Whether a file may have the name that is asked of it; a module inside it is a file."""
        if len(target.rest) > 1:
            words = rb"\bmodules\b"
        else:
            name = re.escape(target.rest[0]).encode()
            words = rb"\b(?:%b|import\s*\*|__getattr__|globals|exec|modules)" % name
        data = self.tree.data(target.path)
        return data is None or re.search(words, data) is not None

    def _holds_files(self, folder: str) -> bool:
        return any(path.startswith(f"{folder}/") for path in self.tree.python_files())

    def _target(self, importer: str, path: str) -> Target | None:
        dots = len(path) - len(path.lstrip("."))
        parts = tuple(part for part in path[dots:].split(".") if part)
        folder = _above(importer)
        if dots:
            for _ in range(dots - 1):
                folder = _above(folder)
            return self._below(folder, parts) or self._of_package(folder, parts)
        package = self._package_root(folder)
        inside = folder[len(package) :].strip("/").partition("/")[0]
        if not parts or parts[0] in ELSEWHERE and parts[0] != inside:
            return None if not parts else self._sibling(folder, package, parts)
        for base in self._bases(folder, package):
            found = self._below(base, parts)
            if found is not None:
                return found
        return None

    def _sibling(self, folder: str, package: str, parts: tuple[str, ...]) -> Target | None:
        """A script's neighbour hides even the standard library; a package's does not."""
        if folder != package or not self.tree.is_file(_joined(folder, f"{parts[0]}.py")):
            return None
        return self._below(folder, parts)

    def _bases(self, folder: str, package: str) -> Iterator[str]:
        yield package
        while folder:
            yield folder
            folder = _above(folder)
        yield ""
        yield "src"
        for name in self.tree.folders(""):
            if not self.tree.is_file(f"{name}/{INIT}.py"):
                yield name

    def _package_root(self, folder: str) -> str:
        """The directory that the outermost package around a directory lies in."""
        while folder and self.tree.is_file(_joined(folder, f"{INIT}.py")):
            folder = _above(folder)
        return folder

    def _below(self, folder: str, parts: tuple[str, ...]) -> Target | None:
        for index, part in enumerate(parts):
            inner = _joined(folder, part)
            if self.tree.is_file(_joined(inner, f"{INIT}.py")):
                folder = inner
            elif self.tree.is_file(f"{inner}.py"):
                return Target(f"{inner}.py", parts[index + 1 :])
            elif self.tree.is_folder(inner):
                folder = inner
            else:
                return self._of_package(folder, parts[index:]) if index else None
        return self._of_package(folder, ())

    def _of_package(self, folder: str, rest: tuple[str, ...]) -> Target | None:
        init = _joined(folder, f"{INIT}.py")
        return Target(init, rest) if self.tree.is_file(init) else None


def _may_be_built(name: str) -> bool:
    return name.startswith("_") or name.endswith(("_pb2", "ext")) or "version" in name


def dotted(path: str) -> str:
    """What a file is called from the root of the project: ``a/b/__init__.py`` is ``a.b``."""
    name = path.removesuffix(".pyi").removesuffix(".py").removesuffix(f"/{INIT}")
    return name.replace("/", ".")


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
