"""Which frameworks are installed, for the tests that execute them.

A wheel of torchvision that was compiled for another build of PyTorch has no operators and
cannot be imported.  Its models are plain Python, so the operators are declared here: then it
imports, and nothing that needs one of them can be executed.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import warnings
from functools import cache

import pytest

OPERATORS = ("nms", "qnms")
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@cache
def is_installed(package: str) -> bool:
    """Whether a package is there and can be imported."""
    if importlib.util.find_spec(package) is None:
        return False
    if importlib.util.find_spec("torchvision") is not None:
        _declare_operators()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(package)
        except ImportError:
            return False
    return True


def imported(text: str) -> set[str]:
    """The packages that a program imports, without those of Python and PyTorch itself."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"torch"}


def needs(package: str) -> None:
    """Skip the tests of a module where a framework is missing."""
    if not is_installed(package):
        reason = f"the rows describe {package}, which is not installed"
        pytest.skip(reason, allow_module_level=True)


@cache
def _declare_operators() -> None:
    torch = importlib.import_module("torch")
    try:
        importlib.import_module("torchvision")
    except RuntimeError:  # operator torchvision::nms does not exist
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in OPERATORS:
            library.define(operator + SCHEMA)
        _kept.append(library)
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]


_kept: list[object] = []
"""What is declared lasts as long as the library object."""
