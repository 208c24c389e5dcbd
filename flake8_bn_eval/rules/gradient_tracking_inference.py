"""Inference records gradients that nobody uses."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts, Forward
from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.modes.values import Tag
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import INFERENCE


@rule("BNE201", "gradient-tracking-inference", since="0.1", triggers=INFERENCE)
def check(facts: Facts) -> Iterator[Report]:
    """The first inference call of each region that may record a graph for nothing."""
    regions: set[object] = set()
    for call in facts.forwards:
        if call.region.definition in regions or not _records_for_nothing(facts, call):
            continue
        regions.add(call.region.definition)
        yield Report(
            call.place,
            f"`{call.subject}` predicts with gradients recorded that nobody uses",
            call.how_gradients(Gradient.ON),
            "run it under `torch.no_grad()` or `torch.inference_mode()`",
        )


def _records_for_nothing(facts: Facts, call: Forward) -> bool:
    record = call.record
    if not call.is_inference or record.frozen or call.keeps_graph:
        return False
    if record.tags & {Tag.VOLATILE, Tag.DIFFERENTIATED}:
        return False
    if record.gradients.may_be(Gradient.ON):
        return call.firm or call.may_be(Mode.EVAL) or facts.never_differentiates
    if record.gradients.may_be(Gradient.CALLER):
        return call.firm or call.may_be(Mode.EVAL)
    return False
