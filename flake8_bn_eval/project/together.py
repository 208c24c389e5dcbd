"""Judging a file together with other files of its project.

It is run with the files whose functions and classes it uses, where these may tell anything; alone
where there are none.  Then, while a forward call rests on what an unseen caller gives, the callers
are searched and run before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from flake8_bn_eval import source
from flake8_bn_eval.facts import Facts
from flake8_bn_eval.facts.forward import Forward
from flake8_bn_eval.findings import Span
from flake8_bn_eval.interpret.links import Caller, Neighbour, Neighbourhood
from flake8_bn_eval.interpret.records import Recorder
from flake8_bn_eval.interpret.run import interpret, is_worth_following
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.modes.objects import Sensitivity
from flake8_bn_eval.operations import FunctionDefinition, Program, file_of
from flake8_bn_eval.project.callers import Callers, Wanted
from flake8_bn_eval.project.calming import Hearsay
from flake8_bn_eval.project.definitions import Definitions
from flake8_bn_eval.project.imports import dotted
from flake8_bn_eval.project.indifference import note_indifference
from flake8_bn_eval.project.programs import located, lowered
from flake8_bn_eval.project.projects import Project
from flake8_bn_eval.project.questions import abstract_classes, names_of_bases

ANSWERS = frozenset({Use.RETURNED, Use.RETURNED_DATA})
MOST_ROUNDS = 3
"""How far callers of callers are searched."""


@dataclass(eq=False)
class Together:
    """One file of a project, and what others add to the facts about it."""

    project: Project
    program: Program
    knowledge: Knowledge
    interpret_alone: Callable[[Neighbourhood], Recorder]
    paths: dict[int, str] = field(default_factory=dict)
    """The other files that were looked at, by the base of their places."""

    @property
    def path(self) -> str:
        """The file that is judged."""
        return self.project.path

    @property
    def definitions(self) -> Definitions:
        """Follows names through the project."""
        return self.project.definitions

    @cached_property
    def alone(self) -> Recorder:
        """What is seen of the file alone."""
        alone = self._neighbour(self.path, {self.path: self.program})
        return self.interpret_alone(Neighbourhood(alone))

    def recorder(self) -> Recorder:
        """What is seen with all that other files tell; of the file alone if they tell nothing."""
        files, callers = self._linked(), self._heirs()
        found = self._facts(lambda: self.alone)
        if files or callers:
            found = self._run([*files, *self._needed_by(callers)], callers, found)
        for _ in range(MOST_ROUNDS):
            more = self._more_callers(found, callers)
            if not more:
                break
            callers = [*more, *callers]
            found = self._run([*files, *self._needed_by(callers)], callers, found)
        self._ask_by_name(found, files, callers)
        note_indifference(found.recorder, self.path, self.project.components, self.knowledge)
        return found.recorder

    def _linked(self) -> list[str]:
        """The files that may tell what a name is here, if anything here asks."""
        if not is_worth_following(self.program, self.knowledge):
            return []
        return self.definitions.telling_files(self.path, all_definitions=True)

    def _needed_by(self, callers: list[Wanted]) -> list[str]:
        telling = self.definitions.telling_files
        return [each for caller in callers for each in telling(caller.path, all_definitions=True)]

    def _heirs(self) -> list[Wanted]:
        """The files with subclasses that decide what the methods of a class here do."""
        classes = abstract_classes(self.program, self.knowledge)
        return Callers(self.definitions).heirs(self.path, classes) if classes else []

    def _is_open(self, forward: Forward) -> bool:
        """Whether more knowledge of the modes may silence a rule or make it speak."""
        if not self.program.has(forward.place) or not forward.mode_matters:
            return False
        modes, gradients = forward.record.modes, forward.record.gradients
        if forward.is_training:
            return not modes.must_be(Mode.TRAIN)
        if forward.is_inference:
            return not modes.must_be(Mode.EVAL) or not gradients.must_be(Gradient.OFF)
        return False

    # Callers

    def _more_callers(self, facts: Facts, known: list[Wanted]) -> list[Wanted]:
        """Files that may call the functions on which the outcome rests, and are not known."""
        asked: dict[str, set[str]] = {}
        methods: dict[str, set[str]] = {}
        for forward in facts.forwards:
            root = forward.record.stack[0].definition
            if root is not None and self._rests_on_caller(forward):
                path, around = self._path_of(root), self.program.outermost(root)
                users = {path: {around.class_name or around.name}}
                if path != self.path and around.class_name is not None:
                    # Whoever makes an object of a class here calls what that inherits.
                    users[self.path] = self._subclasses(around.class_name)
                for file, names in users.items():
                    asked.setdefault(file, set()).update(names)
                    methods.setdefault(file, set()).update([root.name] if root.class_name else [])
        callers = Callers(self.definitions)
        found = {
            each.path: each
            for path, names in sorted(asked.items())
            for each in callers.of(path, names, methods[path])
        }
        seen = {self.path, *(each.path for each in known)}
        return [found[path] for path in sorted(found) if path not in seen]

    def _subclasses(self, name: str) -> set[str]:
        """The classes of the judged file that inherit from a class of another file."""
        found = {name}
        for each in self.program.classes:
            if not found.isdisjoint(names_of_bases(each)):
                found.add(each.name)
        return found - {name}

    def _ask_by_name(self, facts: Facts, files: list[str], known: list[Wanted]) -> None:
        """Let those who call a method by its name calm what nobody else has an answer to.

        Whether it is this class's method they do not say: they make nothing worse.
        """
        open_calls = [each.record for each in facts.forwards if self._is_open(each)]
        roots = [each.stack[0].definition for each in open_calls]
        methods = frozenset(
            root.name
            for root in roots
            if root is not None and root.class_name is not None and self.program.has(root.place)
            if self.knowledge.method("module", root.name) is None
        )
        hearsay, called = Hearsay(methods), frozenset[str]()
        for _ in range(MOST_ROUNDS):
            callers = Callers(self.definitions).asking(self.path, hearsay.asked)
            if not callers:
                break
            needed, wanted = self._needed_by(callers), frozenset(hearsay.asked)
            asked = self._run([*files, *needed], [*callers, *known], facts, wanted).recorder
            called |= asked.called_by_name.keys() & methods
            hearsay.hear(asked.called_by_name, asked.called_from)
        hearsay.calm(facts.recorder, called)

    def _rests_on_caller(self, forward: Forward) -> bool:
        modes, gradients = forward.record.modes, forward.record.gradients
        unset = modes.may_be(Mode.UNSET) or gradients.may_be(Gradient.CALLER)
        if self._is_open(forward):
            return unset or self._is_of_callers_class(forward)
        return unset and self._answers(forward)

    def _is_of_callers_class(self, forward: Forward) -> bool:
        """Whether it is the class that a caller gives which tells if the mode matters."""
        record = forward.record
        if record.sensitive is not Sensitivity.UNKNOWN or record.classes or record.library:
            return False
        return not record.modes.must_be(Mode.EVAL)

    def _answers(self, forward: Forward) -> bool:
        """Whether a function gives its caller what it computes, whatever that is for."""
        record = forward.record
        if ANSWERS.isdisjoint(record.uses) or not self.program.has(forward.place):
            return False
        off = record.gradients.must_be(Gradient.OFF)
        return (off or not record.of_module) and forward.is_module and forward.mode_matters

    def _path_of(self, definition: FunctionDefinition) -> str:
        return self.paths.get(file_of(definition.scope), self.path)

    def span(self, place: int) -> tuple[str, Span]:
        """The file and the span of a place of another file."""
        path = self.paths[file_of(place)]
        text = self.project.tree.text(path) or ""
        return path, located(path, text)[place - file_of(place)]

    # Running

    def _run(
        self,
        files: Iterable[str],
        callers: list[Wanted],
        before: Facts,
        methods: frozenset[str] = frozenset(),
    ) -> Facts:
        """The facts when other files are run as well; those before where it takes too long."""
        programs = self._programs([*files, *(each.path for each in callers)])
        near = {path: self._neighbour(path, programs) for path in programs}
        together = Neighbourhood(
            near[self.path],
            tuple(near[path] for path in programs),
            tuple(Caller(near[it.path], it.names) for it in callers if it.path in near),
            methods,
        )
        imported = frozenset().union(*(each.imported for each in programs.values()))
        knowledge = Knowledge.for_packages(imported, self.project.options)
        seen = interpret(self.program, knowledge, together)
        if seen.failures:
            return before
        if seen.stopped is not None and self.alone.stopped is None:
            # What is left out is what others would tell.
            seen.stopped = None
        return self._facts(lambda: seen)

    def _facts(self, seen: Callable[[], Recorder]) -> Facts:
        return Facts(seen, self.knowledge, self.program)

    def _programs(self, paths: Iterable[str]) -> dict[str, Program]:
        """The judged file and others, as far as they can be parsed in the time there is."""
        programs = {self.path: self.program}
        bases = {self.program.base}
        for path in dict.fromkeys(paths):
            if self.project.is_late:
                break
            program = None if path == self.path else self._lowered(path)
            if program is not None and program.base not in bases:
                programs[path] = program
                bases.add(program.base)
                self.paths[program.base] = path
        return programs

    def _lowered(self, path: str) -> Program | None:
        text = self.project.tree.text(path)
        try:
            return None if text is None else lowered(path, text)
        except source.UnparsableError:
            return None

    def _neighbour(self, path: str, programs: dict[str, Program]) -> Neighbour:
        targets: dict[str, str] = {}
        unread: set[str] = set()
        for operation in programs[path].imports:
            written = [each for _, each in operation.bindings]
            for name in [*written, *([operation.star] if operation.star else [])]:
                target = self.definitions.imports.target(path, name)
                if target is not None and target.path in programs:
                    targets[name] = ".".join([dotted(target.path), *target.rest])
                elif target is not None:
                    unread.add(name)
        return Neighbour(dotted(path), programs[path], targets, frozenset(unread))
