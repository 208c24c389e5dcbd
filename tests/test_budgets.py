"""What is said where there is too much to follow: once, at the place, and only if it matters."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.flow.nodes import Loop
from flake8_bn_eval.flow.runner import Runner
from flake8_bn_eval.interpret import machine
from flake8_bn_eval.interpret.modules.constructions import Constructions
from flake8_bn_eval.interpret.run import Roots
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


def answers(monkeypatch: pytest.MonkeyPatch, question: str) -> Counter[bool]:
    """How often a property of the machine has been true and false, from now on."""
    counted, asked = Counter[bool](), getattr(machine.Machine, question).fget

    def answer(self: machine.Machine) -> bool:
        found = bool(asked(self))
        counted[found] += 1
        return found

    monkeypatch.setattr(machine.Machine, question, property(answer))
    return counted


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


def test_what_other_files_would_tell_beyond_the_budget_is_no_failure_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counting = "\n".join(f"    total = step(total) - {number}" for number in range(40))
    (tmp_path / "setup.cfg").write_text("")
    (tmp_path / "helper.py").write_text(
        "from torch import nn\n\n\ndef step(total):\n    nn.Dropout().eval()\n    return total\n"
        f"\n\ndef count(total):\n{counting}\n    return total\n"
    )
    judged = tmp_path / "judged.py"
    judged.write_text(
        "import torch\n\nfrom helper import count\n\n\n"
        "def test(model, loader):\n    count(1)\n    with torch.no_grad():\n"
        "        print([model(images).argmax(1) for images in loader])\n"
    )
    left_out = answers(monkeypatch, "follows_calls")
    hurried(monkeypatch, steps=60, haste=1)
    found = analyse(judged.read_text(), filename=str(judged))
    assert left_out[False]
    assert "BNE901" not in [finding.code for finding in found]


@pytest.mark.parametrize("is_called", [True, False])
def test_only_a_file_that_is_run_with_its_callers_shares_their_budget(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_called: bool
) -> None:
    (tmp_path / "setup.cfg").write_text("")
    judged = tmp_path / "judged.py"
    judged.write_text(
        "import torch\n\nfrom helper import Net\n\n\n"
        "def score(model, images):\n    return model(images).argmax(1)\n\n\n"
        "def test(model, loader):\n    with torch.no_grad():\n"
        "        print([score(model, images) for images in loader])\n"
    )
    (tmp_path / "helper.py").write_text(
        "from torch import nn\n\n\nclass Net(nn.Sequential):\n    pass\n"
    )
    if is_called:
        (tmp_path / "main.py").write_text(
            "from judged import test\nfrom helper import Net\n\ntest(Net(), [1])\n"
        )
    hasty = answers(monkeypatch, "is_hasty")
    monkeypatch.setattr(machine, "MOST_FOLLOWED", 1)
    analyse(judged.read_text(), filename=str(judged))
    assert hasty
    assert bool(hasty[True]) is is_called


def test_a_file_without_anything_that_tells_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    library = """import torch
from torch import nn

from .registry import register


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(x)


@register("net")
def net(weights=None):
    model = Net()
    if weights is not None:
        model.load_state_dict(torch.load(weights))
    return model
"""
    runs: list[Roots] = []

    def noted(roots: Roots) -> None:
        runs.append(roots)

    monkeypatch.setattr(Roots, "run", noted)
    analyse(library)
    assert not runs
    telling = ["result = net(1)", "Net()(1)", "Net().forward(1)", "Net().eval()"]
    for body in (*telling, "from torch import no_grad as off\noff()"):
        runs.clear()
        analyse(f"{library}\n\n{body}\n")
        assert runs, body


def test_no_constructor_is_run_for_a_list_that_is_asked_by_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = """from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.known = [dict(width=width)]

    def width(self):
        return self.known[0]{asked}
"""
    runs: list[object] = []
    monkeypatch.setattr(Constructions, "unregistered", lambda _, class_: runs.append(class_) or [])
    analyse(text.format(asked="['width']"))
    assert not runs
    analyse(text.format(asked=""))
    assert runs


def test_an_inner_loop_begins_with_what_was_stable_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passes = Counter[int]()
    run = Runner._pass

    def counted(self: Runner[object], node: Loop, *others: object) -> object:
        passes[id(node)] += 1
        return run(self, node, *others)  # type: ignore[arg-type]

    text = """from torch import nn

net = nn.Dropout()
for epoch in loader:
    net.train()
    for batch in epoch:
        net.eval()
reveal_mode(net)
"""
    monkeypatch.setattr(Runner, "_pass", counted)
    analyse(text)
    outer, inner = sorted(passes.values())
    assert (outer, inner) == (2, 3)  # the inner one: two passes, and then one to see that it is


@pytest.mark.parametrize(
    ("change", "more"), [("nets = [net]", False), ("nets += [late]", True)]
)
def test_only_a_list_that_grows_has_more_passes_than_elements(
    monkeypatch: pytest.MonkeyPatch, change: str, more: bool
) -> None:
    passes: list[object] = []
    run = Runner._pass

    def counted(self: Runner[object], node: Loop, *others: object) -> object:
        passes.append(node)
        return run(self, node, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(Runner, "_pass", counted)
    analyse(f"""\
from torch import nn

late, nets = nn.Dropout(), [nn.Dropout(), nn.Dropout()]
for net in nets:
    {change}
    net.eval()
""")
    assert (len(passes) > 2) is more
