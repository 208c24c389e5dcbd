"""Everything about one file that a rule may read.  Facts hold no syntax and no state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.facts.choices import (
    is_callers_choice,
    is_chosen_with_gradients,
    is_compared,
    is_given_back,
    is_option,
    is_own_choice,
)
from flake8_bn_eval.facts.forward import Forward
from flake8_bn_eval.facts.gathered import Gathered
from flake8_bn_eval.facts.predictors import MODULE_METHODS, MOVING_METHODS, last_name
from flake8_bn_eval.facts.shown import Shown, shown, where_chosen
from flake8_bn_eval.facts.stepping import (
    is_adapted,
    is_adapted_by_hand,
    is_first_evaluated_afterwards,
    is_in_optimizer,
    is_stepped,
    is_trained_through,
)
from flake8_bn_eval.facts.undone import is_set_in_parts, is_undone
from flake8_bn_eval.facts.written.lost_graphs import LostGraphs
from flake8_bn_eval.interpret.records import (
    Differentiation,
    ForwardCall,
    ModeChange,
)
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.modes.evidence import LOOKED_AT
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import Place
from flake8_bn_eval.wording import describe

if TYPE_CHECKING:
    pass



class Facts(Gathered):
    """Everything about one file that a rule may read: what was gathered, and what it means."""

    # Modules

    def is_module(self, receivers: Iterable[ObjectId], subject: str) -> bool:
        """Whether objects are used as modules are, or called as modules are called."""
        return self.purposes.predictors.is_module(receivers, subject)

    def is_used_as_module(self, forward: Forward) -> bool:
        """Whether more than a name tells that what may react to its mode is a module."""
        record = forward.record
        reacting = record.receivers - record.indifferent
        if reacting & record.modules:
            return True
        used: set[str] = set()
        for receiver in reacting:
            used |= self.recorder.methods_used.get(receiver, set())
        return bool(used & (MODULE_METHODS | MOVING_METHODS))

    def is_explained(self, forward: Forward, mode: Mode) -> bool:
        """Whether a comment says that the mode is meant."""
        places = {remark.place for remark in forward.record.modes.witness(mode)}
        return not self.recorder.explained.isdisjoint(places | {forward.place})

    def is_meant(self, forward: Forward, mode: Mode) -> bool:
        """Whether a function that is there to evaluate or to train chose this mode itself.

        Nobody writes ``net.train()`` into ``evaluate()`` by mistake, where it sets no other mode;
        and a function named for training that trains nothing measures what training sees.
        Who calls it in both modes looks at what they change; and what a function that has chosen
        training mode gives back with its graph is a loss, or what one is made of.
        """
        if mode is Mode.TRAIN and is_given_back(forward.record, mode, self.recorder):
            return True
        return is_compared(forward.record, mode, self.recorder) or any(
            self.purposes.has_telling_name(site)
            and is_own_choice(forward.record, depth, mode, self.recorder)
            for depth, site in enumerate(forward.record.stack, 1)
        )

    def is_chosen_with_gradients(self, forward: Forward) -> bool:
        """Whether a test decides if gradients are recorded: otherwise it is called without."""
        return is_chosen_with_gradients(forward.record, self.recorder)

    def is_set_in_parts(self, forward: Forward, mode: Mode) -> bool:
        """Whether only some part of the module is put in a mode for the call."""
        return is_set_in_parts(forward.record, mode, self.recorder, self.program)

    def is_made_here(self, forward: Forward) -> bool:
        """Whether a library has made the module in sight, or loaded it: it is no caller's.

        What was loaded may be a table in which the module is.
        """
        made = self.recorder.made.keys()
        return all(not made.isdisjoint(self._upwards(each)) for each in forward.record.receivers)

    def _upwards(self, identity: ObjectId) -> list[ObjectId]:
        """An object, what holds it, and so on."""
        found = [identity]
        while found[-1] in self.recorder.parents:
            found.append(self.recorder.parents[found[-1]])
        return found

    def was_put_in(self, mode: Mode, forward: Forward) -> bool:
        """Whether somebody in the file puts the module of a call in a mode."""
        return any(change.mode is mode for change in self._changes_of(forward))

    def is_ever_set(self, forward: Forward) -> bool:
        """Whether anybody sets the mode of this very module, or of what holds it."""
        above = {each for one in forward.record.receivers for each in self._upwards(one)}
        return any(each.receiver in above for each in self.recorder.mode_changes)

    def is_set_by_callers_in_sight(self, forward: Forward) -> bool:
        """Whether whoever is seen to come here brings a module in evaluation mode."""
        others = [
            each
            for each in self.recorder.forward_calls
            if each.place == forward.place and not each.modes.may_be(Mode.UNSET)
        ]
        return bool(others) and all(each.modes.must_be(Mode.EVAL) for each in others)

    def _changes_of(self, forward: Forward) -> list[ModeChange]:
        receivers = forward.record.receivers
        return [each for each in self.recorder.mode_changes if each.receiver in receivers]

    def is_callers_choice(self, forward: Forward, mode: Mode) -> bool:
        """Whether a flag decides about this mode: an unseen caller's, or an option of the user."""
        return is_callers_choice(forward.record, mode)

    def is_option(self, forward: Forward, mode: Mode) -> bool:
        """Whether a test decides, of which one branch sets this mode and the other another."""
        return is_option(forward.record, mode, self.recorder)

    def is_undone(self, forward: Forward, mode: Mode) -> bool:
        """Whether each module that may be called in a mode is put in another on the way there."""
        return is_undone(forward.record, mode, self.recorder, self.program)

    def may_record(self, forward: Forward) -> bool:
        """Whether gradients may be on although nobody has turned them on.

        An unseen caller cannot hold them off where the same run differentiates.
        """
        gradients = forward.record.gradients
        if gradients.may_be(Gradient.UNKNOWN):
            return False
        if gradients.may_be(Gradient.ON):
            return not gradients.witness(Gradient.ON)
        return gradients.may_be(Gradient.CALLER) and self._root_differentiates(forward.record)

    def is_callers_gradient(self, forward: Forward) -> bool:
        """Whether gradients are as an unseen caller holds them, who is no module's caller.

        Nor is it an unseen base, unless the method chooses the mode itself: such a base sees to
        neither.
        """
        record = forward.record
        by_base = record.of_heir and not self.is_switched_to_evaluation(forward)
        return record.gradients.may_be(Gradient.CALLER) and not (
            record.gradients.may_be(Gradient.UNKNOWN) or record.of_module or by_base
        )

    def _root_differentiates(self, record: ForwardCall) -> bool:
        root = record.stack[0].definition
        return any(
            event.connected and not event.turned_on
            for event in self.recorder.differentiations
            if event.stack and event.stack[0].definition is root
        )

    def is_in_loop(self, forward: Forward) -> bool:
        """Whether the innermost function of a call makes it in a loop: it goes over data."""
        return self.purposes.around.is_in_loop(forward.record)

    def runs_once(self, forward: Forward) -> bool:
        """Whether a script makes a call once, as that which tries a model on one image."""
        return self.purposes.around.runs_once(forward.record)

    def region_differentiates(self, forward: Forward) -> bool:
        """Whether the innermost function of a call asks for a gradient, of whatever."""
        return self.purposes.around.trains(forward.record)

    def is_adapted(self, forward: Forward) -> bool:
        """Whether the function trains the module for a few steps before each such call."""
        return is_adapted(forward.record, self.recorder, self.program)

    def is_adapted_by_hand(self, forward: Forward) -> bool:
        """Whether the function fits the module to a task, with gradients that it applies itself."""
        return is_adapted_by_hand(forward.record, self.recorder)

    def differentiates_below(self, forward: Forward, place: Place) -> bool:
        """Whether a gradient is asked for in what is called at a place on the way to a call."""
        stack = forward.record.stack
        depth = next((at for at, site in enumerate(stack, 1) if site.call == place), None)
        return depth is not None and any(
            event.stack[:depth] == stack[:depth] for event in self.recorder.differentiations
        )

    def differentiates_inside(self, forward: Forward) -> bool:
        """Whether the module itself asks for a gradient while it is called."""
        return any(_is_inside(event, forward.record) for event in self.recorder.differentiations)

    def records_nothing_inside(self, forward: Forward) -> bool:
        """Whether the module turns gradients off for whatever it calls while it is called."""
        calls = self.recorder.forward_calls
        inside = [each for each in calls if _is_inside(each, forward.record)]
        return bool(inside) and all(each.gradients.must_be(Gradient.OFF) for each in inside)

    def shown(self, forward: Forward, mode: Mode | None = None) -> Shown:
        """Where and of what to speak when a call is reported, perhaps for a mode it is in."""
        elsewhere = None if mode is None else self._chosen_elsewhere(forward, mode)
        return elsewhere or shown(forward.record, self.purposes, self.structure)

    def is_here(self, shown: Shown) -> bool:
        """Whether a report would lie in the file that is judged; another file makes its own."""
        return self.program.has(shown.place)

    def where_chosen(self, forward: Forward, mode: Mode) -> Shown:
        """The call itself, or that by whoever has chosen the mode in another file."""
        elsewhere = self._chosen_elsewhere(forward, mode)
        return elsewhere or Shown(forward.place, forward.subject)

    def _chosen_elsewhere(self, forward: Forward, mode: Mode) -> Shown | None:
        return where_chosen(forward.record, mode, self.recorder, self.structure)

    def sets_mode_of(self, subject: str) -> bool:
        """Whether the file sets the mode of anything of this name."""
        last = last_name(subject)
        return any(last_name(change.subject) == last for change in self.recorder.mode_changes)

    def is_stepped(self, forward: Forward) -> bool:
        """Whether an optimizer that may hold the module takes a step where the call comes from."""
        return is_stepped(forward.record, self.recorder)

    def is_test(self, forward: Forward) -> bool:
        """Whether a test of the code itself runs it."""
        return self.purposes.is_test(forward.record)

    def is_trained_through(self, forward: Forward) -> bool:
        """Whether the function itself has chosen evaluation mode, for what it differentiates."""
        return is_trained_through(forward.record, self.recorder, self.program)

    def is_in_optimizer(self, forward: Forward) -> bool:
        """Whether an optimizer in sight holds parameters of the module."""
        return is_in_optimizer(forward.record, self.recorder)

    def is_first_evaluated_afterwards(self, forward: Forward) -> bool:
        """Whether somebody asks for evaluation mode after a call, and nobody does before it."""
        return is_first_evaluated_afterwards(forward.record, self.recorder)

    def is_from_scratch(self, forward: Forward) -> bool:
        """Whether a module of a class of the file has random weights when it begins to train."""
        record, words = forward.record, self.knowledge.vocabulary.loading
        functions = [each.called_names for each in self.program.functions]
        called = frozenset().union(self.program.called_names, *functions)
        return bool(record.classes) and not (
            record.loaded or any(mentions(name, words) for name in called)
        )

    @property
    def never_differentiates(self) -> bool:
        """Whether nothing in the file asks for a gradient."""
        return self.purposes.never_differentiates

    @cached_property
    def lost_graphs(self) -> LostGraphs:
        """What the text says of the values that are differentiated."""
        return LostGraphs(self.program, self.calls.graph, self.knowledge)

    @property
    def gradient_free_differentiations(self) -> Iterator[Differentiation]:
        """Those whose value never has a graph, on any path that comes there."""
        by_place: dict[int, list[Differentiation]] = {}
        for event in self.differentiations:
            by_place.setdefault(event.place, []).append(event)
        for place, events in by_place.items():
            if all(event.derived and not event.connected for event in events):
                # What something unseen has had a part in, the text may know.
                is_open = any(event.open for event in events)
                if not is_open or self.lost_graphs.is_without_graph(place):
                    yield events[0]

    @property
    def gradient_free_terms(self) -> Iterator[tuple[Differentiation, ForwardCall]]:
        """Losses of a trained module that have no graph and are added to one that has."""
        trained = {
            receiver
            for call in self.recorder.forward_calls
            if call.trained
            for receiver in call.receivers
        }
        for event in self.differentiations:
            for addition in self.recorder.additions:
                if addition.connected <= event.connected and addition.derived <= event.derived:
                    calls = self.by_number(addition.derived)
                    fitted = event.connected
                    found = next((it for it in calls if _lacks_graph(it, trained, fitted)), None)
                    if found is not None:
                        yield event, found

    @property
    def lost_terms(self) -> Iterator[tuple[Differentiation, str]]:
        """Losses of outputs that went through numpy, added to some that have a graph."""
        seen: set[int] = set()
        for event in self.differentiations:
            if event.connected and event.place not in seen:
                seen.add(event.place)
                term = self.lost_graphs.lost_term(event.place)
                if term is not None:
                    yield event, describe(term.callee)

    # Purpose

    def is_evaluated_here(self, forward: Forward) -> bool:
        """Whether the function itself puts a module in evaluation mode, and trains nothing."""
        record, around = forward.record, self.purposes.around
        return around.evaluates(record) or around.is_switched_to_evaluation(record)

    def is_switched_to_evaluation(self, forward: Forward) -> bool:
        """Whether a function that still runs has put the module where it is: in evaluation mode."""
        return self.purposes.around.is_switched_to_evaluation(forward.record)


def _is_inside(event: Differentiation | ForwardCall, record: ForwardCall) -> bool:
    """Whether something happens while a module does what it is called for."""
    depth = len(record.stack)
    return event.stack[:depth] == record.stack and any(
        site.call == record.place for site in event.stack[depth : depth + 1]
    )


def _lacks_graph(call: ForwardCall, trained: set[ObjectId], fitted: frozenset[int]) -> bool:
    """A context has kept its graph from being recorded; nobody has cut it off on purpose.

    Either the module is trained, or it judges the output of one that is.
    """
    on_purpose = LOOKED_AT & call.uses
    off = call.gradients.must_be(Gradient.OFF) and not on_purpose
    return off and not (trained.isdisjoint(call.receivers) and fitted.isdisjoint(call.fed_by))
