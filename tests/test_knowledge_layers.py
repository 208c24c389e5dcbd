"""The rows of torch.nn against the installed PyTorch: each layer is built and run.

A layer is sensitive if and only if, with the same weights, inputs and random numbers, it
computes something else in training mode than in evaluation mode, or moves its buffers in
one of them only.  Exact for the inputs tried, which is no proof for all inputs.
"""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from flake8_bn_eval.knowledge.rows import CallableRow
from flake8_bn_eval.knowledge.schema import read_table

torch = pytest.importorskip("torch", reason="the rows describe PyTorch, which is not installed")
nn = torch.nn

from tests.layer_samples import IMAGE, Inputs, rand, sample  # noqa: E402  it imports torch

TABLE = read_table(files("flake8_bn_eval.knowledge") / "torch.toml")
ROWS: dict[str, CallableRow] = {
    name.removeprefix("torch.nn."): row
    for name, row in TABLE.callables.items()
    if name.startswith("torch.nn.") and name.count(".") == 2 and row.returns == "module"
}
NOT_RUN = {
    "Container": "the deprecated base of containers has no forward",
    "Module": "the base class has no forward",
    "ModuleDict": "it has no forward",
    "ModuleList": "it has no forward",
    "ParameterDict": "it has no forward",
    "ParameterList": "it has no forward",
    "Sequential": "empty, it gives its input back: see the test of containers",
    "TransformerDecoder": "see the test of containers",
    "TransformerEncoder": "see the test of containers",
    "RNNBase": "the base of the recurrent layers has no forward",
    "RNNCellBase": "the base of the recurrent cells has no forward",
    "SyncBatchNorm": "in training mode it runs on a GPU only",
    "NLLLoss2d": "a deprecated name of NLLLoss",
}


def test_number_attributes_hold_no_module() -> None:
    layers = [build(name) for name in RUN]
    parts = {name for layer in layers for each in layer.modules() for name in each._modules}
    numbers = {name for layer in layers for name in dir(layer)} | set(dir(torch.Tensor))
    listed = TABLE.vocabulary.number_attributes
    assert not listed & parts
    assert listed <= numbers


def run(layer: Any, training: bool, inputs: Inputs) -> list[Any]:
    """Outputs and buffers after two calls in one mode, with the same random numbers."""
    layer = copy.deepcopy(layer).train(training)
    torch.manual_seed(0)
    outputs: list[Any] = []
    for _ in range(2):
        outputs += tensors(layer(*inputs))
    return [*outputs, *layer.buffers()]


def tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value.detach()
    elif isinstance(value, tuple | list):
        for item in value:
            yield from tensors(item)


def reacts(layer: Any, inputs: Inputs) -> bool:
    """Whether the layer computes differently in the two modes."""
    layer(*inputs)  # a lazy layer gets its shape, and becomes the layer it stands for
    in_training, in_evaluation = run(layer, True, inputs), run(layer, False, inputs)
    pairs = zip(in_training, in_evaluation, strict=True)
    return not all(torch.allclose(a.float(), b.float(), atol=1e-5) for a, b in pairs)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


RUN = [name for name in ROWS if name not in NOT_RUN]


HOLDS = {"p": 0.5, "dropout": 0.5, "num_layers": 2, "track_running_stats": True}
FAILS = {"p": 0.0, "dropout": 0.0, "num_layers": 1, "track_running_stats": False}


def build(name: str, failing: str | None = None) -> Any:
    """The layer with every condition of its row fulfilled, but for one."""
    arguments = dict(sample(name)[0])
    for parameter in (it.parameter for it in ROWS[name].conditions):
        arguments[parameter] = (FAILS if parameter == failing else HOLDS)[parameter]
    return getattr(nn, name)(**arguments)


@pytest.mark.parametrize("name", RUN)
def test_a_layer_reacts_to_its_mode_exactly_if_its_row_says_so(name: str) -> None:
    row, layer = ROWS[name], build(name)
    assert layer.training
    assert row.starts == "train"
    assert reacts(layer, sample(name)[1]()) == (row.sensitive == "yes")


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, it.parameter) for name in RUN for it in ROWS[name].conditions],
)
def test_a_layer_does_not_react_without_one_of_its_conditions(name: str, parameter: str) -> None:
    assert not reacts(build(name, failing=parameter), sample(name)[1]())


@pytest.mark.parametrize("name", RUN)
def test_a_layer_built_with_its_defaults_reacts_as_its_row_says(name: str) -> None:
    row, (arguments, inputs) = ROWS[name], sample(name)
    expected = row.sensitive == "yes" and all(it.default > it.above for it in row.conditions)
    assert reacts(getattr(nn, name)(**arguments), inputs()) == expected


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].conditions])
def test_conditions_name_the_parameter_its_position_and_its_default(name: str) -> None:
    for condition in ROWS[name].conditions:
        position, default = parameter_of(name, condition.parameter)
        assert condition.position == position
        assert condition.default == default


def parameter_of(name: str, parameter: str) -> tuple[int, float]:
    parameters = list(inspect.signature(getattr(nn, name)).parameters.values())
    if parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        parameters = list(inspect.signature(nn.RNNBase).parameters.values())[1:]
        if name == "RNN":  # it takes its nonlinearity before the parameters of the others
            parameters.insert(3, inspect.Parameter("nonlinearity", parameters[0].kind))
    names = [it.name for it in parameters]
    return names.index(parameter), float(parameters[names.index(parameter)].default)


def test_positions_of_recurrent_layers() -> None:
    assert nn.RNN(4, 4, 2, "tanh", True, False, 0.5).dropout == 0.5
    for layer in (nn.LSTM(4, 4, 2, True, False, 0.5), nn.GRU(4, 4, 2, True, False, 0.5)):
        assert (layer.num_layers, layer.dropout) == (2, 0.5)


@pytest.mark.parametrize("name", NOT_RUN)
def test_a_layer_that_cannot_be_run_is_born_in_training_mode(name: str) -> None:
    layer = (
        nn.TransformerEncoderLayer(4, 2) if "Encoder" in name else nn.TransformerDecoderLayer(4, 2)
    )
    arguments = {"SyncBatchNorm": (4,), "RNNBase": ("LSTM", 4, 4), "RNNCellBase": (4, 4, True, 4)}
    special = (layer, 1) if name.startswith("Transformer") else arguments.get(name, ())
    assert getattr(nn, name)(*special).training
    assert ROWS[name].starts == "train"


def test_containers_are_as_sensitive_as_what_they_hold() -> None:
    sensitive, calm = nn.Dropout(), nn.Linear(6, 6)
    assert reacts(nn.Sequential(calm, sensitive), (rand(*IMAGE),))
    assert not reacts(nn.Sequential(calm), (rand(*IMAGE),))
    for dropout in (0.0, 0.5):
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, dropout), 2)
        decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, dropout), 2)
        assert reacts(encoder, (rand(3, 5, 4),)) == bool(dropout)
        assert reacts(decoder, (rand(3, 5, 4),) * 2) == bool(dropout)


def test_containers_register_the_modules_among_their_arguments() -> None:
    layer = nn.Dropout()
    containers = [nn.Sequential(layer), nn.ModuleList([layer]), nn.ModuleDict({"layer": layer})]
    for container in containers:
        assert ROWS[type(container).__name__].registers
        assert layer in list(container.children())
    registering = {name for name, row in ROWS.items() if row.registers}
    assert registering == {
        "Container",
        "ModuleDict",
        "ModuleList",
        "Sequential",
        "TransformerDecoder",
        "TransformerEncoder",
    }


@pytest.mark.parametrize("name", RUN)
def test_a_layer_without_parameters_has_a_row_that_says_so(name: str) -> None:
    layer = getattr(nn, name)(**sample(name)[0])
    has_affine_option = "InstanceNorm" in name and "Lazy" not in name
    assert ROWS[name].weightless or has_affine_option == (not list(layer.parameters()))


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.weightless])
def test_a_weightless_layer_has_no_parameters_whatever_its_conditions(name: str) -> None:
    assert not list(build(name).parameters())


@pytest.mark.parametrize("name", ["SyncBatchNorm"])
def test_the_synchronised_norm_decides_as_the_others_do(name: str) -> None:
    layer = nn.BatchNorm2d(4)
    assert nn.SyncBatchNorm.convert_sync_batchnorm(layer).track_running_stats
    assert parameter_of(name, "track_running_stats") == parameter_of(
        "BatchNorm2d", "track_running_stats"
    )


def test_every_class_that_reads_its_mode_has_a_sensitive_row() -> None:
    reading = {name for name in ROWS if reads_its_mode(getattr(nn, name))}
    containing = {"RNNBase", "Transformer", "TransformerDecoderLayer"}
    sensitive = {name for name, row in ROWS.items() if row.sensitive == "yes"}
    assert sensitive == reading | containing


def reads_its_mode(layer: Any) -> bool:
    sources = [inspect.getsource(it) for it in layer.__mro__[:-1] if it is not nn.Module]
    return any("self.training" in it for it in sources)
