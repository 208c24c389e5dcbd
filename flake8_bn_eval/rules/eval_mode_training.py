"""A module is trained while it may still be in evaluation mode.

## Why it matters

`eval()` does not stop training.  Gradients flow, the optimizer steps and the loss goes down, so
nobody notices that half of the recipe is switched off: dropout drops nothing, and batch
normalisation neither looks at the batch nor learns its statistics.  A fresh network trained
this way normalises with mean 0 and variance 1, that is, not at all.

It usually begins in the second epoch.  `train()` stands once before the loop, `eval()` inside
it or in a validation helper, and from the first validation on the model is never in training
mode again.  With `if step % 500 == 0: validate(model)` only the first 500 steps are what the
paper says.

## Example

```python
import torch
from torch import nn


def validate(model, val_loader):
    model.eval()
    with torch.no_grad():
        return sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader)


def fit(train_loader, val_loader, epochs):
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters())
    model.train()
    for epoch in range(epochs):
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs), targets)  # BNE103
            loss.backward()
            optimizer.step()
        print(epoch, validate(model, val_loader))
```

## Use instead

Begin every epoch with `train()`.  It is free, and it no longer matters what a helper leaves
behind.  If a helper runs in the middle of an epoch, it has to put the mode back itself.

```python
import torch
from torch import nn


def validate(model, val_loader):
    model.eval()
    with torch.no_grad():
        return sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader)


def fit(train_loader, val_loader, epochs):
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(epochs):
        model.train()
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
        print(epoch, validate(model, val_loader))
```

## When not to fix

None of the following is reported.  A frozen part that others train through:

```python
import torch
from torch import nn


class Probe(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
        self.head = nn.Linear(8, 2)


def fit(loader):
    probe = Probe()
    probe.backbone.eval()
    probe.backbone.requires_grad_(False)
    optimizer = torch.optim.SGD(probe.head.parameters(), lr=0.1)
    for images, labels in loader:
        features = probe.backbone(images).mean((2, 3))
        loss = nn.functional.cross_entropy(probe.head(features), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
```

A perceptual loss, or any other loss built on a fixed network:

```python
import torch
from torch import nn

critic = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).eval()


def train(generator, loader):
    optimizer = torch.optim.Adam(generator.parameters())
    generator.train()
    for noise, image in loader:
        loss = nn.functional.l1_loss(critic(generator(noise)), critic(image))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
```

An attack, a saliency map or a style transfer, which want the gradient of the *input*:

```python
import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.LazyLinear(10))
model.eval()


def attack(images, labels, epsilon):
    images.requires_grad_(True)
    nn.functional.cross_entropy(model(images), labels).backward()
    return (images + epsilon * images.grad.sign()).detach()
```

A helper that puts back the mode that it found:

```python
import torch
from torch import nn


def validate(model, val_loader):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        total = sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader)
    model.train(was_training)
    return total


def fit(train_loader, val_loader):
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters())
    model.train()
    for step, (inputs, targets) in enumerate(train_loader):
        loss = nn.functional.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 500 == 0:
            print(validate(model, val_loader))
```

Normalisation that stays frozen while the rest trains:

```python
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(8)
        self.conv = nn.Conv2d(8, 8, 3)

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, x):
        return self.conv(self.norm(x))


def fit(loader):
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.train()
    for x, y in loader:
        loss = nn.functional.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
```

A switch with a comment, or a string right above it, that says why the mode is meant is left alone,
too.

Fine-tuning that keeps the whole model in evaluation mode on purpose, from its first step to its
last, because the batches are too small for statistics of their own:

```python
import torch
from torch import nn


def finetune(loader):
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.LazyLinear(2))
    model.load_state_dict(torch.load("pretrained.pt"))
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    for image, label in loader:
        loss = nn.functional.cross_entropy(model(image), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
```

## Proof

```python
import torch
from torch import nn

norm, dropout = nn.BatchNorm1d(8, affine=False), nn.Dropout(0.5)
model = nn.Sequential(nn.Linear(4, 8), norm, dropout, nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
inputs, targets = 50 + torch.randn(64, 4), torch.randn(64, 1)
seen = {}
for layer in (norm, dropout):
    layer.register_forward_hook(lambda layer, x, y: seen.update({layer: (x[0], y)}))


def validate():
    model.eval()
    with torch.no_grad():
        model(inputs)


def step():
    weight, statistics = model[0].weight.detach().clone(), norm.running_mean.clone()
    optimizer.zero_grad()
    nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    return {
        "learns": not torch.equal(model[0].weight, weight),
        "normalises": seen[norm][1].mean(dim=0).abs().max().item() < 1e-3,
        "keeps statistics": not torch.equal(norm.running_mean, statistics),
        "drops": not torch.equal(*seen[dropout]),
    }


validate()
effects = step()
assert effects.pop("learns")  # that is why nobody notices
assert not any(effects.values()), effects

validate()
model.train()
assert all(step().values())
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import INFERENCE, TRAINING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts, Forward


@rule("BNE103", "eval-mode-training", since="0.1", triggers=TRAINING, also=INFERENCE)
def check(facts: Facts) -> Iterator[Report]:
    """Training steps of modules that somebody has put in evaluation mode before."""
    regions: set[object] = set()
    for call in facts.forwards:
        if not (call.is_training and call.mode_matters and call.may_be_trained_in(Mode.EVAL)):
            continue
        shown = facts.where_chosen(call, Mode.EVAL)
        region = (call.region.definition, call.subject, shown.elsewhere)
        if region in regions or not facts.is_here(shown) or not _is_trained(facts, call):
            continue
        if not facts.is_reached(call):
            continue
        regions.add(region)
        setter = shown.setter or "train"
        how = "in" if call.must_be(Mode.EVAL) else "while it may still be in"
        yield Report(
            shown.place,
            f"`{shown.subject}` is trained {how} evaluation mode",
            call.how(Mode.EVAL),
            f"call `{shown.subject}.{setter}()` before each training step or epoch",
        )


def _is_trained(facts: Facts, call: Forward) -> bool:
    """Whether this module is meant to learn: a frozen one may well be in evaluation mode."""
    if call.record.frozen or not facts.is_stepped(call) or facts.is_option(call, Mode.EVAL):
        return False
    if facts.is_explained(call, Mode.EVAL):
        return False
    if facts.is_trained_through(call) or facts.is_test(call) or facts.is_undone(call, Mode.EVAL):
        return False
    if facts.is_set_in_parts(call, Mode.TRAIN):
        return False
    if call.record.modes.must_be(Mode.EVAL) and not facts.was_put_in(Mode.TRAIN, call):
        unaware = facts.is_from_scratch(call) or facts.is_first_evaluated_afterwards(call)
        return unaware and facts.is_in_optimizer(call)
    return facts.was_put_in(Mode.TRAIN, call) or facts.is_in_optimizer(call)
