"""The rows of methods and attributes, against the modules, tensors and optimizers of PyTorch."""

from __future__ import annotations

import functools
import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest

from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.schema import read_table

torch = pytest.importorskip("torch", reason="the rows describe PyTorch, which is not installed")
nn = torch.nn

KNOWLEDGE = Knowledge.for_packages(frozenset())
METHODS = read_table(files("flake8_bn_eval.knowledge") / "torch.toml").methods


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def effect(receiver: str, name: str) -> str:
    row = KNOWLEDGE.method(receiver, name)
    assert row is not None, f"there is no row for {name} of {receiver}"
    return row.effect


def names(receiver: str, *effects: str) -> list[str]:
    return [
        name for (kind, name), row in METHODS.items() if kind == receiver and row.effect in effects
    ]


# --- Modules ------------------------------------------------------------------------------


def mixed() -> Any:
    module = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.BatchNorm1d(4), nn.Dropout()))
    module[1].eval()
    return module


def modes(module: Any) -> list[bool]:
    return [it.training for it in module.modules()]


def test_every_public_method_of_a_module_has_a_row() -> None:
    public = [name for name, it in inspect.getmembers(nn.Module, callable) if name[0] != "_"]
    assert [name for name in public if KNOWLEDGE.method("module", name) is None] == []


def test_eval_and_train_set_the_mode_of_the_whole_tree_and_return_the_module() -> None:
    assert (effect("module", "eval"), effect("module", "train")) == ("eval", "train")
    module = mixed()
    assert module.train() is module.train(False) is module.eval() is module.train(mode=True)
    assert modes(module) == [True] * 5
    assert modes(module.eval()) == modes(module.train(False)) == [False] * 5


SELF: dict[str, Callable[[Any], Any]] = {
    "to": lambda it: it.to("cpu"),
    "type": lambda it: it.type(torch.float64),
    "to_empty": lambda it: it.to_empty(device="cpu"),
}
NEEDS_A_DEVICE = {"cuda", "hpu", "ipu", "mtia", "xpu"}
WRAPPED = {"module", "_orig_mod"}


@pytest.mark.parametrize("name", sorted({*names("module", "self")} - NEEDS_A_DEVICE - WRAPPED))
def test_methods_that_return_the_module_keep_its_modes(name: str) -> None:
    module = mixed()
    before = modes(module)
    call = SELF.get(name, lambda it: getattr(it, name)())
    assert call(module) is module
    assert modes(module) == before


def test_attributes_of_wrappers_are_what_they_wrap() -> None:
    module = mixed()
    assert nn.DataParallel(module).module is module
    assert torch.compile(module, backend="eager")._orig_mod is module


def test_freezing_keeps_the_mode() -> None:
    module = mixed()
    before = modes(module)
    assert effect("module", "requires_grad_") == "freeze"
    assert module.requires_grad_(False) is module
    assert modes(module) == before
    assert not any(it.requires_grad for it in module.parameters())


def test_apply_reaches_every_module_and_returns_the_module() -> None:
    module = mixed()
    seen: list[Any] = []
    assert effect("module", "apply") == "apply"
    assert module.apply(seen.append) is module
    assert set(seen) == set(module.modules())


SUBMODULES: dict[str, Callable[[Any], list[Any]]] = {
    "modules": lambda it: list(it.modules()),
    "named_modules": lambda it: [module for _, module in it.named_modules()],
    "children": lambda it: list(it.children()),
    "named_children": lambda it: [module for _, module in it.named_children()],
    "items": lambda it: [module for _, module in nn.ModuleDict({"a": it[0], "b": it[1]}).items()],
    "values": lambda it: list(nn.ModuleDict({"a": it[0], "b": it[1]}).values()),
}


@pytest.mark.parametrize("name", SUBMODULES)
def test_iterators_over_submodules(name: str) -> None:
    row, module = METHODS["module", name], mixed()
    assert row.effect == "submodules"
    expected = list(module.modules()) if row.recursive else [module[0], module[1]]
    assert SUBMODULES[name](module) == expected


def test_a_submodule_by_its_path() -> None:
    module = mixed()
    assert effect("module", "get_submodule") == "submodules"
    assert module.get_submodule("1.0") is module[1][0]


REGISTER: dict[str, Callable[[Any, Any], Any]] = {
    "add_module": lambda it, new: it.add_module("new", new),
    "register_module": lambda it, new: it.register_module("new", new),
    "set_submodule": lambda it, new: it.set_submodule("new", new),
    "append": lambda it, new: it.append(new),
    "extend": lambda it, new: it.extend([new]),
    "insert": lambda it, new: it.insert(0, new),
}


@pytest.mark.parametrize("name", names("module", "register"))
def test_a_registered_module_keeps_its_mode_until_the_parent_sets_it(name: str) -> None:
    parent, new = nn.Sequential(nn.Linear(4, 4)).eval(), nn.Dropout()
    if name == "update":
        parent = nn.ModuleDict().eval()
        parent.update({"new": new})
    else:
        REGISTER[name](parent, new)
    assert new in list(parent.children())
    assert new.training
    parent.eval()
    assert not new.training


CALLS: dict[str, Callable[[Any], Any]] = {
    "get_buffer": lambda it: it.get_buffer("1.0.running_mean"),
    "get_parameter": lambda it: it.get_parameter("0.weight"),
    "load_state_dict": lambda it: it.load_state_dict(mixed().eval().state_dict()),
    "register_buffer": lambda it: it.register_buffer("new", torch.ones(1)),
    "register_parameter": lambda it: it.register_parameter("new", nn.Parameter(torch.ones(1))),
    "reset_parameters": lambda it: it[0].reset_parameters(),
    "keys": lambda it: nn.ModuleDict({"a": it}).keys(),
    "reset_running_stats": lambda it: it[1][0].reset_running_stats(),
    "flatten_parameters": lambda _: nn.LSTM(2, 2).flatten_parameters(),
    "update_parameters": lambda it: torch.optim.swa_utils.AveragedModel(it).update_parameters(
        mixed().eval()
    ),
    "compile": lambda it: it.compile(backend="eager"),
}
NO_CALL = {
    "__init__",
    "dump_patches",
    "training",
    "join",
    "no_sync",
    "register_comm_hook",
    "get_extra_state",
    "set_extra_state",
}


@pytest.mark.parametrize("name", sorted({*names("module", "neutral")} - NO_CALL))
def test_neutral_methods_keep_the_modes_and_do_not_return_the_module(name: str) -> None:
    module = mixed()
    before = modes(module)
    hook = "hook" in name
    call = CALLS.get(name, lambda it: getattr(it, name)(*((lambda *_: None,) if hook else ())))
    assert call(module) is not module
    assert modes(module) == before


# --- Tensors ------------------------------------------------------------------------------


INDICES = torch.zeros(3, 3, dtype=torch.long)
ATTEMPTS: list[tuple[Any, ...]] = [
    (),
    (0,),
    (1.0,),
    (0, 1),
    (torch.rand(3, 3),),
    (0, INDICES),
    ((9,),),
    (9, 1),
    (1, 0, 0),
    (INDICES > 1, 0.0),
    (INDICES > 1,),
    (0, INDICES[0]),
    (torch.rand(3),),
    (0, INDICES, 1.0),
]


def outcome(name: str) -> str | None:
    """What a method or attribute gives: a tensor with its graph, one without, or no tensor."""
    return graph_of(lambda it: getattr(it, name))


def graph_of(attribute: Callable[[Any], Any]) -> str | None:
    for arguments in ATTEMPTS:
        try:
            found = attribute((torch.rand(3, 3) + 0.1).requires_grad_() * 1)
            result = found(*arguments) if callable(found) else found
        except Exception:
            continue  # these arguments do not fit
        given = list(tensors(result))
        if not given:
            return "no tensor"
        return "graph" if any(it.requires_grad for it in given) else "no graph"
    return None


def tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from tensors(item)


ALLOWED = {
    "graph": {"rank", "same", "unknown"},
    "no graph": {"detach", "neutral", "unknown", "use"},
    "no tensor": {"backward", "neutral", "unknown", "use"},
}
PUBLIC = [name for name in dir(torch.Tensor) if name[0] != "_"]


def test_every_public_method_of_a_tensor_has_a_row() -> None:
    assert [name for name in PUBLIC if KNOWLEDGE.method("tensor", name) is None] == []


def test_methods_of_tensors_do_to_the_graph_what_their_rows_say() -> None:
    wrong = []
    outcomes = {name: outcome(name) for name in PUBLIC}
    for name, found in outcomes.items():
        if found and effect("tensor", name) not in ALLOWED[found] and name != "type":
            wrong.append((name, found, effect("tensor", name)))
    assert wrong == []
    assert list(outcomes.values()).count(None) < len(PUBLIC) / 4


@pytest.mark.parametrize("name", names("tensor", "use", "detach"))
def test_methods_that_leave_the_graph_are_no_way_back(name: str) -> None:
    assert hasattr(torch.Tensor, name)
    assert outcome(name) != "graph"


@pytest.mark.parametrize("name", names("tensor", "rank"))
def test_a_ranking_is_numbers_with_their_graph_and_places_without(name: str) -> None:
    assert KNOWLEDGE.callable(f"torch.{name}").effect == "rank"
    numbers = torch.rand(3, 3, requires_grad=True)
    for ranking in (getattr(numbers, name)(1), getattr(torch, name)(numbers, 1)):
        assert [part.requires_grad for part in ranking] == [True, False]
        assert ranking.indices.numpy().dtype == ranking[1].numpy().dtype


def test_functions_of_tensors_do_to_the_graph_what_their_rows_say() -> None:
    wrong, tried = [], 0
    for path in ("torch", "torch.nn.functional", "torch.linalg", "torch.fft"):
        for name in filter(str.islower, dir(importlib.import_module(path))):
            row = KNOWLEDGE.callable(f"{path}.{name}")
            function = getattr(importlib.import_module(path), name)
            if row is None or row.returns != "tensor" or not callable(function) or name[0] == "_":
                continue
            found = graph_of(lambda it, call=function: functools.partial(call, it))
            tried += found is not None
            if found and (row.effect or "same") not in ALLOWED[found]:
                wrong.append(f"{path}.{name}")
    inner = {"torch.fbgemm_linear_quantize_weight", "torch.fbgemm_pack_gemm_matrix_fp16"}
    of_their_argument = {"torch.sparse_coo_tensor", "torch.where", "torch.to_dlpack"}
    helpers = {it for it in wrong if "has_torch_function" in it}
    assert set(wrong) - inner - of_their_argument - helpers == set()
    assert tried > 400


def test_a_distribution_passes_the_graph_of_its_parameters_on() -> None:
    normal = torch.distributions.Normal(torch.ones(1, requires_grad=True), 1.0)
    results = {
        "rsample": normal.rsample(),
        "log_prob": normal.log_prob(torch.ones(1)),
        "entropy": torch.distributions.Categorical(logits=normal.mean).entropy(),
        "cdf": normal.cdf(torch.ones(1)),
        "icdf": normal.icdf(torch.ones(1) / 2),
    }
    for name, result in results.items():
        assert result.requires_grad
        assert effect("tensor", name) == "same"


def test_a_tensor_of_one_value_can_be_read() -> None:
    tensor = torch.ones(1, requires_grad=True) * 2
    assert tensor.item() == float(tensor) == int(tensor)
    assert effect("tensor", "item") == effect("tensor", "numpy") == "use"
    assert tensor.detach().numpy().tolist() == [2]


def test_backward_of_anything() -> None:
    for receiver in ("tensor", "module", "optimizer", "other"):
        assert effect(receiver, "backward") == "backward"


# --- Optimizers ---------------------------------------------------------------------------


def optimizers() -> list[Any]:
    found = [it for it in vars(torch.optim).values() if inspect.isclass(it)]
    return [it for it in found if issubclass(it, torch.optim.Optimizer)]


def test_optimizers_are_what_torch_optim_builds() -> None:
    assert len(optimizers()) > 10
    for optimizer in optimizers():
        row = KNOWLEDGE.callable(f"torch.optim.{optimizer.__name__}")
        assert row is not None
        assert row.returns == "optimizer"
        deep = KNOWLEDGE.callable(f"{optimizer.__module__}.{optimizer.__name__}")
        assert deep is row
    for name in ("StepLR", "LRScheduler", "CosineAnnealingLR"):
        row = KNOWLEDGE.callable(f"torch.optim.lr_scheduler.{name}")
        assert row is not None
        assert row.returns == "other"


def test_every_public_method_of_an_optimizer_has_a_row() -> None:
    public = {
        name
        for it in (torch.optim.Optimizer, torch.amp.GradScaler)
        for name, _ in inspect.getmembers(it, callable)
        if name[0] != "_"
    }
    settings = {name for name in public if name[:4] in ("get_", "set_")}
    assert {name for name in public - settings if KNOWLEDGE.method("optimizer", name) is None} == {
        "OptimizerPostHook",
        "OptimizerPreHook",
    } & public


def test_a_scaler_scales_a_loss_and_takes_the_step() -> None:
    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    loss = weight.sum()
    assert scaler.scale(loss) is loss
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    assert weight.item() == 0
    scale, step = (KNOWLEDGE.callable(f"torch.amp.GradScaler.{it}") for it in ("scale", "step"))
    assert scale is not None
    assert step is not None
    assert (scale.returns, step.steps) == ("argument", True)
