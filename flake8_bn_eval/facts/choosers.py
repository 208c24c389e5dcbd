"""Who chose the mode of an object in whose own methods a forward call stands.

A method of a module, or of an object with methods that set the modes of what it holds, is
right as it is: it runs in the mode that somebody has put the object in.  Where that was
done in another file than the forward call's, the report belongs there.
"""

from __future__ import annotations

from dataclasses import dataclass

from flake8_bn_eval.interpret.frames import Site, shared_depth
from flake8_bn_eval.interpret.records import ForwardCall, ModeChange, Recorder
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.operations import Place, file_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """The call of an object's method, by the function that has set the object's mode before.

    ``setter`` is the method of the object that puts it into the other mode, if it has one.
    """

    place: Place
    method: str
    setter: str | None


def chosen(record: ForwardCall, mode: Mode, recorder: Recorder) -> Chosen | None:
    """Where the object is called by whoever has put it in a mode, None where that is here."""
    places = {remark.place for remark in record.modes.witness(mode)}
    changes = [each for each in recorder.mode_changes if each.place in places and each.mode is mode]
    found = {shared_depth(each.stack, record.stack): each for each in sorted(changes, key=_order)}
    for depth in sorted(found, reverse=True):
        if _is_chosen(record, found[depth], depth, recorder):
            site = record.stack[depth]
            assert site.call is not None
            if file_of(site.call) == file_of(record.place):
                return None
            return Chosen(site.call, site.name, _setter(record.stack[depth], mode, recorder))
    return None


def _order(change: ModeChange) -> tuple[object, ...]:
    return change.place, len(change.stack), change.receiver


def _is_chosen(record: ForwardCall, change: ModeChange, depth: int, recorder: Recorder) -> bool:
    """Whether a function sets the mode of an object, then calls a method of it."""
    inner = record.stack[depth:]
    if depth == 0 or not inner or inner[0].receiver is None:
        return False
    one = inner[0].receiver
    if any(site.receiver != one for site in inner):
        return False
    if len(change.stack) == depth:
        return change.receiver == one
    return any(
        site.receiver == one and not _calls_modules(site, recorder) for site in change.stack[depth:]
    )


def _calls_modules(site: Site, recorder: Recorder) -> bool:
    return any(
        each.definition is site.definition
        for record in recorder.forward_calls
        for each in record.stack
    )


def _setter(site: Site, mode: Mode, recorder: Recorder) -> str | None:
    """The method of the same object that is there to put it in another mode."""
    found = {
        each.name
        for change in recorder.mode_changes
        if change.mode is not mode
        for each in change.stack[-1:]
        if each.receiver == site.receiver and not each.name.startswith("__")
        if not _calls_modules(each, recorder)
    }
    return min(found, default=None)
