"""What is known of the classes of a file: whether they are modules, their bases and methods."""

from __future__ import annotations

import pytest

from flake8_bn_eval.analysis import follow
from flake8_bn_eval.facts.written.classes import ClassFact

IMPORTS = """\
import torch
import torch.nn as tnn
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from .blocks import Block
try:
    import pytorch_lightning as pl
except ImportError:
    pl = None

Alias = tnn.Module
"""


def classes(text: str) -> dict[str, ClassFact]:
    """The classes of a program by their names."""
    return {each.name: each for each in follow(IMPORTS + text).facts.classes}


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        ("nn.Module", True),
        ("tnn.Module", True),
        ("Alias", True),
        ("_BatchNorm", True),
        ("nn.BatchNorm2d", True),
        ("pl.LightningModule", True),
        ("object, nn.Module", True),
        ("Block, nn.Module", True),
        ("object", False),
        ("torch.autograd.Function", False),
        ("torch.utils.data.Dataset", False),
        ("Exception", False),
        ("Block", None),
        ("build()", None),
        ("missing", None),
    ],
)
def test_a_class_is_a_module_by_its_bases(base: str, verdict: bool | None) -> None:
    assert classes(f"class Net({base}):\n    pass\n")["Net"].is_module is verdict


def test_a_class_without_bases_is_no_module() -> None:
    assert classes("class Net:\n    pass\n")["Net"].is_module is False


def test_a_class_is_a_module_through_a_base_in_the_file() -> None:
    found = classes("""
class Base(nn.Module):
    def forward(self, x): ...

class Net(Base):
    @staticmethod
    def build(): ...
    def train(self, mode=True): ...

def local():
    class Inner(Net):
        pass
""")
    assert [each.name for each in found["Net"].lineage] == ["Net", "Base"]
    assert found["Inner"].is_module
    assert found["Inner"].outside == ("torch.nn.Module",)
    assert found["Inner"].method("forward") is found["Base"].methods["forward"]
    train, build = found["Net"].methods["train"], found["Net"].methods["build"]
    assert found["Net"].self_of(train) == (train.scope, "self")
    assert found["Net"].self_of(build) is None


def test_a_name_with_two_meanings_is_what_both_are() -> None:
    found = classes("""
if input():
    class Base(nn.Module): ...
    class Other(nn.Module): ...
else:
    class Base(nn.Linear): ...
    class Other: ...

class Net(Base): ...
class Undecided(Other): ...
""")
    assert found["Net"].is_module is True
    assert found["Undecided"].is_module is None


def test_a_method_is_found_in_the_order_of_python() -> None:
    found = classes("""
class Top(nn.Module):
    def forward(self, x): ...
    def train(self, mode=True): ...

class Left(Top): ...

class Right(Top):
    def forward(self, x): ...

class Bottom(Left, Right): ...
""")
    assert [each.name for each in found["Bottom"].lineage] == ["Bottom", "Left", "Right", "Top"]
    assert found["Bottom"].method("forward") is found["Right"].methods["forward"]
    assert found["Bottom"].method("train") is found["Top"].methods["train"]
    assert found["Bottom"].is_module
    assert found["Bottom"].outside == ("torch.nn.Module",)
