"""Who makes layers by way of a factory: a ``partial``, a function or a lambda that makes one.

A model of a library that is given a factory (``resnet18(norm_layer=...)``) makes its layers by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts.written.call_graph import CallGraph
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.operations import Attribute, Expression, Lambda, Name, Place

PARTIAL = "functools.partial"


class Factories:
    """Finds the calls that are given a factory, or call one."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph

    def users(self, site: CallSite) -> Iterator[Place]:
        """The calls by which the layer of a call is made, if that is in a factory."""
        if site.function is None and PARTIAL not in self._graph.callees(site.call.callee):
            return
        for other in self._graph.survey.calls:
            call = other.call
            given = (*call.arguments, *(value for _, value in call.keywords))
            if any(self._makes(each, site) for each in (call.callee, *given)):
                yield call.place

    def _makes(self, expression: Expression, site: CallSite) -> bool:
        """Whether a value may be the factory in which a call stands."""
        for origin in self._graph.origins(expression):
            match origin:
                case Lambda():
                    found: object = origin.function
                case Name() | Attribute():
                    found = self._graph.bindings.meaning(origin)
                case _:
                    found = None
            if origin is site.call or found is not None and found is site.function:
                return True
        return False
