"""Every rule's page is true: its examples are judged by the rule, its proof is executed."""

from __future__ import annotations

import importlib.util
import textwrap
import warnings

import pytest

from flake8_bn_eval.analysis import UNANALYSED, analyse
from flake8_bn_eval.rules import all_rules
from flake8_bn_eval.rules.base import Rule
from flake8_bn_eval.rules.page import Example
from tests.installed import imported

RULES = all_rules()
WITH_TORCH = importlib.util.find_spec("torch") is not None

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.name}")


def judged_examples() -> list[tuple[str, Rule, Example]]:
    """The examples of all pages that can be read, each with a name for its test."""
    return [
        (f"{rule.code} {example.section} {number}", rule, example)
        for rule in RULES
        for number, example in enumerate(examples_of(rule), start=1)
        if not example.is_executed
    ]


def examples_of(rule: Rule) -> list[Example]:
    """None for a page that is wrong: `test_a_rule_has_a_page` says why."""
    try:
        return rule.page.examples
    except ValueError:
        return []


EXAMPLES = judged_examples()
PROOFS = [
    (rule, e)
    for rule in RULES
    for e in examples_of(rule)
    if e.is_executed and not imported(e.text) - {"numpy"}
]
"""Those about PyTorch; the others are executed by `tests.test_framework_proofs`."""


@each_rule
def test_a_rule_has_a_page(rule: Rule) -> None:
    """All required sections, and an example that shows the finding unless none can be shown."""
    page = rule.page
    shown = [example for example in page.examples if example.section == "Example"]
    demanded = {code for example in shown for _, code in example.expected}
    assert rule.code in demanded or not rule.triggers, "the page never shows its finding"


@pytest.mark.parametrize(
    ("rule", "example"),
    [(rule, example) for _, rule, example in EXAMPLES],
    ids=[name for name, _, _ in EXAMPLES],
)
def test_an_example_is_judged_as_it_says(rule: Rule, example: Example) -> None:
    """The demanded findings and no other of this rule; what others say must be demanded too.

    Silence because the analysis failed is none.
    """
    codes = {rule.code, UNANALYSED, *(code for _, code in example.expected)}
    findings = analyse(example.text, codes=codes)
    found = sorted((finding.span.line, finding.code) for finding in findings)
    assert found == sorted(example.expected), textwrap.indent(example.text, "    ")


@pytest.mark.skipif(not WITH_TORCH, reason="PyTorch is not installed: nothing to prove with")
@pytest.mark.parametrize(("rule", "proof"), PROOFS, ids=[rule.code for rule, _ in PROOFS])
def test_a_proof_holds(rule: Rule, proof: Example) -> None:
    """Its asserts hold in PyTorch; it starts from a fixed seed and a clean gradient mode."""
    import torch

    torch.manual_seed(0)
    code = compile(proof.text, f"<proof of {rule.code}>", "exec")
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        exec(code, {"__name__": "__main__"})
    assert "assert " in proof.text, "a proof asserts what it claims"
