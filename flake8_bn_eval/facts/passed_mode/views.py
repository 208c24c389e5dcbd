"""A file as this analysis sees it, and where its names lead in other files of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from flake8_bn_eval.facts.written.bindings import Meaning
from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.classes import Classes
from flake8_bn_eval.facts.written.constants import Constants
from flake8_bn_eval.facts.written.survey import CallSite, Survey
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import Call, FunctionDefinition, Name, Program

MOST_RENAMED = 3
"""How often a name is followed through files that only hand it on."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A file that an import leads to, and the names that are asked of it."""

    path: str
    program: Program
    rest: tuple[str, ...]


class Neighbours(Protocol):
    """The other files of a project."""

    def found(self, importer: str, dotted: str) -> Found | None:
        """What a dotted path means in a file of the project; None where it leads out of it."""

    def lead_to(self, path: str, name: str, owner: str | None) -> bool:
        """Whether somebody in the project may come to a function, or to a method of a class."""

    def lack(self, importer: str, dotted: Iterable[str]) -> bool:
        """Whether a file cannot be run, because what it imports from the project is not there."""

    def ask_for_mode(self, path: str) -> bool:
        """Whether anything may ask for the mode of a module of a file, in this one or another."""

    def mention(self, words: Iterable[str]) -> bool:
        """Whether any file of the project has one of the words."""


@dataclass(eq=False)
class View:
    """One file."""

    path: str
    program: Program
    knowledge: Knowledge
    graph: CallGraph

    @staticmethod
    def of(path: str, program: Program, knowledge: Knowledge) -> View:
        """The view of a program that nobody has looked at."""
        graph = CallGraph(Survey(program), Classes(program, knowledge))
        return View(path, program, knowledge, graph)

    @property
    def survey(self) -> Survey:
        """Everything that is called and assigned."""
        return self.graph.survey

    @cached_property
    def constants(self) -> Constants:
        """Which constants values are."""
        return Constants(self.graph)

    @cached_property
    def sites(self) -> dict[int, CallSite]:
        """Where each call stands."""
        return {id(site.call): site for site in self.survey.calls}

    @cached_property
    def _inner(self) -> dict[int, list[FunctionDefinition]]:
        found: dict[int, list[FunctionDefinition]] = {}
        for function in self.program.functions:
            outer = self.survey.outer.get(id(function))
            if outer is not None:
                found.setdefault(id(outer), []).append(function)
        return found

    def calls_in(self, function: FunctionDefinition | None) -> Iterator[Call]:
        """The calls of a function and of those inside it; None for what no function holds."""
        if function is None:
            yield from self.program.calls
            return
        yield from function.calls
        for inner in self._inner.get(id(function), ()):
            yield from self.calls_in(inner)

    def lexical(self, function: FunctionDefinition | None) -> Iterator[FunctionDefinition]:
        """A function and those around it, the innermost first."""
        while function is not None:
            yield function
            function = self.survey.outer.get(id(function))

    def meanings_of(self, name: str) -> set[Meaning]:
        """What a name of the module stands for."""
        variable = (self.program.base, name)
        return self.graph.bindings.meanings(Name(variable))


class Views:
    """The judged file and the others, each looked at once."""

    def __init__(
        self,
        own: View,
        neighbours: Neighbours | None,
        knowledge_of: Callable[[Program], Knowledge],
    ) -> None:
        self.own = own
        self.neighbours = neighbours
        self._knowledge_of = knowledge_of
        self._views: dict[str, View] = {own.path: own}

    def resolved(
        self, view: View, dotted: str, depth: int = MOST_RENAMED
    ) -> Iterator[tuple[View, Meaning]]:
        """The definitions that an imported name stands for in other files of the project."""
        found = None if self.neighbours is None else self.neighbours.found(view.path, dotted)
        if found is None or not found.rest:
            return
        near = self._view(found)
        for meaning in near.meanings_of(found.rest[0]):
            if isinstance(meaning, str):
                if depth:
                    yield from self.resolved(near, meaning, depth - 1)
            elif meaning is not None:
                yield near, meaning

    def _view(self, found: Found) -> View:
        view = self._views.get(found.path)
        if view is None:
            knowledge = self._knowledge_of(found.program)
            view = self._views[found.path] = View.of(found.path, found.program, knowledge)
        return view
