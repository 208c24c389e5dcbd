"""The rows about frameworks against what is installed: names, parameters, hooks, modes.

What a row says of modes and gradients is executed by the pages under ``frameworks/``; here
are the names, and whole families of models of which a page shows one.  Where a framework is
not installed its tests are skipped, and its rows name the source they were read in.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import warnings
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, partial
from importlib.resources import files
from typing import Any

import pytest

from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.packages import PACKAGES_OF_TABLE
from flake8_bn_eval.knowledge.rows import CallableRow, HookRow
from flake8_bn_eval.knowledge.schema import Table, read_table
from tests.installed import is_installed
from tests.torch_names import meanings

pytest.importorskip("torch", reason="PyTorch is not installed: nothing to compare with")

EVERY = Knowledge.for_packages(frozenset(PACKAGES_OF_TABLE))
OLD = ("removed in", "of mmdet 2", "of mmcv 1")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def shipped(name: str) -> Table:
    return read_table(files("flake8_bn_eval.knowledge") / f"{name}.toml")


def rows() -> list[CallableRow]:
    return [row for table in PACKAGES_OF_TABLE for row in shipped(table).callables.values()]


def is_old(row: CallableRow) -> bool:
    """Whether the source says that the row is for an older version than one may install."""
    return any(word in row.source for word in OLD)


CURRENT = [row for row in rows() if "(" not in row.name and not is_old(row)]
WHOLE = [row for row in CURRENT if "*" not in row.name]
PATTERNS = [row for row in CURRENT if "*" in row.name]
WITH_KEYWORD = [row for row in WHOLE if row.keyword is not None]
HOOKS = [row for table in PACKAGES_OF_TABLE for row in shipped(table).hooks.values()]
ALIASES = {
    name: target
    for table in PACKAGES_OF_TABLE
    for name, target in shipped(table).aliases.items()
}


def found(dotted: str) -> list[Any]:
    """What a name means, by itself or by an alias; skips the test if its package is missing."""
    spellings = [dotted, *(it for it in map(partial(spelled, dotted), ALIASES) if it)]
    spellings = [it for it in spellings if is_installed(it.partition(".")[0])]
    if not spellings:
        pytest.skip(f"not installed: {dotted.partition('.')[0]}")
    with contextlib.redirect_stdout(io.StringIO()):
        return [meaning for spelling in spellings for meaning in meanings(spelling)]


def spelled(dotted: str, alias: str) -> str | None:
    """The name as an alias spells it: ``lightning.X`` is ``lightning.pytorch.X``."""
    target = ALIASES[alias]
    if target == dotted:
        return alias
    prefix = target.removesuffix("*")
    if prefix == target or not dotted.startswith(prefix):
        return None
    return alias.removesuffix("*") + dotted.removeprefix(prefix)


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: row.name)
def test_a_name_exists(row: CallableRow) -> None:
    assert found(row.name), f"there is no {row.name}"


@pytest.mark.parametrize("row", WITH_KEYWORD, ids=lambda row: row.name)
def test_a_keyword_is_the_parameter_at_its_position(row: CallableRow) -> None:
    parameters = parameters_of(row.name)
    assert row.keyword in parameters, parameters
    if not row.every:
        assert parameters.index(row.keyword) == row.argument, parameters
    if row.flag is not None and row.flag.position is not None:
        assert parameters.index(row.flag.parameter) == row.flag.position, parameters


def parameters_of(dotted: str) -> list[str]:
    meaning = next(filter(callable, found(dotted)))
    return [it for it in inspect.signature(meaning).parameters if it not in ("self", "cls")]


@pytest.mark.parametrize("row", PATTERNS, ids=lambda row: row.name)
def test_a_pattern_matches_something(row: CallableRow) -> None:
    head, _, tail = row.name.partition("*")
    owner, _, start = head.rpartition(".")
    names = {name for meaning in found(owner) for name in dir(meaning)}
    wanted = f"{start}*{tail.partition('.')[0]}"
    assert any(fnmatchcase(name, wanted) for name in names), f"{owner} has no {wanted}"


@pytest.mark.parametrize("row", HOOKS, ids=lambda row: f"{row.base}.{row.name}")
def test_a_hook_is_a_method_with_the_parameter_that_holds_the_module(row: HookRow) -> None:
    base = next(iter(found(row.base)), None)
    method = getattr(base, row.name, None)
    if method is None:
        pytest.skip("of another version: the framework never calls it")
    parameter = row.module.partition(".")[0]
    parameters = inspect.signature(method).parameters
    takes_any = any(it.kind is it.VAR_KEYWORD for it in parameters.values())
    assert parameter in parameters or takes_any


# --- Families of models -------------------------------------------------------------------


def sensitive_parts(module: Any) -> list[str]:
    """The layers of a model that react to their mode, by the name of their class."""
    nn = importlib.import_module("torch").nn
    norms = nn.modules.batchnorm._NormBase
    parts = []
    for part in module.modules():
        drops = isinstance(part, nn.modules.dropout._DropoutNd) and part.p > 0
        path = type(part).__name__ == "DropPath" and (part.drop_prob or 0) > 0
        if drops or path or isinstance(part, norms) and part.track_running_stats:
            parts.append(type(part).__name__)
    return parts


def timm_patterns() -> list[str]:
    given = [name for name in shipped("timm").callables if name.startswith("timm.create_model(")]
    return [name.partition("(")[2].removesuffix(")") for name in given]


@pytest.mark.parametrize("pattern", timm_patterns())
def test_what_timm_builds_without_dropout_has_no_layer_that_reacts(pattern: str) -> None:
    if not is_installed("timm"):
        pytest.skip("not installed: timm")
    timm, torch = importlib.import_module("timm"), importlib.import_module("torch")
    names = timm.list_models(pattern)
    assert names
    for name in {names[0], names[len(names) // 2], names[-1]}:
        with torch.device("meta"):
            model = timm.create_model(name)
        assert model.training
        assert sensitive_parts(model) == [], name


def diffusers_models() -> list[str]:
    rows = shipped("diffusers").callables.values()
    return [row.name for row in rows if row.conditions and row.name.count(".") == 1]


@pytest.mark.parametrize("name", diffusers_models())
def test_what_diffusers_builds_by_default_has_no_layer_that_reacts(name: str) -> None:
    if not is_installed("diffusers"):
        pytest.skip("not installed: diffusers")
    diffusers, torch = importlib.import_module("diffusers"), importlib.import_module("torch")
    with torch.device("meta"):
        model = getattr(diffusers, name.partition(".")[2])()
    assert model.training
    assert sensitive_parts(model) == []


def test_torchvision_models_start_in_training_mode_and_react_as_their_rows_say() -> None:
    if not is_installed("torchvision"):
        pytest.skip("not installed: torchvision")
    models, torch = importlib.import_module("torchvision.models"), importlib.import_module("torch")
    for name in models.list_models(module=models):
        with torch.device("cpu" if "regnet" in name else "meta"):
            model = models.get_model(name, weights=None)
        assert model.training, name
        row = EVERY.callable(f"torchvision.models.{name}")
        assert row is not None
        assert row.starts == "train"
        depths = [it for it in model.modules() if type(it).__name__ == "StochasticDepth"]
        for child, (name_of_child, part) in zip(row.children, model.named_children(), strict=False):
            assert child.name == name_of_child
            assert bool(sensitive_parts(part)) == (child.sensitive == "yes"), (name, child.name)
        assert not row.children or len(row.children) == len(list(model.children()))
        reacts = bool(sensitive_parts(model) or depths)
        unless_asked = row.conditions and not any(it.default for it in row.conditions)
        assert reacts == (row.sensitive == "yes" and not unless_asked), name


def geometric_rows() -> list[CallableRow]:
    every = shipped("torch_geometric").callables.values()
    return [row for row in every if row.sensitive == "no" and "*" not in row.name]


@pytest.mark.parametrize("row", geometric_rows(), ids=lambda row: row.name)
def test_a_layer_of_torch_geometric_that_does_not_react_never_asks_for_its_mode(
    row: CallableRow,
) -> None:
    layer = next(iter(found(row.name)))
    for class_ in inspect.getmro(layer):
        if class_.__module__.startswith("torch_geometric.nn.conv.message_passing"):
            continue  # it hands dropout on, and has none
        if class_.__module__.startswith("torch_geometric"):
            text = inspect.getsource(class_)
            assert "self.training" not in text
            assert "Dropout(" not in text
            assert "BatchNorm" not in text
