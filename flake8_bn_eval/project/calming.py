"""What callers that were found by the name of a method alone take back.

A method that nobody in sight calls is judged in every mode that other methods of its object may
leave, and in whatever gradient mode a caller may hold.  Where some file calls a method of this
name, on an object of no known class, how it does so is likelier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from flake8_bn_eval.interpret.records import Recorder
from flake8_bn_eval.modes.lattice import LOST, Gradient, Gradients, Mode, recording

NOBODY = frozenset({Gradient.ON})
"""How somebody is called whom nobody in sight calls: nothing turns gradients off."""


class Hearsay:
    """What is heard of the callers of some methods, and of those by whose callers it is decided."""

    def __init__(self, methods: Iterable[str]) -> None:
        self.asked: dict[str, set[str]] = {name: {name} for name in methods}
        """Whose callers are searched now, and of which methods these decide."""
        self._met = set(self.asked)
        self._gradients: dict[str, set[Gradient]] = {}

    def hear(self, called: Mapping[str, Gradients], called_from: Mapping[str, Set[str]]) -> None:
        """How the methods that were asked about are called; whose callers are to be asked next."""
        following: dict[str, set[str]] = {}
        for name, methods in self.asked.items():
            if name in called:
                self._note(methods, recording(called[name]).members - {Gradient.CALLER})
            else:
                self._note(methods - {name}, NOBODY)
            for caller in called_from.get(name, set()) - self._met:
                following.setdefault(caller, set()).update(methods)
        self._met |= following.keys()
        self.asked = following

    def _note(self, methods: Iterable[str], gradients: Iterable[Gradient]) -> None:
        for method in methods:
            self._gradients.setdefault(method, set()).update(gradients)

    def calm(self, seen: Recorder, called: Set[str]) -> None:
        """Forget of the calls in one run what the callers that were met do not confirm."""
        for name, methods in self.asked.items():
            self._note(methods - {name}, NOBODY)
        for record in seen.forward_calls:
            root = record.stack[0].definition
            name = "" if root is None else root.name
            unsure = len(record.modes.members) > 1 or record.modes.must_be(Mode.UNSET)
            if name in called and unsure and not record.trained:
                # It is called from elsewhere: by those who may have set the mode that nobody here
                # sets, and not right after whichever other method of the object.
                record.modes = LOST
            if self._may_be_without(name):
                record.gradients = Gradients.only(Gradient.UNKNOWN)

    def _may_be_without(self, name: str) -> bool:
        """Whether all who say anything of it call a method without gradients, or may do so."""
        gradients = self._gradients.get(name, set())
        return bool(gradients) and Gradient.ON not in gradients
