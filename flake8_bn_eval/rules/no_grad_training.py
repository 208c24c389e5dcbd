"""A loss is differentiated that comes from gradient-free code only."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts
from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Gradient
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import NO_GRADIENT


@rule("BNE203", "no-grad-training", since="0.1", triggers=(*NO_GRADIENT, ("backward", "grad(")))
def check(facts: Facts) -> Iterator[Report]:
    """Differentiations of values without any graph."""
    for event in facts.gradient_free_differentiations:
        call = next(facts.by_number(event.derived))
        yield Report(
            event.place,
            f"the loss has no graph: `{call.subject}` ran without gradients",
            call.gradients.witness(Gradient.OFF),
            "let gradients be recorded where the loss is computed",
        )
