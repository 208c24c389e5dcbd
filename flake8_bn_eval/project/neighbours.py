"""The other files of a project, for facts that follow a name into them one file at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.facts.passed_mode.views import Found
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.project.programs import lowered
from flake8_bn_eval.project.projects import Project
from flake8_bn_eval.project.reachability import Reachability

ASKING_FOR_OWN = re.compile(
    rb"^(?![ \t]*(?:from|import)\b)[^\n#]*\.training\b(?![ \t]*=[^=])", re.MULTILINE
)
"""Lines in which some module is asked for its mode; an assignment and a package are none."""
ASKING_FOR_OTHER = re.compile(
    rb"^(?![ \t]*(?:from|import)\b)[^\n#]*(?<!\bself)\.training\b(?![ \t]*=[^=])", re.MULTILINE
)
"""Those in which another one than the object itself is."""


@dataclass(frozen=True, eq=False)
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

    def lead_to(self, path: str, name: str, owner: str | None) -> bool:
        """Whether somebody in the project may come to a function, or to a method of a class."""
        return self._reachability.is_reached(path, name, owner)

    def lack(self, importer: str, dotted: Iterable[str]) -> bool:
        """Whether a file cannot be run, because what it imports from the project is not there."""
        imports = self.project.definitions.imports
        return any(imports.is_missing(importer, each) for each in dotted)

    @cached_property
    def _reachability(self) -> Reachability:
        return Reachability(self.project.definitions, self.project.components)

    def ask_for_mode(self, path: str) -> bool:
        """Whether anything may ask for the mode of a module of a file, in this one or another."""
        tree = self.project.tree
        return any(
            (ASKING_FOR_OWN if each == path else ASKING_FOR_OTHER).search(tree.data(each) or b"")
            for each in tree.python_files()
        )

    def mention(self, words: Iterable[str]) -> bool:
        """Whether any file of the project has one of the words."""
        sought = [word.encode() for word in words]
        tree = self.project.tree
        return any(tree.mentions(path, sought) for path in tree.python_files())
