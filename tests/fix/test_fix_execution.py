"""Fixed programs, executed: the defect is gone, and nothing else has changed."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from flake8_bn_eval.analysis import analyse  # noqa: E402
from flake8_bn_eval.fix.containers import RESERVED  # noqa: E402
from flake8_bn_eval.fix.repair import repair  # noqa: E402
from flake8_bn_eval.rules import all_rules  # noqa: E402
from tests.fix.execution import Recording, record  # noqa: E402

HEAD = """\
import torch
import torch.nn.functional as F
from torch import nn

"""
LOADER = """\
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.randn(12, 8), torch.randn(12, 1)), batch_size=4)
val_loader = DataLoader(TensorDataset(torch.randn(8, 8), torch.randn(8, 1)), batch_size=4)
"""
ALL_CODES = frozenset(rule.code for rule in all_rules())


def runs(code: str, text: str, *, unsafe: bool) -> tuple[Recording, Recording]:
    """A program before and after its fixes, which must be those of a rule."""
    program = HEAD + text
    repaired = repair(
        program,
        lambda changed: analyse(changed, codes=ALL_CODES),
        unsafe=unsafe,
        wanted=lambda finding: finding.code == code,
    )
    assert repaired.fixes, repaired.declined
    assert not repaired.declined
    before, after = record(program), record(repaired.text)
    assert not after.raised
    return before, after


def same_calls(before: Recording, after: Recording) -> bool:
    """Whether the same modules were called in the same order."""
    return before.kinds() == after.kinds() and bool(before.calls)


def state(recording: Recording, name: str = "model") -> dict[str, torch.Tensor]:
    """The weights and buffers that a run ends with."""
    model = recording.names[name]
    assert isinstance(model, nn.Module)
    return model.state_dict()


def same_state(before: Recording, after: Recording, name: str = "model") -> bool:
    one, other = state(before, name), state(after, name)
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_a_method_that_is_called_sets_the_mode() -> None:
    before, after = runs(
        "BNE303",
        """\
model = nn.Sequential(nn.Linear(8, 8), nn.Dropout())
model.eval
with torch.no_grad():
    print(model(torch.ones(2, 8)).tolist())
""",
        unsafe=False,
    )
    assert same_calls(before, after)
    assert same_state(before, after)
    assert (before.modes("Dropout"), after.modes("Dropout")) == ([True], [False])
    assert before.gradients("Dropout") == after.gradients("Dropout") == [False]


def test_a_context_becomes_a_block() -> None:
    before, after = runs(
        "BNE202",
        """\
def predict(model, batch):
    model.eval()
    torch.no_grad()
    output = model(batch)
    return output.tolist()


model = nn.Sequential(nn.Linear(8, 8), nn.Dropout())
print(predict(model, torch.ones(2, 8)), torch.is_grad_enabled())
""",
        unsafe=False,
    )
    assert same_calls(before, after)
    assert before.printed == after.printed
    assert before.modes("Linear") == after.modes("Linear") == [False]
    assert (before.gradients("Linear"), after.gradients("Linear")) == ([True], [False])


def test_a_context_that_does_nothing_goes_and_nothing_changes() -> None:
    before, after = runs(
        "BNE202",
        """\
model = nn.Sequential(nn.Linear(8, 8), nn.Dropout())
torch.no_grad()
loss = model(torch.ones(2, 8)).sum()
loss.backward()
print(model[0].weight.grad.tolist())
""",
        unsafe=False,
    )
    assert before.calls == after.calls
    assert before.printed == after.printed != ""


def test_joined_contexts_are_all_entered() -> None:
    before, after = runs(
        "BNE202",
        """\
model = nn.Linear(8, 8).eval()
with torch.no_grad() and torch.autocast("cpu"):
    print(model(torch.ones(2, 8)).dtype)
print(torch.is_grad_enabled(), torch.is_autocast_enabled("cpu"))
""",
        unsafe=False,
    )
    assert same_calls(before, after)
    assert before.printed == after.printed
    assert "bfloat16" in after.printed
    assert (before.gradients("Linear"), after.gradients("Linear")) == ([True], [False])


def test_a_context_that_is_called_no_longer_raises() -> None:
    before, after = runs(
        "BNE202",
        """\
model = nn.Linear(8, 8).eval()
with torch.inference_mode:
    print(model(torch.ones(2, 8)).tolist())
""",
        unsafe=False,
    )
    assert before.raised in ("TypeError", "AttributeError")
    assert after.gradients("Linear") == [False]


def test_a_context_of_its_own_lets_gradients_come_back() -> None:
    before, after = runs(
        "BNE202",
        """\
quiet = torch.no_grad()


def outer(model, batch):
    with quiet:
        return inner(model, batch)


def inner(model, batch):
    model.eval()
    with quiet:
        return model(batch)


model = nn.Linear(8, 8)
outer(model, torch.ones(2, 8))
on_again = torch.is_grad_enabled()
""",
        unsafe=True,
    )
    assert before.calls == after.calls
    assert (before.names["on_again"], after.names["on_again"]) == (False, True)


def test_a_property_is_one_again() -> None:
    before, after = runs(
        "BNE202",
        """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    @torch.no_grad()
    @property
    def norm(self):
        return self.weight.norm()


value = Net().norm
""",
        unsafe=True,
    )
    assert not isinstance(before.names["value"], torch.Tensor)
    value = after.names["value"]
    assert isinstance(value, torch.Tensor)
    assert not value.requires_grad


@pytest.mark.parametrize(
    "call",
    ["F.dropout(x, 0.5)", "F.scaled_dot_product_attention(x, x, x, dropout_p=0.5)"],
)
def test_dropout_follows_the_mode(call: str) -> None:
    before, after = runs(
        "BNE401",
        f"""\
class Net(nn.Module):
    def forward(self, x):
        return {call}


model, x = Net(), torch.ones(1, 2, 8, 8)
trained = model(x)
model.eval()
with torch.no_grad():
    evaluated, again = model(x), model(x)
""",
        unsafe=False,
    )
    assert before.calls == after.calls
    assert torch.equal(before.names["trained"], after.names["trained"])
    assert not torch.equal(before.names["evaluated"], before.names["again"])
    assert torch.equal(after.names["evaluated"], after.names["again"])


def test_a_norm_follows_the_mode() -> None:
    before, after = runs(
        "BNE402",
        """\
class Norm(nn.BatchNorm1d):
    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, training=True)


model, x = Norm(8), torch.randn(4, 8) + 3
trained = model(x)
model.eval()
with torch.no_grad():
    whole, part = model(x)[:2], model(x[:2])
""",
        unsafe=True,
    )
    assert before.calls == after.calls
    assert torch.equal(before.names["trained"], after.names["trained"])
    assert not torch.allclose(before.names["whole"], before.names["part"])
    assert torch.allclose(after.names["whole"], after.names["part"])


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        ("[nn.Linear(8, 8), nn.Dropout()]", "self.layers"),
        ('{"a": nn.Linear(8, 8), "b": nn.Dropout()}', "self.layers.values()"),
    ],
)
def test_modules_in_a_container_are_reached(made: str, asked: str) -> None:
    before, after = runs(
        "BNE305",
        f"""\
class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = {made}

    def forward(self, x):
        for layer in {asked}:
            x = layer(x)
        return x


model = Stack()
trained = model(torch.ones(2, 8))
model.eval()
with torch.no_grad():
    model(torch.ones(2, 8))
""",
        unsafe=False,
    )
    assert same_calls(before, after)
    assert torch.equal(before.names["trained"], after.names["trained"])
    assert (before.modes("Dropout"), after.modes("Dropout")) == ([True, True], [True, False])
    assert not state(before)
    assert len(state(after)) == 2


def test_no_key_of_a_module_dictionary_is_one_of_its_attributes() -> None:
    names = {name for name in dir(nn.ModuleDict()) if not name.startswith("_")}
    assert names <= RESERVED


def test_a_mode_override_returns_the_module() -> None:
    before, after = runs(
        "BNE308",
        """\
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(8, 8)

    def train(self, mode=True):
        super().train(mode)
        if mode:
            return
        self.backbone.eval()


model = Encoder()
chained = [model.train() is model, model.eval() is model, model.training]
""",
        unsafe=False,
    )
    assert before.names["chained"] == [False, False, False]
    assert after.names["chained"] == [True, True, False]


@pytest.mark.parametrize("head", ["", "    for _ in range(2):\n        pass\n"])
def test_predictions_record_no_gradients(head: str) -> None:
    """By a decorator, and by a block where the function does more than predict."""
    before, after = runs(
        "BNE201",
        f"""\
{LOADER}
def evaluate(model, loader):
    model.eval()
    total = 0.0
{head}    for x, y in loader:
        total += F.mse_loss(model(x), y).item()
    return total


model = nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 1))
print(evaluate(model, val_loader), torch.is_grad_enabled())
""",
        unsafe=False,
    )
    assert same_calls(before, after)
    assert before.printed == after.printed
    assert same_state(before, after)
    assert before.modes("Dropout") == after.modes("Dropout") == [False, False]
    assert set(before.gradients("Dropout")) == {True}
    assert set(after.gradients("Dropout")) == {False}


TRAINING = f"""\
{LOADER}
{{validate}}

def fit(model, loader, val_loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    {{start}}
    for epoch in range(2):
        for x, y in loader:
            loss = F.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        validate(model, val_loader)


model = nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 1))
fit(model, loader, val_loader)
"""
IN_EPOCH, VALIDATING = 3, 2


def test_evaluation_sets_its_mode_and_training_goes_on_as_before() -> None:
    validate = """\
@torch.no_grad()
def validate(model, loader):
    for x, y in loader:
        print(F.mse_loss(model(x), y).item())
"""
    before, after = runs("BNE101", TRAINING.format(validate=validate, start="pass"), unsafe=True)
    assert same_calls(before, after)
    epoch = [True] * IN_EPOCH
    assert before.modes("Dropout") == [*epoch, True, True] * 2
    assert after.modes("Dropout") == [*epoch, False, False] * 2
    assert before.gradients("Dropout") == after.gradients("Dropout")


def test_every_epoch_begins_in_training_mode() -> None:
    validate = """\
@torch.no_grad()
def validate(model, loader):
    model.eval()
    for x, y in loader:
        print(F.mse_loss(model(x), y).item())
"""
    before, after = runs(
        "BNE103", TRAINING.format(validate=validate, start="model.train()"), unsafe=True
    )
    assert same_calls(before, after)
    off = [False] * VALIDATING
    assert before.modes("Dropout") == [True, True, True, *off, False, False, False, *off]
    assert after.modes("Dropout") == [True, True, True, *off] * 2
    assert before.gradients("Dropout") == after.gradients("Dropout")


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("number", [0, 1])
def test_a_function_gives_the_module_back_as_it_was(number: int, *, training: bool) -> None:
    """Also where it returns in the middle."""
    before, after = runs(
        "BNE102",
        f"""\
def predict(model, test_loader):
    with torch.no_grad():
        for index, batch in enumerate(test_loader):
            print(model(batch).argmax(1).cpu().numpy())
            if index == {number}:
                return index
    return None
""",
        unsafe=True,
    )
    for run, expected in ((before, training), (after, False)):
        model = nn.Sequential(nn.Linear(8, 8), nn.Dropout()).train(training)
        seen: list[bool] = []
        model.register_forward_pre_hook(lambda module, _, seen=seen: seen.append(module.training))
        predict = run.names["predict"]
        assert callable(predict)
        assert predict(model, [torch.ones(2, 8)] * 2) == number
        assert set(seen) == {expected}
        assert [module.training for module in model.modules()] == [training] * 3


def test_what_is_exported_is_in_evaluation_mode() -> None:
    before, after = runs(
        "BNE104",
        """\
model = nn.Sequential(nn.Linear(8, 8), nn.Dropout())
with torch.no_grad():
    traced = torch.jit.trace(model, torch.ones(1, 8), check_trace=False)
    one, other = traced(torch.ones(1, 8)), traced(torch.ones(1, 8))
""",
        unsafe=True,
    )
    assert same_state(before, after)
    assert not torch.equal(before.names["one"], before.names["other"])
    assert torch.equal(after.names["one"], after.names["other"])


def test_a_flag_becomes_calls_that_reach_the_children() -> None:
    before, after = runs(
        "BNE302",
        """\
model = nn.Sequential(nn.Linear(8, 8), nn.Dropout())
model.training = False
with torch.no_grad():
    print(model(torch.ones(1, 8)).shape)
model.training = True
""",
        unsafe=True,
    )
    assert same_calls(before, after)
    assert before.printed == after.printed
    assert (before.modes("Dropout"), after.modes("Dropout")) == ([True], [False])
    for run in (before, after):
        model = run.names["model"]
        assert isinstance(model, nn.Module)
        assert all(module.training for module in model.modules())


def test_an_override_hands_the_mode_on() -> None:
    before, after = runs(
        "BNE304",
        """\
class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone, self.head = nn.Dropout(), nn.Dropout()

    def train(self, mode=True):
        self.backbone.eval()
        self.head.train(mode)
        return self


model = Detector()
modes = []
for mode in (False, True):
    model.train(mode)
    modes.append((model.training, model.backbone.training, model.head.training))
""",
        unsafe=True,
    )
    assert before.names["modes"] == [(True, False, False), (True, False, True)]
    assert after.names["modes"] == [(False, False, False), (True, False, True)]


@pytest.mark.parametrize("in_class", [True, False])
def test_norms_stay_frozen(*, in_class: bool) -> None:
    freezing = """\
def freeze(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.eval()


"""
    of_class = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout())
        for module in self.inner.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.eval()

    def forward(self, x):
        return self.inner(x)


model = Net()
model.train()
model(torch.randn(4, 8))
"""
    of_function = """\
def fit(model, optimizer):
    freeze(model)
    for epoch in range(1):
        model.train()
        loss = model(torch.randn(4, 8)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout())
fit(model, torch.optim.SGD(model.parameters(), lr=0.1))
"""
    before, after = runs("BNE306", of_class if in_class else freezing + of_function, unsafe=True)
    assert same_calls(before, after)
    assert (before.modes("BatchNorm1d"), after.modes("BatchNorm1d")) == ([True], [False])
    assert before.modes("Dropout") == after.modes("Dropout") == [True]


def test_momentum_is_the_weight_of_the_new_batch() -> None:
    before, after = runs(
        "BNE405",
        """\
MOMENTUM = 0.9
norms = [
    nn.BatchNorm1d(8, momentum=MOMENTUM),
    nn.BatchNorm1d(8, 1e-5, 0.9),
    nn.BatchNorm1d(8, 0.9),
]
""",
        unsafe=True,
    )
    values = [[(norm.momentum, norm.eps) for norm in run.names["norms"]] for run in (before, after)]
    assert values[0] == [(0.9, 1e-5), (0.9, 1e-5), (0.1, 0.9)]
    assert [eps for _, eps in values[1]] == [1e-5] * 3
    assert [momentum for momentum, _ in values[1]] == pytest.approx([0.1] * 3)


def test_a_norm_has_statistics() -> None:
    before, after = runs(
        "BNE404",
        """\
model = nn.Sequential(nn.BatchNorm1d(8, track_running_stats=False), nn.Linear(8, 8))
model.load_state_dict(model.state_dict())
model.eval()
with torch.no_grad():
    for x in [torch.randn(4, 8)]:
        print(model(x).argmax(1).tolist())
""",
        unsafe=True,
    )
    assert same_calls(before, after)
    assert state(after).keys() - state(before).keys() == {
        "0.running_mean",
        "0.running_var",
        "0.num_batches_tracked",
    }


def test_an_average_has_statistics_of_its_own() -> None:
    before, after = runs(
        "BNE406",
        """\
from torch.optim.swa_utils import AveragedModel

model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))
average = AveragedModel(model)
means = []
for shift in range(3):
    model(torch.randn(4, 8) + 10 * shift).sum().backward()
    means.append(model[1].running_mean.clone())
    average.update_parameters(model)
average.eval()
with torch.no_grad():
    for x in [torch.randn(4, 8)]:
        print(average(x).argmax(1).tolist())
""",
        unsafe=True,
    )
    assert same_state(before, after)
    for run, is_averaged in ((before, False), (after, True)):
        means = run.names["means"]
        assert isinstance(means, list)
        mean = state(run, "average")["module.1.running_mean"]
        assert torch.allclose(mean, torch.stack(means).mean(0)) is is_averaged
