"""What is said where there is too much to follow: once, at the place, and only if it matters."""

from __future__ import annotations

import pytest

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.interpret import machine
from flake8_bn_eval.modes.things import Unknown
from flake8_bn_eval.modes.values import MOST_OBJECTS, of_object

BUSY = """\
import torch
from torch import nn


def count(number):
    {telling}
    return number + 1


total = 0
for batch in loader:
    total = count(total) * count(total) - count(total)
model = nn.Dropout()
with torch.no_grad():
    print(count(total))
    print(model(batch).argmax().item())
"""


def hurried(monkeypatch: pytest.MonkeyPatch, steps: int, haste: int) -> None:
    """There is time for very little."""
    monkeypatch.setattr(machine, "FOLLOWED_STEPS", steps)
    monkeypatch.setattr(machine, "FOLLOWED_STEPS_A_PLACE", 0)
    monkeypatch.setattr(machine, "HASTE", haste)


def seen(telling: str) -> list[Finding]:
    return analyse(BUSY.format(telling=telling))


def codes(findings: list[Finding]) -> list[tuple[int, str]]:
    return [(finding.span.line, finding.code) for finding in findings]


TELLING = "nn.Dropout().eval()"


def test_a_call_that_may_tell_something_and_is_not_followed_is_reported_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurried(monkeypatch, steps=20, haste=1)
    found = seen(TELLING)
    assert codes(found)[0] == (12, "BNE901")
    assert [finding.code for finding in found].count("BNE901") == 1
    assert "too much to follow" in found[0].message


def test_while_there_is_some_time_only_what_tells_nothing_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurried(monkeypatch, steps=20, haste=1_000)
    assert codes(seen(TELLING)) == [(16, "BNE101")]


def test_a_call_that_tells_nothing_may_be_left_out_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurried(monkeypatch, steps=20, haste=1)
    assert codes(seen("number = abs(number)")) == [(16, "BNE101")]


def test_where_there_is_time_for_everything_nothing_is_said() -> None:
    assert codes(seen(TELLING)) == [(16, "BNE101")]


def test_a_manager_that_is_not_followed_may_have_set_any_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = """\
import contextlib

import torch
from torch import nn


@contextlib.contextmanager
def evaluating(net):
    net.eval()
    yield net
    net.train()


model = nn.Dropout()
with torch.no_grad(), evaluating(model):
    print(model(batch).argmax().item())
"""
    hurried(monkeypatch, steps=3, haste=1)
    assert codes(analyse(text)) == [(15, "BNE901")]


def test_a_value_that_may_be_very_many_objects_is_unknown() -> None:
    """Each pass of a loop may make new ones of all that were there: they would never end."""
    value = of_object(0)
    for number in range(1, MOST_OBJECTS):
        value = value.join(of_object(number))
    assert len(value.objects) == MOST_OBJECTS
    value = value.join(of_object(MOST_OBJECTS))
    assert not value.objects
    assert isinstance(value.only_thing, Unknown)
