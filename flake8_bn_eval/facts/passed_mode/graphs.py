"""Batch norms that are built into a graph, and whether their updates are ever run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.facts.passed_mode.handed import Handing, Mode
from flake8_bn_eval.facts.passed_mode.views import View, Views
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.survey import CallSite
from flake8_bn_eval.knowledge.rows import LayerRow
from flake8_bn_eval.operations import Attribute, Constant, Name, Place
from flake8_bn_eval.wording import describe

OPTIMIZING = frozenset({"minimize", "apply_gradients"})


@dataclass(frozen=True, slots=True)
class StaleNorm:
    """A norm whose moving statistics stay as they began; ``optimized`` is where it is trained."""

    place: Place
    subject: str
    optimized: Place


class GraphNorms:
    """Finds them in one file."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.view: View = views.own

    def found(self) -> Iterator[StaleNorm]:
        """The first such norm of each function, if nobody in the project runs updates."""
        norms = [site for site in self.view.survey.calls if self._needs_updates(site)]
        optimized = self._optimized() if norms else None
        if optimized is None or self._speaks_of_updates():
            return
        seen: set[int] = set()
        for site in sorted(norms, key=lambda each: each.call.place):
            if id(site.function) not in seen:
                seen.add(id(site.function))
                yield StaleNorm(site.call.place, describe(site.call.callee), optimized)

    def _needs_updates(self, site: CallSite) -> bool:
        rows = [self.view.knowledge.layer(it) for it in self.view.graph.callees(site.call.callee)]
        return any(row is not None and self._is_trained_norm(site, row) for row in rows)

    def _is_trained_norm(self, site: CallSite, row: LayerRow) -> bool:
        if row.framework != "graph" or row.role("momentum") is None:
            return False
        passed, updates = self.view.graph.passed(site.call), row.role("updates")
        if updates is not None:
            collection = passed.get(updates.position, updates.parameter)
            if passed.open or isinstance(collection, Constant) and collection.value is None:
                return False
        training = row.role("training")
        assert training is not None
        value = passed.get(training.position, training.parameter)
        if value is None:
            return not passed.open and bool(training.default)
        if isinstance(value, Constant) and value.value is True:
            # Whatever is built by this line normalises by the batch: nobody reads the statistics.
            return False
        return Handing(self.view).read(value, False).mode is not Mode.OFF

    def _optimized(self) -> Place | None:
        for site in self.view.survey.calls:
            callee = site.call.callee
            if isinstance(callee, Attribute) and callee.name in OPTIMIZING:
                return site.call.place
        return None

    def _speaks_of_updates(self) -> bool:
        words = self.view.knowledge.vocabulary.update_words
        if not {word.lstrip(".") for word in words}.isdisjoint(self._names()):
            return True
        neighbours = self.views.neighbours
        return neighbours is not None and neighbours.mention(words)

    def _names(self) -> Iterator[str]:
        program = self.view.program
        for body in (program.body, *(each.body for each in program.functions)):
            for operation in operations(body):
                for each in expressions(operation):
                    if isinstance(each, Attribute):
                        yield each.name
                    elif isinstance(each, Name):
                        yield each.variable[1]
