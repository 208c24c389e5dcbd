"""The other files of a project, for facts that follow a name into them one file at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.facts.passed_mode.views import Found
from flake8_bn_eval.project.programs import lowered
from flake8_bn_eval.project.projects import Project


@dataclass(frozen=True, slots=True, eq=False)
class ProjectNeighbours:
    """Opens the files of one project."""

    project: Project

    def found(self, importer: str, dotted: str) -> Found | None:
        """What a dotted path means in a file; None where it leads out, or time is over."""
        target = self.project.definitions.imports.target(importer, dotted)
        if target is None or self.project.is_late:
            return None
        text = self.project.tree.text(target.path)
        if text is None:
            return None
        try:
            return Found(target.path, lowered(target.path, text), target.rest)
        except source.UnparsableError:
            return None

    def mention(self, words: Iterable[str]) -> bool:
        """Whether any file of the project has one of the words."""
        sought = [word.encode() for word in words]
        tree = self.project.tree
        return any(tree.mentions(path, sought) for path in tree.python_files())
