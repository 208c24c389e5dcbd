"""The rows of torch.toml against the installed PyTorch: names, wrappers, copies, exporters.

What a row says of wrappers and copies is executed.  What needs a GPU, several processes or
an optional package of PyTorch is only looked up by name.  Layers, methods and gradients
have tests of their own.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import warnings
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.schema import read_table
from tests.torch_names import meanings, resolve

torch = pytest.importorskip("torch", reason="the rows describe PyTorch, which is not installed")
nn = torch.nn

KNOWLEDGE = Knowledge.for_packages(frozenset())
TABLE = read_table(files("flake8_bn_eval.knowledge") / "torch.toml")
OURS = {it: row for it, row in TABLE.callables.items() if it[:6] == "torch." and "(" not in it}
"""Without those for calls with an argument that is a literal: it may be a repository's name."""
WHOLE = {it: row for it, row in OURS.items() if "*" not in it}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# --- Names --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [it for it in WHOLE if "removed in" not in WHOLE[it].source])
def test_every_whole_name_exists(name: str) -> None:
    resolve(name)


@pytest.mark.parametrize("pattern", [it for it in OURS if "*" in it])
def test_every_pattern_matches_something(pattern: str) -> None:
    head, _, tail = pattern.partition("*")
    owner = resolve(head.rpartition(".")[0])
    names = [f"{head.rpartition('.')[0]}.{it}" for it in dir(owner)]
    first = head + "*" if tail[:1] in ("", ".") else head + "*" + tail
    assert any(fnmatchcase(name, first) for name in names)


def test_aliases_mean_the_same_object() -> None:
    for name, target in TABLE.aliases.items():
        if not name.startswith("torch."):
            continue
        if not name.endswith(".*"):
            if name != "torch.nn.utils.stateless.functional_call":  # a wrapper with a warning
                assert any(is_same(it, resolve(target)) for it in meanings(name)), name
            continue
        there = resolve(target[:-2])
        common = [it for it in WHOLE if it.rpartition(".")[0] == target[:-2]]
        for it in (whole.rpartition(".")[2] for whole in common):
            here = getattr(resolve(name[:-2]), it, None)
            assert here is None or here is getattr(there, it), f"{name}: {it}"


def is_same(one: Any, other: Any) -> bool:
    return one is other or (inspect.isclass(one) and issubclass(one, other))


def layers() -> dict[str, Any]:
    """The public module classes of torch.nn."""
    return {
        name: it
        for name, it in vars(nn).items()
        if inspect.isclass(it) and issubclass(it, nn.Module) and name[0] != "_"
    }


def test_every_layer_has_a_row_of_its_own() -> None:
    missing = [name for name in layers() if f"torch.nn.{name}" not in WHOLE]
    assert missing == []
    for name, layer in layers().items():
        written = f"{layer.__module__}.{layer.__name__}"
        assert KNOWLEDGE.callable(written) == WHOLE[f"torch.nn.{name}"]


def test_base_classes() -> None:
    for name, module in TABLE.classes.items():
        assert issubclass(resolve(name), nn.Module) == module, name
    for name in layers():
        assert KNOWLEDGE.is_module_class(f"torch.nn.{name}") is True
    for name, row in WHOLE.items():
        if "removed in" in row.source:
            continue
        found, verdict = resolve(name), KNOWLEDGE.is_module_class(name)
        if inspect.isclass(found) and verdict is not None:
            assert issubclass(found, nn.Module) == verdict, name


def test_every_part_of_torch_has_rows_of_its_own() -> None:
    """``torch.*`` is for the functions of torch itself, not for what is in its packages."""
    stdlib = {
        "builtins",
        "ctypes",
        "functools",
        "glob",
        "importlib",
        "inspect",
        "math",
        "os",
        "platform",
        "sys",
        "textwrap",
        "threading",
        "types",
        "warnings",
        "torch",
        "windows",
    }
    parts = [it for it in dir(torch) if inspect.ismodule(getattr(torch, it)) and it not in stdlib]
    rows = {it: KNOWLEDGE.callable(f"torch.{it}.anything") for it in parts}
    assert [it for it, row in rows.items() if row is None or row.name == "torch.*"] == []


def test_what_is_left_to_the_general_row_of_torch_gives_tensors() -> None:
    from torch.overrides import get_ignored_functions, get_testing_overrides

    functions = {*get_testing_overrides(), *get_ignored_functions()}
    in_place = {name + "_" for name in dir(torch)} | set(dir(torch.Tensor))
    others = []
    for name in filter(str.islower, dir(torch)):
        found, row = getattr(torch, name), KNOWLEDGE.callable(f"torch.{name}")
        if row is not None and row.name == "torch.*" and callable(found):
            if found not in functions and name not in in_place:
                others.append(name)
    undocumented = {
        "eig",
        "embedding_renorm_",
        "from_dlpack",
        "lstsq",
        "matrix_rank",
        "quantized_gru",
        "quantized_lstm",
        "solve",
        "symeig",
        "to_dlpack",
    }
    assert set(others) - undocumented == set()


# --- Wrappers, copies and exporters -------------------------------------------------------


def mixed() -> Any:
    """A module in training mode with one part in evaluation mode."""
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())
    module[1].eval()
    return module


def modes(module: Any) -> list[bool]:
    return [it.training for it in module.modules()]


INPUTS = (torch.rand(3, 4),)
WRAPPERS = {
    "torch.nn.DataParallel": lambda it: nn.DataParallel(it).module,
    "torch.compile": lambda it: torch.compile(it, backend="eager")._orig_mod,
    "torch.compiler.disable": lambda it: torch.compiler.disable(it)._orig_mod,
    "torch.jit.annotate": lambda it: torch.jit.annotate(nn.Module, it),
    "torch.func.replace_all_batch_norm_modules_": torch.func.replace_all_batch_norm_modules_,
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm": nn.SyncBatchNorm.convert_sync_batchnorm,
}
OF_A_LAYER = {
    "torch.nn.utils.weight_norm": nn.utils.weight_norm,
    "torch.nn.utils.remove_weight_norm": lambda it: nn.utils.remove_weight_norm(
        nn.utils.weight_norm(it)
    ),
    "torch.nn.utils.remove_spectral_norm": lambda it: nn.utils.remove_spectral_norm(
        nn.utils.spectral_norm(it)
    ),
    "torch.nn.utils.spectral_norm": nn.utils.spectral_norm,
    "torch.nn.utils.parametrizations.spectral_norm": nn.utils.parametrizations.spectral_norm,
    "torch.nn.utils.parametrizations.weight_norm": nn.utils.parametrizations.weight_norm,
    "torch.nn.utils.parametrizations.orthogonal": nn.utils.parametrizations.orthogonal,
    "torch.nn.utils.prune.*": lambda it: importlib.import_module("torch.nn.utils.prune").identity(
        it, "weight"
    ),
    "torch.nn.utils.parametrize.register_parametrization": lambda it: (
        nn.utils.parametrize.register_parametrization(it, "weight", nn.Identity())
    ),
}
COPIES = {
    "copy.deepcopy": copy.deepcopy,
    "torch.optim.swa_utils.AveragedModel": lambda it: (
        torch.optim.swa_utils.AveragedModel(it).module
    ),
    "torch.jit.script": torch.jit.script,
    "torch.ao.quantization.prepare": lambda it: importlib.import_module(
        "torch.ao.quantization"
    ).prepare(it),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapper_holds_its_argument_and_keeps_its_modes(name: str) -> None:
    assert returns(name) == "argument"
    module = mixed()
    before = modes(module)
    assert WRAPPERS[name](module) is module
    assert modes(module) == before


@pytest.mark.parametrize("name", OF_A_LAYER)
def test_a_change_of_a_layer_returns_the_layer_and_keeps_its_mode(name: str) -> None:
    assert returns(name) == "argument"
    layer = nn.Linear(4, 4).eval()
    assert OF_A_LAYER[name](layer) is layer
    assert not layer.training


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_starts_with_the_same_modes_and_has_its_own(name: str) -> None:
    assert returns(name) == "copy"
    module = mixed()
    copied = COPIES[name](module)
    assert copied is not module
    assert [it.training for it in copied.children()] == [it.training for it in module.children()]
    copied.eval()
    assert module.training
    assert module[0].training


def test_distributed_wrappers_hold_their_argument(tmp_path: Path) -> None:
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_gloo_available()):
        pytest.skip("this PyTorch has no gloo")
    store = (tmp_path / "store").as_uri()
    distributed.init_process_group("gloo", init_method=store, rank=0, world_size=1)
    try:
        module = mixed()
        before = modes(module)
        assert nn.parallel.DistributedDataParallel(module).module is module
        assert modes(module) == before
        mesh = resolve("torch.distributed.device_mesh.init_device_mesh")("cpu", (1,))
        assert resolve("torch.distributed.fsdp.fully_shard")(module, mesh=mesh) is module
        assert modes(module) == before
    finally:
        distributed.destroy_process_group()
    for name in ("nn.parallel.DistributedDataParallel", "distributed.fsdp.fully_shard"):
        assert returns(f"torch.{name}") == "argument"


def returns(name: str) -> str:
    row = KNOWLEDGE.callable(name.removesuffix("*") + "identity" if name[-1] == "*" else name)
    assert row is not None
    assert row.sets is None
    return row.returns


def test_a_shallow_copy_shares_the_submodules() -> None:
    module = mixed()
    assert returns("copy.copy") == "shallow copy"
    copied = copy.copy(module)
    assert copied[0] is module[0]
    copied.training = False
    assert module.training


def test_a_traced_graph_shares_the_leaves() -> None:
    module = mixed()
    assert returns("torch.fx.symbolic_trace") == "argument"
    assert getattr(torch.fx.symbolic_trace(module), "2") is module[2]


def test_spectral_norm_makes_a_layer_sensitive() -> None:
    for name in ("spectral_norm", "parametrizations.spectral_norm"):
        row = KNOWLEDGE.callable(f"torch.nn.utils.{name}")
        assert row is not None
        assert row.sensitive == "yes"
        layer = resolve(f"torch.nn.utils.{name}")(nn.Linear(30, 30))
        moved = []
        for training in (True, False):
            before = [it.clone() for it in layer.train(training).buffers()]
            layer(torch.rand(2, 30))
            moved.append(not all(map(torch.equal, before, layer.buffers())))
        assert moved == [True, False]


EXPORTERS = {
    "torch.jit.trace": lambda it: torch.jit.trace(it, INPUTS),
    "torch.jit.trace_module": lambda it: torch.jit.trace_module(it, {"forward": INPUTS}),
    "torch.export.export": lambda it: torch.export.export(it, INPUTS),
    "torch.export.draft_export": lambda it: torch.export.draft_export(it, INPUTS),
    "torch.optim.swa_utils.update_bn": lambda it: torch.optim.swa_utils.update_bn(
        [torch.rand(3, 4)], it
    ),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", EXPORTERS)
def test_what_runs_a_module_leaves_its_mode_the_same(name: str, training: bool) -> None:
    row = KNOWLEDGE.callable(name)
    assert row is not None
    assert row.sets == "same"
    module = mixed().train(training)
    EXPORTERS[name](module)
    assert modes(module) == [training] * 4


def test_update_bn_trains_without_gradients() -> None:
    row = KNOWLEDGE.callable("torch.optim.swa_utils.update_bn")
    assert row is not None
    assert (row.inside, row.argument, row.keyword) == ("off", 1, "model")
    seen = []
    module = mixed().eval()
    module.register_forward_hook(lambda it, *_: seen.append((it.training, torch.is_grad_enabled())))
    torch.optim.swa_utils.update_bn([torch.rand(3, 4)], module)
    assert seen == [(True, False)]


def test_frozen_modules_are_in_evaluation_mode() -> None:
    scripted = torch.jit.script(nn.Sequential(nn.Dropout()))
    torch.jit.optimize_for_inference(scripted)
    assert not scripted.training
    with pytest.raises(RuntimeError, match=r"eval\(\)"):
        torch.jit.freeze(torch.jit.script(nn.Sequential(nn.Dropout())))


def test_a_quantized_copy_is_in_evaluation_mode() -> None:
    module = mixed()
    assert not resolve("torch.ao.quantization.quantize_dynamic")(module, {nn.Linear}).training
    assert module.training


def test_keywords_are_parameters() -> None:
    for name, row in WHOLE.items():
        if row.keyword and "removed in" not in row.source:
            found = resolve(name)
            with contextlib.suppress(ValueError):  # functions written in C have no signature
                parameters = [it for it in inspect.signature(found).parameters if it != "self"]
                assert parameters.index(row.keyword) == row.argument, name
