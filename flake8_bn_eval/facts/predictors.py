"""Which callees are modules that predict: by what is done with them, then by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flake8_bn_eval.facts.other_frameworks import OtherFrameworks
from flake8_bn_eval.interpret.records import ForwardCall, Recorder
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions, names_class, words_of
from flake8_bn_eval.modes.things import ObjectId
from flake8_bn_eval.operations import Program

MODULE_METHODS = frozenset(
    {
        "train", "eval", "parameters", "named_parameters", "state_dict", "load_state_dict",
        "modules", "named_modules", "children", "named_children", "zero_grad", "buffers",
    }
)  # fmt: skip

MOVING_METHODS = frozenset({"to", "cuda", "half", "float"})
"""Methods of modules that tensors have as well."""

CONVERTING = "to"
"""A word in the names of functions that make one thing of another: ``image_to_text_model``."""

TEXT_KEY = re.compile(r"\['(\w+)'\]$")
"""What something is called that stands under a text: ``models['tokenizer']``."""


class Predictors:
    """Recognises the modules of one file."""

    def __init__(self, recorder: Recorder, knowledge: Knowledge, program: Program) -> None:
        self.recorder = recorder
        self.knowledge = knowledge
        self._others = OtherFrameworks(program, knowledge)

    def has(self, record: ForwardCall) -> bool:
        """Whether it is a call of a module, other than one that compares outputs with targets."""
        vocabulary, name = self.knowledge.vocabulary, last_name(record.subject)
        if mentions(name, vocabulary.losses) or not record.has_input:
            return False
        if any(map(self._is_loss_class, record.classes)) or self._prepares_data(record):
            return False
        if record.certain:
            return True
        if self._may_be_factory(record, name) or self._others.has(record.subject):
            return False
        if self._is_of_table(record.receivers):
            return False
        loaded = self.recorder.made.keys()
        strange = record.receivers <= self.recorder.returned and loaded.isdisjoint(record.receivers)
        if (strange or self._others.are_known) and not self.is_used_as_module(record.receivers):
            return False
        return self.is_module(record.receivers, record.subject)

    def _is_loss_class(self, name: str) -> bool:
        """``FocalLoss`` or ``MacroScore``, but not ``ModelWithLoss``."""
        vocabulary = self.knowledge.vocabulary
        ends = set(words_of(name)[-1:])
        compares = not ends.isdisjoint(vocabulary.losses | vocabulary.metrics)
        return compares and not mentions(name, vocabulary.modules)

    def _prepares_data(self, record: ForwardCall) -> bool:
        """Something unseen that is called a tokenizer, and not used as a network would be."""
        key = TEXT_KEY.search(record.subject)
        name = last_name(record.subject) if key is None else key[1]
        if record.classes or not mentions(name, self.knowledge.vocabulary.preparers):
            return False
        used = [self.recorder.methods_used.get(each, set()) for each in record.receivers]
        return all(names.isdisjoint(MODULE_METHODS) for names in used)

    def _may_be_factory(self, record: ForwardCall, name: str) -> bool:
        """Something unseen that makes an object of what it is given, rather than predicts."""
        if mentions(name, self.knowledge.vocabulary.factories):
            return True
        return names_class(name) and not self.is_used_as_module(record.receivers)

    def _is_of_table(self, receivers: Iterable[ObjectId]) -> bool:
        """Whether it is a part of something that is used as a data frame."""
        tables = self.knowledge.vocabulary.table_methods
        parents = (self.recorder.parents.get(each) for each in receivers)
        used = (self.recorder.methods_used.get(each, set()) for each in parents if each is not None)
        return any(not names.isdisjoint(tables) for names in used)

    def are_parts(self, receivers: Iterable[ObjectId]) -> bool:
        """Whether something above these objects is used as modules are."""
        waiting = list(receivers)
        while waiting:
            parent = self.recorder.parents.get(waiting.pop())
            if parent is not None:
                if self.recorder.methods_used.get(parent, set()) & MODULE_METHODS:
                    return True
                waiting.append(parent)
        return False

    def is_unknown_method(self, record: ForwardCall) -> bool:
        """Whether a method that nobody knows, which may do more, is called without data.

        What a package made that is not in sight sets modes and gradients itself, if it needs to,
        and an object has another class than one in sight that lacks the method.
        """
        if record.method in (None, "forward"):
            return False
        of_packages = self.recorder.returned | self.recorder.made.keys()
        if record.given_data and not record.classes and not record.receivers <= of_packages:
            return False
        row = self.knowledge.method("module", record.method)
        return row is None or row.effect != "forward"

    def is_module(self, receivers: Iterable[ObjectId], subject: str) -> bool:
        """Whether objects are used as modules are, or called as modules are called."""
        if self.is_used_as_module(receivers):
            return True
        name = last_name(subject)
        if CONVERTING in words_of(name):
            return False
        return mentions(name, self.knowledge.vocabulary.modules)

    def is_used_as_module(self, receivers: Iterable[ObjectId]) -> bool:
        """Whether something is done with objects that is done with modules only."""
        used = [self.recorder.methods_used.get(receiver, set()) for receiver in receivers]
        # A tensor is moved as well, but nobody calls one.
        return any(
            names & MODULE_METHODS or "<call>" in names and names & MOVING_METHODS for names in used
        )


def last_name(subject: str) -> str:
    """``self.model.backbone`` is called `backbone`; an index does not count."""
    return subject.partition("[")[0].rpartition(".")[2]
