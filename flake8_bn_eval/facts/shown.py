"""Where a forward call is shown to the reader: at the call that somebody can put right."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_bn_eval.facts.choosers import chosen
from flake8_bn_eval.facts.purpose import Purposes
from flake8_bn_eval.facts.written.structure import Structure
from flake8_bn_eval.interpret.frames import Site, shared_depth
from flake8_bn_eval.interpret.records import ForwardCall, Recorder
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import Place


@dataclass(frozen=True, slots=True)
class Shown:
    """The place of a report, and what it calls the module there.

    ``setter`` is the method that puts the module into the other mode, where it has its own.
    ``elsewhere`` tells that it is another file than that of the forward call.
    """

    place: Place
    subject: str
    setter: str | None = None
    elsewhere: bool = False


def where_chosen(
    record: ForwardCall, mode: Mode, recorder: Recorder, structure: Structure
) -> Shown | None:
    """The call by whoever has chosen the mode, where that was in another file."""
    found = chosen(record, mode, recorder)
    if found is None:
        return None
    owner = structure.attributes.owner_at(found.place, found.method)
    return Shown(found.place, owner or record.subject, found.setter, elsewhere=True)


def shown(record: ForwardCall, purposes: Purposes, structure: Structure) -> Shown:
    """The place at which to speak of a call, and of which module.

    A helper that training shares is right as it is: it is the call of the helper
    that lacks something.  Where the helper itself trains, by a flag, it is the helper.
    What the method of a module does inside is done by the module whose method is called,
    unless the method says by its name, or by the mode that it sets, that it predicts.
    """
    recorder = purposes.recorder
    if _helper_trains(record, recorder):
        return Shown(record.place, record.subject)
    shared = {
        site.definition
        for other in recorder.forward_calls
        if other.place == record.place and other.trained
        for site in other.stack[shared_depth(other.stack, record.stack) :]
    }
    place, subject = record.place, record.subject
    for site in reversed(record.stack):
        if site.call is None:
            break
        evaluates = purposes.has_telling_name(site) or _sets_evaluation(site, recorder)
        inside = not evaluates and _is_of_module(site, record, purposes, structure)
        if inside and not purposes.program.has(site.call):
            return Shown(site.call, subject, elsewhere=True)
        owner = structure.attributes.owner_at(site.call, site.name) if inside else None
        if owner is None and site.definition not in shared:
            break
        place, subject = site.call, owner or subject
    return Shown(place, subject)


def _is_of_module(
    site: Site, record: ForwardCall, purposes: Purposes, structure: Structure
) -> bool:
    """Whether the method of a module was entered."""
    if site.definition is None:
        return False
    class_ = structure.classes.of_method(site.definition)
    if class_ is not None and class_.is_module is not None:
        return class_.is_module
    # A class of another file, or with a base from there, whose objects are used here.
    receiver = site.receiver
    if receiver is None:
        return False
    return receiver in record.modules or purposes.predictors.is_used_as_module((receiver,))


def _sets_evaluation(site: Site, recorder: Recorder) -> bool:
    """Whether a method puts its own object in evaluation mode."""
    return any(
        change.mode is Mode.EVAL
        and change.receiver == site.receiver
        and change.stack[-1].definition is site.definition
        for change in recorder.mode_changes
    )


def _helper_trains(record: ForwardCall, recorder: Recorder) -> bool:
    """In some call context, the innermost function asks for a gradient."""
    definition = record.stack[-1].definition
    return any(
        site.definition is definition for event in recorder.differentiations for site in event.stack
    )
