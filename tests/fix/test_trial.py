"""A fix that does not hold is dropped, and it is said why."""

from __future__ import annotations

import re

import pytest

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.findings import Finding, Span
from flake8_bn_eval.fix import fixes_for, repair
from flake8_bn_eval.fix.edits import apply_edits
from flake8_bn_eval.fix.proposals import Declined

TEXT = """\
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
model.eval
model.train
"""


def reasons(declined: tuple[Declined, ...]) -> list[str]:
    return [each.reason for each in declined]


def test_a_fix_whose_finding_stays_is_dropped() -> None:
    found = analyse(TEXT)
    repaired = repair(TEXT, lambda _: found)
    assert repaired.text == TEXT
    assert reasons(repaired.declined) == [
        "dropped, to call `model.eval()`: the finding stays",
        "dropped, to call `model.train()`: the finding stays",
    ]


def test_a_fix_that_brings_another_finding_is_dropped() -> None:
    other = Finding(Span(4, 0, 4, 5), "BNE999", "other", "something else")

    def analysed(text: str) -> list[Finding]:
        return [*analyse(text), *([other] if "model.eval()" in text else [])]

    repaired = repair(TEXT, analysed)
    assert repaired.text == TEXT.replace("model.train\n", "model.train()\n")
    assert reasons(repaired.declined) == [
        "dropped, to call `model.eval()`: it brings another finding, line 4: BNE999 something else"
    ]
    assert [fix.title for fix in fixes_for(TEXT, analyse(TEXT), analyse=analysed)] == [
        "call `model.train()`"
    ]


def test_a_finding_that_was_there_before_is_no_other_one() -> None:
    """Not even if it stands on another line then."""
    text = TEXT.replace("model.eval\n", "").replace("model.train", "model.eval")
    text += "import torch\nwith torch.no_grad():\n    print(model(torch.load('x')).argmax())\n"
    text += "    model(torch.load('x')).item()\n"

    def analysed(changed: str) -> list[Finding]:
        last = len(changed.split("\n")) - 1
        return [*analyse(changed), Finding(Span(last, 4, last, 9), "BNE999", "other", "last")]

    assert repair(text, analysed, unsafe=True).fixes


def test_fixes_that_do_not_affect_each_other_are_tried_at_once() -> None:
    text = TEXT + "".join(f"m{n} = nn.Dropout()\nm{n}.eval\n" for n in range(20))
    analysed: list[str] = []

    def counted(changed: str) -> list[Finding]:
        analysed.append(changed)
        return analyse(changed)

    repaired = repair(text, counted)
    assert repaired.text == re.sub(r"(\.eval|\.train)\n", r"\1()\n", text)
    assert len(repaired.fixes) == 22
    assert len(analysed) == 2
    text_so_far = text
    for fix in repaired.fixes:
        text_so_far = apply_edits(text_so_far, fix.edits)
    assert text_so_far == repaired.text


def test_one_fix_that_does_not_hold_does_not_keep_others_from_being_made() -> None:
    text = TEXT + "".join(f"m{n} = nn.Dropout()\nm{n}.eval\n" for n in range(5))
    other = Finding(Span(3, 0, 3, 5), "BNE999", "other", "something else")

    def analysed(changed: str) -> list[Finding]:
        return [*analyse(changed), *([other] if "m3.eval()" in changed else [])]

    repaired = repair(text, analysed)
    assert repaired.text == re.sub(r"(\.eval|\.train)\n", r"\1()\n", text).replace(
        "m3.eval()", "m3.eval"
    )
    assert [each.finding.span.line for each in repaired.declined] == [13]


def test_only_what_is_wanted_is_fixed() -> None:
    repaired = repair(TEXT, analyse, wanted=lambda finding: finding.span.line == 5)
    assert repaired.text == TEXT.replace("model.train\n", "model.train()\n")
    assert not repaired.declined
    assert [finding.span.line for finding in repaired.remaining] == [4]


def test_the_lines_of_fixes_are_those_of_the_result() -> None:
    text = """\
def evaluate(model, val_loader, criterion):
    model.eval()
    total = 0.0
    for inputs, targets in val_loader:
        total += criterion(model(inputs), targets).item()
    return total / len(val_loader)
"""
    repaired = repair(text + text.replace("evaluate", "validate"), analyse)
    assert len(repaired.fixes) == 2
    lines = repaired.text.splitlines()
    fixed = [lines[line - 1].strip() for line in repaired.lines]
    assert fixed == ["total += criterion(model(inputs), targets).item()"] * 2
    assert len(set(repaired.lines)) == 2


def test_an_error_of_our_own_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings of a shape that no kind expects are no reason to stop."""
    found = [Finding(Span(3, 0, 3, 1), "BNE303", "uncalled-mode-method", "no such place")]
    repaired = repair(TEXT, lambda _: found)
    assert reasons(repaired.declined) == [
        "the place of the finding has another shape than expected"
    ]

    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.delenv("BNE_RAISE", raising=False)
    monkeypatch.setattr("flake8_bn_eval.fix.site.Site.node", broken)
    repaired = repair(TEXT, analyse)
    assert reasons(repaired.declined) == ["internal error ZeroDivisionError: oh"] * 2


def test_what_libcst_refuses_is_not_fixed() -> None:
    text = f"{TEXT}(total): int = 0\n"
    found = analyse(TEXT)
    repaired = repair(text, lambda _: found)
    assert repaired.text == text
    assert all(each.reason.startswith("the file is not parsed: ") for each in repaired.declined)
    assert fixes_for(text, found) == []
