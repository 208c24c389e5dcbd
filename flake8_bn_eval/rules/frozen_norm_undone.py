"""Normalisation layers are frozen once, and a later `train()` puts them back.

## Why it matters

To fine-tune with small batches one freezes the batch norm layers: `eval()` on each of them, so
that they use the statistics of the pretrained network and leave them alone.  It works until the
next `model.train()`, which walks down the whole tree and sets every flag, theirs as well.  And a
training loop calls it at the beginning of each epoch.  From then on the layers normalise with
batches of two and overwrite the statistics that were to be kept; the log still says "frozen".

A freeze lasts where it is done again after every `train()`: in an override of `train(mode)` that
hands the mode to its base first.  Not even that helps if the method that freezes can no longer
be called, because `self.freeze_bn = freeze_bn` in the constructor has hidden it.

## Example

```python
from torch import nn


def freeze_norms(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def fit(model, loader, optimizer, loss_function):
    freeze_norms(model)  # BNE306
    for epoch in range(10):
        model.train()
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss_function(model(inputs), targets).backward()
            optimizer.step()
```

In a constructor, before anybody can have called `train()`:

```python
from torch import nn


class Segmenter(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        self.freeze()  # BNE306

    def freeze(self):
        for module in self.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
```

A part of a model that holds such layers, with its parameters:

```python
from torch import nn
from torchvision import models


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = models.resnet50(weights="DEFAULT")
        self.features.requires_grad_(False)
        self.features.eval()  # BNE306
        self.head = nn.Linear(1000, 10)

    def forward(self, x):
        return self.head(self.features(x))
```

The method that would freeze, hidden by the option of the same name:

```python
from torch import nn


class Segmenter(nn.Module):
    def __init__(self, backbone, freeze_bn=False):
        super().__init__()
        self.backbone = backbone
        self.freeze_bn = freeze_bn  # BNE306

    def freeze_bn(self):
        for module in self.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
```

## Use instead

```python
from torch import nn


class Segmenter(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def train(self, mode=True):
        super().train(mode)
        for module in self.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self
```

## When not to fix

None of the following is reported.  The freeze is done again after every `train()`:

```python
from torch import nn


def freeze_norm(module):
    if "BatchNorm" in type(module).__name__:
        module.eval()


def fit(model, loader, optimizer, loss_function):
    model.apply(freeze_norm)
    for epoch in range(10):
        model.train()
        model.apply(freeze_norm)
        for inputs, targets in loader:
            loss_function(model(inputs), targets).backward()
            optimizer.step()
```

Lightning keeps the modes of modules since its version 2.2, so the constructor may set them:

```python
import lightning as L
from torch import nn


class Segmenter(L.LightningModule):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        for module in backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
```

A module that overrides `train()`, and one that freezes or trains, but not both:

```python
from torch import nn


def prepare(model, frozen):
    if frozen:
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
    else:
        model.train()
```

## Proof

```python
import torch
from torch import nn


def freeze_norms(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.eval()


class Keeping(nn.Sequential):
    def train(self, mode=True):
        super().train(mode)
        freeze_norms(self)
        return self


def moves(model):
    norm = model[1]
    freeze_norms(model)
    model.train()  # what every epoch begins with
    before = norm.running_mean.clone()
    model(torch.randn(16, 4) + 3.0)
    return not torch.equal(norm.running_mean, before)


assert moves(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)))
assert not moves(Keeping(nn.Linear(4, 4), nn.BatchNorm1d(4)))


class Hidden(nn.Module):
    def __init__(self, freeze_bn=True):
        super().__init__()
        self.freeze_bn = freeze_bn

    def freeze_bn(self):
        freeze_norms(self)


try:
    Hidden().freeze_bn()
    raise AssertionError("the method could be called")
except TypeError:
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import FREEZING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE306", "frozen-norm-undone", since="0.1", triggers=FREEZING)
def check(facts: Facts) -> Iterator[Report]:
    """Norm layers frozen before somebody calls `train()`."""
    for undone in facts.freezes.undone():
        yield Report(
            undone.place,
            f"norm layers of `{undone.subject}` are frozen until the next `train()`",
            undone.remarks,
            "freeze them in an override of `train(mode)`",
        )
    for hidden in facts.freezes.hidden():
        message = f"this attribute hides the method `{hidden.class_name}.{hidden.method}()`"
        yield Report(hidden.place, message, (), "give the attribute another name")
