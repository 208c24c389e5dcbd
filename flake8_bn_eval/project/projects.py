"""One file in its project: the files around it, opened when somebody asks for them."""

from __future__ import annotations

from time import thread_time
from typing import TYPE_CHECKING

from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import tree
from flake8_bn_eval.project.roots import Placed, placed
from flake8_bn_eval.project.tree import Tree

if TYPE_CHECKING:
    from flake8_bn_eval.project.components import Components
    from flake8_bn_eval.project.definitions import Definitions

MOST_NEAR = 40
"""So many imported names are looked at before it is clear that a file is worth parsing."""


class Project:
    """What surrounds one file; costs nothing before it is asked."""

    def __init__(self, place: Placed, text: str, options: Options) -> None:
        self.path = place.path
        self.options = options
        self._latest = thread_time() + options.project_seconds
        self.was_late = False
        self.tree = Tree(place.root, {place.path: text}, options.project_files)

    @staticmethod
    def around(filename: str | None, text: str, options: Options) -> Project | None:
        """The project of a file, None where only the file itself counts."""
        if filename is None or options.single_file:
            return None
        try:
            place = placed(filename, options.project_root)
        except (OSError, ValueError):  # the working directory is gone, or it is no path
            return None
        return None if place is None else Project(place, text, options)

    @property
    def is_late(self) -> bool:
        """Whether the time for other files is over: their own, not what other threads do."""
        late = thread_time() > self._latest
        self.was_late = self.was_late or late
        return late

    @cached_property
    def definitions(self) -> Definitions:
        """Follows names through the project."""
        # Imported for files that import something of their project, not for every run of flake8.
        from flake8_bn_eval.project.definitions import Definitions  # noqa: PLC0415
        from flake8_bn_eval.project.imports import Imports  # noqa: PLC0415

        return Definitions(self.tree, Imports(self.tree), self.options.project_bytes)

    @cached_property
    def components(self) -> Components:
        """Tells which files belong together."""
        from flake8_bn_eval.project.components import Components  # noqa: PLC0415

        return Components(self.definitions)

    @cached_property
    def telling_text(self) -> str:
        """The text of the files whose functions the file uses and that set modes."""
        files = self.definitions.telling_files(self.path, most=MOST_NEAR)
        return "\n".join(self.tree.text(path) or "" for path in files)


def forget() -> None:
    """Find, read and parse every file anew from now on: for those who measure what that costs."""
    from flake8_bn_eval.project import programs  # noqa: PLC0415
    from flake8_bn_eval.project.outlines import outline_of  # noqa: PLC0415

    programs.forget()
    tree.forget()
    outline_of.cache_clear()
