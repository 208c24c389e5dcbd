"""What was seen and read of one file, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.forward import Forward
from flake8_bn_eval.facts.layers.averages import StaleAverage, StaleAverages
from flake8_bn_eval.facts.layers.freezes import Freezes
from flake8_bn_eval.facts.layers.freezing import Effects
from flake8_bn_eval.facts.layers.library_calls import LibraryCall, LibraryCalls
from flake8_bn_eval.facts.layers.statistics import Statistics, Toggle
from flake8_bn_eval.facts.other_frameworks import builds_graphs
from flake8_bn_eval.facts.purpose import Purposes
from flake8_bn_eval.facts.written.classes import ClassFact
from flake8_bn_eval.facts.written.structure import Structure
from flake8_bn_eval.findings import Report
from flake8_bn_eval.flow.nodes import Sequence, Step
from flake8_bn_eval.interpret.records import (
    Differentiation,
    Event,
    Export,
    ForwardCall,
    Misuse,
    ModeChange,
    Recorder,
    Reveal,
)
from flake8_bn_eval.knowledge.lookup import Knowledge, imports_modules
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import Import, Place, Program
from flake8_bn_eval.options import Options

if TYPE_CHECKING:
    from flake8_bn_eval.facts.passed_mode.judged import PassedModes
    from flake8_bn_eval.facts.passed_mode.views import Neighbours


@dataclass(eq=False)
class Gathered:
    """What was seen and read of one file."""

    follow: Callable[[], Recorder]
    """Follows the modes and gradients through the file, which costs most of the time."""
    knowledge: Knowledge
    program: Program
    options: Options = Options()
    neighbours: Neighbours | None = None
    """Other files of the project, for what follows names into them by itself."""
    path: str = ""
    """Where the file is in its project."""
    gave_up: bool = False
    """Whether following failed: then a rule that asked is not to blame."""

    @cached_property
    def recorder(self) -> Recorder:
        """What was seen on the way through the file."""
        try:
            return self.follow()
        except Exception:
            self.gave_up = True
            raise

    @property
    def failures(self) -> list[Report]:
        """Where the analysis gave up, as far as it has gone."""
        if "recorder" not in self.__dict__:
            return []
        failures, stopped = self.recorder.failures, self.recorder.stopped
        seen = failures or ([] if stopped is None else [stopped])
        return [Report(each.place, each.message) for each in seen]

    @cached_property
    def purposes(self) -> Purposes:
        """The judge of what forward calls are for."""
        return Purposes(self.recorder, self.knowledge, self.program, self.path)

    @cached_property
    def forward_calls(self) -> list[ForwardCall]:
        """Every call that may be a forward call, module or not, as it was recorded."""
        return self.recorder.forward_calls

    @cached_property
    def forwards(self) -> list[Forward]:
        """The forward calls with their purpose, in the order of the file."""
        judged = [self.purposes.judge(record) for record in self.recorder.forward_calls]
        return sorted(judged, key=lambda each: each.place)

    @property
    def misuses(self) -> list[Misuse]:
        """Constructs that do not do what they look like."""
        return sorted(self.recorder.misuses, key=lambda each: (each.place, each.what))

    @property
    def reveals(self) -> list[Reveal]:
        """The answers to the tests' ``reveal_mode`` and ``reveal_grad``."""
        return [
            Reveal(place, separator.join(sorted(words)))
            for place, (separator, words) in sorted(self.recorder.reveals.items())
        ]

    @property
    def events(self) -> list[Event]:
        """Every forward call and change of a mode or of the gradient mode."""
        return [
            Event(place, kind, subject, _text(before), _text(after))
            for (place, kind, subject), (before, after) in sorted(self.recorder.events.items())
        ]

    @property
    def differentiations(self) -> list[Differentiation]:
        """Every ``backward()`` and its like."""
        return sorted(self.recorder.differentiations, key=lambda each: each.place)

    @property
    def exports(self) -> list[Export]:
        """Every call that makes something of a module which keeps its mode."""
        return sorted(self.recorder.exports.values(), key=lambda each: each.place)

    @property
    def mode_changes(self) -> list[ModeChange]:
        """Every call that sets a mode."""
        return sorted(self.recorder.mode_changes, key=lambda each: each.place)

    def by_number(self, numbers: Iterable[int]) -> Iterator[ForwardCall]:
        """The forward calls with these numbers."""
        return (self.recorder.forward_calls[number] for number in sorted(numbers))

    # Classes

    @cached_property
    def structure(self) -> Structure:
        """What the file defines and assigns, whether or not it is ever run."""
        return Structure(self.program, self.knowledge, lambda: self.__dict__.get("recorder"))

    @property
    def classes(self) -> list[ClassFact]:
        """Every class of the file: whether it is a module, and its methods."""
        return self.structure.classes.all

    # Who comes there

    def is_reached(self, forward: Forward) -> bool:
        """Whether somebody in the project may come to the functions of a forward call."""
        if self.neighbours is None or self.options.uncalled:
            return True
        if self._cannot_run:
            return False
        definitions = (site.definition for site in forward.record.stack)
        outermost = {
            self.program.outermost(each)
            for each in definitions
            if each is not None and self.program.has(each.place)
        }
        return all(
            self.neighbours.lead_to(self.path, each.name, each.class_name) for each in outermost
        )

    @cached_property
    def are_modes_asked_for(self) -> bool:
        """Whether anything may ask for the mode of a module of this file."""
        return self.neighbours is None or self.neighbours.ask_for_mode(self.path)

    @cached_property
    def _cannot_run(self) -> bool:
        """Whether the file imports something of the project that is not there."""
        body = self.program.body
        nodes = body.nodes if isinstance(body, Sequence) else [body]
        steps = (each.operation for each in nodes if isinstance(each, Step))
        imported = (path for each in steps if isinstance(each, Import) for _, path in each.bindings)
        return self.neighbours is not None and self.neighbours.lack(self.path, imported)

    # Calls as they are written

    @cached_property
    def calls(self) -> LibraryCalls:
        """Calls of libraries as they are written, what their arguments may be, who comes there."""
        return LibraryCalls.of_program(self.program, self.structure.classes, self.knowledge)

    @cached_property
    def effects(self) -> Effects:
        """What functions do to norm layers, and to the modules around them."""
        return Effects(self.calls.graph, self.knowledge)

    @property
    def statistics_toggles(self) -> list[Toggle]:
        """Every setting of ``track_running_stats`` that is meant as a switch of the mode."""
        return list(Statistics(self).toggles())

    @cached_property
    def passed(self) -> PassedModes:
        """What is told to models whose mode is an argument, as those of Keras and Flax."""
        from flake8_bn_eval.facts.passed_mode.judged import PassedModes  # noqa: PLC0415 - rare

        return PassedModes.of(self)

    @cached_property
    def freezes(self) -> Freezes:
        """Where norm layers are frozen, and whether that lasts."""
        structure = self.structure
        return Freezes(self.program, self.effects, structure.attributes, structure.natures)

    @property
    def library_calls(self) -> list[LibraryCall]:
        """Those whose arguments decide about randomness and running statistics."""
        return self.calls.all

    def predictions_with(self, layer: LibraryCall) -> Iterator[Forward]:
        """The forward calls for inference, in evaluation mode, of modules that hold a layer."""
        if self.calls.are_buffers_given:
            return
        wanted = layer.made_at
        made = {each for each, (place, _) in self.recorder.made.items() if place in wanted}
        for forward in self.forwards if made else ():
            held = not made.isdisjoint(forward.record.family)
            if held and forward.is_inference and forward.record.modes.must_be(Mode.EVAL):
                yield forward

    @property
    def stale_averages(self) -> list[StaleAverage]:
        """Averages of weights that are evaluated with other weights' running statistics."""
        return list(StaleAverages(self).found())

    # Frameworks

    @property
    def gradient_free_context(self) -> str:
        """What turns gradients off in the framework of the file, as it is written."""
        if "paddle" in self.program.imported and "torch" not in self.program.imported:
            return "`paddle.no_grad()`"
        return "`torch.no_grad()` or `torch.inference_mode()`"

    @cached_property
    def records_gradients(self) -> bool:
        """Whether running a module records gradients: not in a file of Keras or JAX alone."""
        program = self.program
        return imports_modules(program.imported) and not builds_graphs(program, self.calls.graph)

    @cached_property
    def has_modes(self) -> bool:
        """Whether modules may have a mode of their own: those of `flax.nnx` have one, too."""
        return self.records_gradients or self._imports_nnx

    @property
    def _imports_nnx(self) -> bool:
        paths = (path for each in self.program.imports for _, path in each.bindings)
        return any("nnx" in path.split(".") for path in paths)

    def is_born_in(self, mode: Mode, forward: Forward) -> bool:
        """Whether the module came into a mode by being made, not by a call that set it."""
        places = {remark.place for remark in forward.record.modes.witness(mode)}
        return self._changing.isdisjoint(places)

    @cached_property
    def _changing(self) -> set[Place]:
        """The places at which a mode is set."""
        return {change.place for change in self.recorder.mode_changes}


def _text(words: set[str]) -> str:
    return " | ".join(sorted(words - {""}))
