"""The rows of gradient contexts and of what differentiates, executed with the installed PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.knowledge.schema import read_table
from tests.torch_names import resolve

torch = pytest.importorskip("torch", reason="the rows describe PyTorch, which is not installed")

KNOWLEDGE = Knowledge.for_packages(frozenset())
TABLE = read_table(files("flake8_bn_eval.knowledge") / "torch.toml")
WHOLE = {it: row for it, row in TABLE.callables.items() if it[:6] == "torch." and "*" not in it}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    assert torch.is_grad_enabled(), "a test left gradients switched off"


def with_gradient(kind: str) -> dict[str, CallableRow]:
    return {it: row for it, row in WHOLE.items() if row.gradient == kind}


def records() -> bool:
    """Whether gradients are recorded now."""
    return bool((torch.ones(1, requires_grad=True) * 2).requires_grad)


@pytest.mark.parametrize(
    "name", [*with_gradient("off"), *with_gradient("inference"), *with_gradient("on")]
)
def test_a_gradient_context_sets_what_its_row_says(name: str) -> None:
    context, expected = resolve(name), WHOLE[name].gradient == "on"
    with torch.set_grad_enabled(not expected):
        with context():
            assert records() == expected
        assert context()(records)() == expected
        context()
        assert records() != expected, "it has no effect when it is only created"
        assert WHOLE[name].bare
        assert context(records)() == expected


def test_inference_mode_takes_a_flag() -> None:
    for flag in (True, False):
        with torch.inference_mode(mode=flag):
            assert records() != flag


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("name", with_gradient("argument"))
def test_a_gradient_function_sets_its_argument_at_once(name: str, flag: bool) -> None:
    function, row = resolve(name), WHOLE[name]
    with torch.set_grad_enabled(not flag):
        with function(mode=flag):
            assert records() == flag
        assert records() != flag
        assert row.immediate
        function(flag)
        assert records() == flag
    assert not row.bare
    with pytest.raises(TypeError):
        function(records)


CALM = {
    "torch.autocast": ("cpu",),
    "torch.amp.autocast": ("cpu",),
    "torch.cpu.amp.autocast": (),
    "torch.autograd.detect_anomaly": (),
    "torch.autograd.set_detect_anomaly": (True,),
    "torch.autograd.set_multithreading_enabled": (True,),
    "torch.backends.cudnn.flags": (),
    "torch.random.fork_rng": (),
    "torch.nn.utils.parametrize.cached": (),
    "torch.autograd.profiler.profile": (),
    "torch.profiler.record_function": ("step",),
    "torch.autograd.profiler.record_function": ("step",),
    "contextlib.nullcontext": (),
    "torch.autograd.graph.saved_tensors_hooks": (lambda it: it, lambda it: it),
}


@pytest.mark.parametrize("name", CALM)
def test_a_context_without_a_gradient_in_its_row_leaves_gradients_alone(name: str) -> None:
    row = KNOWLEDGE.callable(name)
    assert row is not None
    assert (row.returns, row.gradient) == ("context", None)
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled), resolve(name)(*CALM[name]):
            assert records() == enabled


def test_functions_that_differentiate() -> None:
    weight = torch.ones(2, requires_grad=True)
    torch.autograd.backward((weight * 2).sum())
    assert weight.grad is not None
    assert torch.autograd.grad((weight * 2).sum(), weight)[0].tolist() == [2, 2]
    for name in (
        "torch.autograd.backward",
        "torch.autograd.grad",
        "torch.autograd.functional.jacobian",
    ):
        row = KNOWLEDGE.callable(name)
        assert row is not None
        assert row.backward


def test_a_function_of_its_own_runs_without_gradients() -> None:
    seen = []

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(_: Any, value: Any) -> Any:
            seen.append(torch.is_grad_enabled())
            return value * 2

        @staticmethod
        def backward(_: Any, *gradients: Any) -> Any:
            seen.append(torch.is_grad_enabled())
            return gradients

    Function.apply(torch.ones(1, requires_grad=True)).sum().backward()
    assert seen == [False, False]
    for name in ("forward", "backward"):
        hook = KNOWLEDGE.hook("torch.autograd.Function", name)
        assert hook is not None
        assert hook.gradient == "off"
