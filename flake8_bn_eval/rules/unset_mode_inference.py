"""A module predicts in a mode that nobody in sight sets.

## Why it matters

`predict(model, loader)` works or fails with what somebody else did to the model an hour ago.
If the last call was `train()`, or if nobody ever called anything, dropout is active and batch
normalisation answers for the batch instead of the sample (BNE101 has the details).  The
function cannot tell, its tests build a model in whichever mode is convenient, and the first
caller who forgets gets plausible, slightly wrong numbers.

The rule has looked before it speaks: neither the function, nor a caller in this file, nor the
constructor of the object, nor any other line of the file sets the mode of that module.  There
is one report for a function, at its first such call.

## Example

```python
import torch


@torch.no_grad()
def predict(model, test_loader):
    predictions = []
    for batch in test_loader:
        predictions.append(model(batch).argmax(1).cpu().numpy())  # BNE102
    return predictions
```

```python
import torch


class Evaluator:
    def __init__(self, model, loader):
        self.model = model
        self.loader = loader

    def evaluate(self):
        correct = 0
        with torch.no_grad():
            for images, labels in self.loader:
                output = self.model(images)  # BNE102
                correct += (output.argmax(1) == labels).sum().item()
        return correct
```

## Use instead

A function that predicts puts the module in evaluation mode itself.  If it is called in the
middle of a training epoch, it also puts back what it found.

```python
import torch


@torch.no_grad()
def predict(model, test_loader):
    was_training = model.training
    model.eval()
    predictions = [model(batch).argmax(1).cpu().numpy() for batch in test_loader]
    model.train(was_training)
    return predictions
```

## When not to fix

None of the following is reported.  Every caller in the file sets the mode:

```python
import torch


def accuracy(model, loader):
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    return correct


def validate(model, loader):
    model.eval()
    return accuracy(model, loader)


def test(net, loader):
    net.train(False)
    return accuracy(net, loader)
```

The object that holds the module set it when it was built:

```python
import torch


class Evaluator:
    def __init__(self, model):
        self.model = model.eval()

    @torch.no_grad()
    def evaluate(self, loader):
        return [self.model(batch).argmax(1).tolist() for batch in loader]
```

A framework sets it around its hooks:

```python
from lightning import LightningModule


class Classifier(LightningModule):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def validation_step(self, batch, index):
        inputs, targets = batch
        self.log("accuracy", (self.net(inputs).argmax(1) == targets).float().mean())
```

A teacher or a target network without gradients inside a training step, whose mode is part of
the method:

```python
import torch


def distill(student, teacher, optimizer, loader):
    student.train()
    for batch in loader:
        with torch.no_grad():
            target = teacher(batch)
        loss = (student(batch) - target).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
```

If the callers live in other files and all of them call `eval()`, the report is right about
what it sees and wrong about the program.  Setting the mode again costs nothing; if you would
rather not, `# noqa: BNE102` belongs on the forward call.

## Proof

```python
import torch
from torch import nn


def predict(model, batch):
    return model(batch)


def careful_predict(model, batch):
    was_training = model.training
    model.eval()
    output = model(batch)
    model.train(was_training)
    return output


model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
batch = torch.randn(16, 4)
with torch.no_grad():
    # The same function, weights and batch: the caller's mode decides the answer.
    model.eval()
    expected = predict(model, batch)
    model.train()
    assert not torch.allclose(predict(model, batch), expected)

    model.eval()
    expected = predict(model, batch)
    for mode in (True, False):
        model.train(mode)
        assert torch.equal(careful_predict(model, batch), expected)
        assert model.training is mode  # and the caller finds the model as it was
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.evidence import LOOKED_AT
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import INFERENCE

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE102", "unset-mode-inference", since="0.1", triggers=INFERENCE)
def check(facts: Facts) -> Iterator[Report]:
    """The first inference call of each region whose module comes in from outside."""
    regions: set[object] = set()
    for call in facts.forwards:
        if not (call.is_inference and call.mode_matters):
            continue
        made_here = facts.is_made_here(call)
        if not (call.measures or made_here):
            continue
        if call.guessed or not LOOKED_AT & call.record.uses:
            continue
        if facts.is_callers_choice(call, Mode.UNSET):
            continue
        if not call.may_be(Mode.UNSET) or call.may_be(Mode.TRAIN):
            continue
        if call.region.definition in regions:
            continue
        is_set = facts.is_ever_set(call) if made_here else facts.sets_mode_of(call.subject)
        if is_set:
            continue
        if facts.is_adapted(call) or facts.is_set_by_callers_in_sight(call):
            continue
        shown = facts.shown(call)
        if not facts.is_here(shown) or not facts.is_reached(call):
            continue
        regions.add(call.region.definition)
        yield Report(
            shown.place,
            f"`{shown.subject}` predicts in a mode that nobody in sight sets",
            (*call.how(Mode.UNSET), *call.because),
            f"call `{shown.subject}.eval()` before",
        )
