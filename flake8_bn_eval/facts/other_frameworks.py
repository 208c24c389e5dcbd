"""Which objects are models of a framework whose models have no mode and record no gradients.

A file that imports such a framework beside PyTorch has models of both, and a parameter of it
may be either: its name and what is asked of it tell.
"""

from __future__ import annotations

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.knowledge.lookup import Knowledge, imports_told
from flake8_bn_eval.knowledge.words import words_of
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import Attribute, Program
from flake8_bn_eval.wording import describe


class OtherFrameworks:
    """Recognises their models in one file."""

    def __init__(self, program: Program, knowledge: Knowledge) -> None:
        self.program = program
        self.vocabulary = knowledge.vocabulary

    def has(self, subject: str) -> bool:
        """Whether something unseen is called like such a model, or used like one."""
        words = words_of(subject.rpartition(".")[2])
        return not self.vocabulary.other_models.isdisjoint(words) or subject in self._asked

    @cached_property
    def are_known(self) -> bool:
        """Whether the file knows such a framework: a name alone tells nothing then."""
        return imports_told(self.program.imported)

    @cached_property
    def _asked(self) -> frozenset[str]:
        """What is asked for members that only models of Keras have: ``model.get_layer``."""
        if not self.are_known:
            return frozenset()
        members = self.vocabulary.told_members
        bodies = [self.program.body, *(each.body for each in self.program.functions)]
        return frozenset(
            describe(each.value)
            for body in bodies
            for operation in operations(body)
            for each in expressions(operation)
            if isinstance(each, Attribute) and each.name in members
        )


def builds_graphs(program: Program, graph: CallGraph) -> bool:
    """Whether PaddlePaddle is told to build static graphs: there a call predicts nothing."""
    if "paddle" not in program.imported or "torch" in program.imported:
        return False
    return any("paddle.enable_static" in graph.callees(it.call.callee) for it in graph.survey.calls)
