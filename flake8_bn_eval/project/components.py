"""Which files of a repository belong together: one may hold many projects beside each other.

Files belong together if one imports the other, or if the folder of one lies in the folder of the
other with Python files in each folder on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.project.definitions import Definitions


@dataclass(eq=False)
class Components:
    """The connected components of the files of a repository."""

    definitions: Definitions

    def of(self, path: str) -> list[str]:
        """The files that belong together with one, itself among them, in order."""
        folder = self._top_folders.get(path)
        if folder is None:
            return self.definitions.tree.python_files()
        return self._files[self._components[folder]]

    @cached_property
    def _top_folders(self) -> dict[str, str]:
        """The outermost folder that a file hangs together with, of each file."""
        files = self.definitions.tree.python_files()
        folders = {_folder(path) for path in files}
        return {path: _top(_folder(path), folders) for path in files}

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """The files of each component, by the folder that stands for it."""
        files: dict[str, list[str]] = {}
        for path, folder in self._top_folders.items():
            files.setdefault(self._components[folder], []).append(path)
        return files

    @cached_property
    def _components(self) -> dict[str, str]:
        """One folder that stands for the component, of each outermost folder."""
        stands_for = {folder: folder for folder in self._top_folders.values()}
        if len(stands_for) == 1:
            return stands_for

        def representative(folder: str) -> str:
            while stands_for[folder] != folder:
                folder = stands_for[folder]
            return folder

        for importer, imported in self._imports():
            one, other = map(representative, (importer, imported))
            stands_for[max(one, other)] = min(one, other)
        return {folder: representative(folder) for folder in stands_for}

    def _imports(self) -> Iterator[tuple[str, str]]:
        """The outermost folders of two files of which one imports the other."""
        for path, folder in self._top_folders.items():
            outline = self.definitions.outline(path)
            for _, written in () if outline is None else outline.imports:
                target = self.definitions.imports.target(path, written)
                if target is not None and target.path in self._top_folders:
                    yield folder, self._top_folders[target.path]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _top(folder: str, folders: set[str]) -> str:
    while folder and _folder(folder) in folders:
        folder = _folder(folder)
    return folder
