"""Where values come from, and which constants they are, as far as a file tells."""

from __future__ import annotations

import pytest

from flake8_bn_eval.analysis import analyse, follow
from flake8_bn_eval.facts.layers.library_calls import LibraryCall

IMPORTS = "import torch.nn.functional as F\nfrom torch import nn\n"


def last_call(text: str) -> LibraryCall:
    return follow(IMPORTS + text).facts.library_calls[-1]


def constants(text: str) -> set[object]:
    """The constants that the momentum of the last norm layer may be."""
    argument = last_call(text).argument("momentum")
    assert argument is not None
    return argument.values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("nn.BatchNorm2d(3)", {0.1}),
        ("nn.BatchNorm2d(3, momentum=0.9)", {0.9}),
        ("nn.BatchNorm2d(3, 1e-5, 0.9)", {0.9}),
        ("nn.LazyBatchNorm2d(1e-5, 0.9)", {0.9}),
        ("M = 0.9\nN: float = M\nnn.BatchNorm2d(3, momentum=N)", {0.9}),
        ("nn.BatchNorm2d(3, momentum=1 - 0.75)", {0.25}),
        ("M = 0.9\nM = 0.1\nnn.BatchNorm2d(3, momentum=M)", set()),
        ("M = 0.9\nM = 1 - M\nnn.BatchNorm2d(3, momentum=M)", set()),
        ("nn.BatchNorm2d(3, momentum=0.9 if input() else 0.9)", {0.9}),
        ("nn.BatchNorm2d(3, momentum=0.9 if input() else 0.1)", set()),
        ("nn.BatchNorm2d(3, momentum=input())", set()),
        ("O = {'momentum': 0.9}\nnn.BatchNorm2d(3, **O)", {0.9}),
        ("O = dict(momentum=0.9)\nnn.BatchNorm2d(3, **O)", {0.9}),
        ("O = dict(eps=1)\nP = {**O, 'momentum': 0.9}\nnn.BatchNorm2d(3, **P)", {0.9}),
        ("O = {'momentum': 0.9}\nnn.BatchNorm2d(3, momentum=O['momentum'])", {0.9}),
        ("A = (3, 1e-5, 0.9)\nnn.BatchNorm2d(*A)", {0.9}),
        ("class C:\n    M = 0.9\nnn.BatchNorm2d(3, momentum=C.M)", {0.9}),
        ("def f(m=0.9):\n    nn.BatchNorm2d(3, momentum=m)", {0.9}),
        ("def f(m=0.9):\n    nn.BatchNorm2d(3, momentum=m)\nf(0.1)\nf()", {0.1, 0.9}),
        ("def f(m):\n    m = 1 - m\n    nn.BatchNorm2d(3, momentum=m)\nf(0.1)", set()),
        ("def f(**o):\n    nn.BatchNorm2d(3, **o)\nf(momentum=0.9)", {0.1}),
    ],
)
def test_constants(text: str, values: set[object]) -> None:
    assert constants(text) == values


def test_an_argument_that_may_be_anywhere_is_unseen() -> None:
    argument = last_call("def f(**o):\n    nn.BatchNorm2d(3, **o)").argument("momentum")
    assert argument is not None
    assert argument.unseen


def test_attributes_are_what_methods_and_class_bodies_assign() -> None:
    text = """
class Net(nn.Module):
    M = 0.9

    def __init__(self, n=0.8):
        super().__init__()
        self.n = n
        nn.BatchNorm2d(3, momentum=self.M)
        nn.BatchNorm2d(3, momentum=self.n)


class Deep(Net):
    def __init__(self):
        super().__init__(0.7)
"""
    calls = [each for each in follow(IMPORTS + text).facts.library_calls if each.is_layer]
    arguments = [each.argument("momentum") for each in calls]
    assert [each.values for each in arguments if each is not None] == [{0.9}, {0.7}]


FORWARD = """
class Net(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x, q=0.5):
        return F.dropout(x, {})
"""


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        ("0.5", set()),
        ("self.p", set()),
        ("q", {"CALLER"}),
        ("self.p * self.training", {"MODE"}),
        ("self.p if x.any() else q", {"CALLER"}),
        ("self.helper()", set()),
        ("max(self.p, q)", {"CALLER"}),
    ],
)
def test_sources(value: str, sources: set[str]) -> None:
    argument = last_call(FORWARD.format(value)).argument("probability")
    assert argument is not None
    assert {each.name for each in argument.sources} == sources


def test_a_long_sum_is_not_too_deep_for_the_facts() -> None:
    text = "import torch.nn.functional as F\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"
    text += f"    def forward(self, x):\n        x = {' + '.join(['x'] * 900)}\n"
    text += "        return F.dropout(x)\n"
    assert [(each.code, each.span.line) for each in analyse(text)] == [("BNE401", 8)]
