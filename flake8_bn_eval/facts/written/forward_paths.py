"""What runs when a module of the file is called, and what of it runs in evaluation mode too.

A forward path begins at the methods of a module that nobody in sight calls, its constructor
and what is named after training aside, and goes on into what they call.  A function that
evaluates by its name begins one as well, where that is asked for.
"""

from __future__ import annotations

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.classes import ClassFact
from flake8_bn_eval.facts.written.sources import Sources
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.operations import FunctionDefinition

FORWARD = frozenset({"forward", "__call__"})


class ForwardPaths:
    """Knows which calls run in a forward call of a module."""

    def __init__(
        self,
        graph: CallGraph,
        sources: Sources,
        knowledge: Knowledge,
        *,
        evaluations: bool = False,
    ) -> None:
        self.graph = graph
        self.sources = sources
        self.knowledge = knowledge
        self._evaluations = evaluations
        self._known: dict[tuple[int, bool], bool] = {}

    def has(self, site: CallSite, *, in_evaluation: bool) -> bool:
        """Whether a call runs in a forward call; ``in_evaluation``: whatever the mode is."""
        if site.function is None or in_evaluation and self.sources.guarded(site.guards):
            return False
        return self._is_entered(self.graph.survey.outermost(site.function), in_evaluation)

    def _is_entered(self, function: FunctionDefinition, in_evaluation: bool) -> bool:
        key = id(function), in_evaluation
        known = self._known.get(key)
        if known is None:
            self._known[key] = False  # a recursive call leads nowhere new
            known = self._known[key] = self._enters(function, in_evaluation)
        return known

    def _enters(self, function: FunctionDefinition, in_evaluation: bool) -> bool:
        owner = self.graph.classes.of_method(function)
        is_method = owner is not None and self.graph.classes.seems_module(owner)
        if is_method and function.name in FORWARD:
            return True
        if owner is not None and is_method and self._is_apart(function, owner):
            return False
        if self._evaluations and not is_method and self._evaluates(function.name):
            return True
        callers = [each.site for each in self.graph.callers(function)]
        callers = [each for each in callers if each.function is not function]
        if callers:
            return any(self.has(each, in_evaluation=in_evaluation) for each in callers)
        return is_method

    def _evaluates(self, name: str) -> bool:
        """Whether a function evaluates, by its name, and neither samples nor tests the code."""
        vocabulary = self.knowledge.vocabulary
        noisy = vocabulary.mode_flags - vocabulary.evaluation_functions
        return (
            mentions(name, vocabulary.evaluation_functions)
            and not mentions(name, noisy | vocabulary.training_functions)
            and not name.lower().startswith("test")
        )

    def _is_apart(self, function: FunctionDefinition, owner: ClassFact) -> bool:
        """A constructor, a special method, a part of training: no part of a forward call."""
        if function.name.startswith("__"):
            return True
        for base in owner.outside:
            hook = None if base is None else self.knowledge.hook(base, function.name)
            if hook is not None and hook.mode == "train":
                return True
        vocabulary = self.knowledge.vocabulary
        return mentions(function.name, vocabulary.training_functions | vocabulary.losses)
