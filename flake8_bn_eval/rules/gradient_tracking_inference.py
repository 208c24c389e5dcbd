"""Inference records gradients that nobody uses."""
from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.facts import Facts, Forward
from flake8_bn_eval.findings import Report
from flake8_bn_eval.interpret.records import Use
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
            facts.shown_at(call),
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
    if facts.region_differentiates(call) and Tag.EVALUATION_DATA not in record.tags:
        return False
    sure = call.firm or call.may_be(Mode.EVAL)
    if facts.may_record(call):
        return sure or facts.never_differentiates
    if record.gradients.may_be(Gradient.CALLER):
        return sure or facts.never_differentiates and Use.DETACHED in record.uses
    return False
