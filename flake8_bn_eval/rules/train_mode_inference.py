"""A module predicts while it may be in training mode.

## Why it matters

A module is born in training mode and stays there until somebody calls `eval()`.  In that mode
dropout throws away random activations, and batch normalisation looks at the *other samples of
the batch*: the same image gets one answer alone, another among cats, a third among dogs.
Nothing raises.  The validation curve is merely worse and noisier than the model, and the
checkpoint "with the best accuracy" was chosen by the noise.

It does damage as well: every such call moves the running statistics towards the data it sees.
Validate in training mode and the validation set has leaked into the model you ship.
`torch.no_grad()` does not help: it stops gradients, not statistics and not dropout.

The rule speaks only where it knows how the module came into training mode (born so, `train()`,
a helper that puts it back), and its notes name that line.  A module that comes in from
outside, without anybody setting its mode, is BNE102.

## Example

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
with torch.no_grad():
    for sample in torch.load("samples.pt"):
        print(model(sample).argmax(dim=1))  # BNE101
```

The classic: a helper leaves the model as training wants it, and somebody predicts afterwards.

```python
import torch
from torch import nn


def validate(model, val_loader):
    model.eval()
    with torch.no_grad():
        losses = [nn.functional.mse_loss(model(x), y).item() for x, y in val_loader]
    model.train()
    return sum(losses) / len(losses)


def main(val_loader, test_loader):
    model = nn.Sequential(nn.Linear(8, 16), nn.Dropout(), nn.Linear(16, 1))
    print("validation", validate(model, val_loader))
    with torch.no_grad():
        for inputs, targets in test_loader:
            print(model(inputs).numpy(), targets)  # BNE101
```

## Use instead

Set the mode right before the region that predicts, and set it back right before the one that
trains; then no other function has to remember anything.

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
model.eval()
with torch.no_grad():
    for sample in torch.load("samples.pt"):
        print(model(sample).argmax(dim=1))
```

## When not to fix

None of the following is reported.  Monte Carlo dropout, where the spread of the answers is the
answer:

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.Linear(4, 1))
model.eval()
for layer in model.modules():
    if isinstance(layer, nn.Dropout):
        layer.train()
with torch.no_grad():
    samples = torch.stack([model(torch.ones(1, 4)) for _ in range(50)])
print(samples.mean(), samples.std())
```

A model that computes the same in both modes, because nothing in it looks at the mode:

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 2))
with torch.no_grad():
    print(model(torch.ones(1, 4)).argmax())
```

Estimating the running statistics anew, which takes exactly this mode and no gradients:

```python
import torch
from torch import nn


def finish(model, train_loader, optimizer):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    with torch.no_grad():
        for images, _ in train_loader:
            model(images)
    model.eval()
```

One function for both phases, steered by a flag:

```python
import torch
from torch import nn


def epoch(model, loader, optimizer, training):
    model.train(training)
    total = 0.0
    with torch.set_grad_enabled(training):
        for inputs, targets in loader:
            loss = nn.functional.mse_loss(model(inputs), targets)
            if training:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item()
    return total


def main(train_loader, val_loader):
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
    optimizer = torch.optim.Adam(model.parameters())
    epoch(model, train_loader, optimizer, training=True)
    epoch(model, val_loader, None, training=False)
```

A library that starts in evaluation mode by itself:

```python
import torch
from transformers import AutoModel

model = AutoModel.from_pretrained("bert-base-uncased")
with torch.no_grad():
    for tokens in torch.load("tokens.pt"):
        print(model(**tokens).last_hidden_state.mean(1).numpy())
```

A function from another file, which may have done anything:

```python
import torch
from project.zoo import load_for_inference

model = load_for_inference("weights.pt")
with torch.no_grad():
    for batch in torch.load("batches.pt"):
        print(model(batch).argmax(1).tolist())
```

A forward pass without gradients that serves a training step: a teacher, a momentum encoder, a
rollout.

```python
import copy

import torch
from torch import nn


def train(loader):
    encoder = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))
    momentum_encoder = copy.deepcopy(encoder)
    optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
    for query, key in loader:
        with torch.no_grad():
            keys = momentum_encoder(key)
        loss = nn.functional.mse_loss(encoder(query), keys)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
```

A generator that draws a preview while it trains; many GANs are sampled in training mode on
purpose.

```python
import torch
from torch import nn
from torchvision.utils import save_image


def train(loader, fixed_noise):
    netG = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.Linear(64, 3))
    netD = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
    optimizerG = torch.optim.Adam(netG.parameters())
    for step, images in enumerate(loader):
        loss = -netD(netG(torch.randn(len(images), 64))).mean()
        optimizerG.zero_grad()
        loss.backward()
        optimizerG.step()
        if step % 100 == 0:
            with torch.no_grad():
                save_image(netG(fixed_noise).cpu(), f"preview-{step}.png")
```

Where you predict in training mode, mean it, and are reported, say why in a comment behind
`# noqa: BNE101`.

## Proof

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))
for _ in range(20):
    model(torch.randn(32, 4))  # statistics worth protecting
image, cats, dogs = torch.randn(1, 4), torch.randn(7, 4), torch.randn(7, 4) + 5


def answer(others):
    return model(torch.cat([image, others]))[0]


def statistics():
    return model[1].running_mean.clone()


before = statistics()
with torch.no_grad():
    assert not torch.allclose(answer(cats), answer(cats))  # dropout rolls its dice again
    model[2].p = 0.0
    assert not torch.allclose(answer(cats), answer(dogs))  # the company decides
    assert not torch.equal(statistics(), before)  # and the model itself has changed

model[2].p = 0.5
model.eval()
before = statistics()
with torch.no_grad():
    assert torch.allclose(answer(cats), answer(cats))
    assert torch.allclose(answer(cats), answer(dogs))
    assert torch.equal(statistics(), before)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import INFERENCE

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE101", "train-mode-inference", since="0.1", triggers=INFERENCE)
def check(facts: Facts) -> Iterator[Report]:
    """Inference calls of modules that are known to come here in training mode."""
    reported: set[object] = set()
    for call in facts.forwards:
        matters = call.mode_matters and call.record.reacts_in_training
        if call.is_inference and matters and call.may_be(Mode.TRAIN):
            if facts.is_callers_choice(call, Mode.TRAIN) or facts.is_explained(call, Mode.TRAIN):
                continue
            if call.record.parts_set or facts.is_meant(call, Mode.TRAIN):
                continue
            if facts.is_undone(call, Mode.TRAIN) or facts.is_adapted_by_hand(call):
                continue
            if facts.is_born_in(Mode.TRAIN, call):
                if call.guessed or not facts.is_used_as_module(call):
                    continue
            shown = facts.shown(call, Mode.TRAIN)
            region = (call.region.definition, call.subject, shown.elsewhere)
            if region not in reported and facts.is_here(shown) and facts.is_reached(call):
                reported.add(region)
                how = "in" if call.must_be(Mode.TRAIN) else "while it may be in"
                yield Report(
                    shown.place,
                    f"`{shown.subject}` predicts {how} training mode",
                    (*call.how(Mode.TRAIN), *call.because),
                    f"call `{shown.subject}.{shown.setter or 'eval'}()` before",
                )
