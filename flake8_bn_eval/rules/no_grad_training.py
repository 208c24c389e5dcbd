"""A loss is differentiated that comes from gradient-free code only.

## Why it matters

Under `torch.no_grad()` no graph is recorded, so there is nothing for `backward()` to walk.  In
the best case PyTorch says so: "element 0 of tensors does not require grad and does not have a
grad_fn".  The usual cure from the internet makes it worse: `loss.requires_grad_(True)` silences the
error, `backward()` succeeds, and no parameter ever receives a gradient.  The loss curve is
flat, and people turn to the learning rate.

It comes about when a forward pass moves into a helper that is decorated for inference, or when
an evaluation leaves `torch.set_grad_enabled(False)` behind.

## Example

```python
import torch
from torch import nn


@torch.no_grad()
def loss_of(model, inputs, targets):
    return nn.functional.mse_loss(model(inputs), targets)


def step(model, optimizer, inputs, targets):
    loss = loss_of(model, inputs, targets)
    optimizer.zero_grad()
    loss.backward()  # BNE203
    optimizer.step()
```

```python
import torch
from torch import nn


def validate(model, val_loader):
    model.eval()
    torch.set_grad_enabled(False)
    return sum(nn.functional.mse_loss(model(x), y).item() for x, y in val_loader)


def fit(model, train_loader, val_loader, optimizer):
    print("before", validate(model, val_loader))
    model.train()
    for inputs, targets in train_loader:
        loss = nn.functional.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()  # BNE203
        optimizer.step()
```

A term of the loss that was computed without gradients moves the number that is printed, and no
weight:

```python
import torch
from torch import nn


def step(model, optimizer, inputs, targets, unlabelled):
    loss = nn.functional.cross_entropy(model(inputs), targets)
    with torch.no_grad():
        consistency = nn.functional.mse_loss(model(unlabelled), model(unlabelled + 0.1))
    loss = loss + 0.5 * consistency
    optimizer.zero_grad()
    loss.backward()  # BNE203
    optimizer.step()
```

So does one whose outputs went through numpy, on the way to a choice of the hard ones, say:

```python
import torch
from torch import nn


def step(model, optimizer, inputs, targets, pairs):
    loss = nn.functional.cross_entropy(model(inputs), targets)
    first = model(pairs[0]).detach().cpu().numpy()
    second = model(pairs[1]).detach().cpu().numpy()
    hard = (first - second).sum(1) > 0
    first, second = torch.from_numpy(first[hard]), torch.from_numpy(second[hard])
    contrast = nn.functional.mse_loss(first, second)
    loss = loss + 0.1 * contrast
    optimizer.zero_grad()
    loss.backward()  # BNE203
    optimizer.step()
```

## Use instead

```python
import torch
from torch import nn


def loss_of(model, inputs, targets):
    return nn.functional.mse_loss(model(inputs), targets)


def step(model, optimizer, inputs, targets):
    loss = loss_of(model, inputs, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@torch.no_grad()
def validation_loss(model, inputs, targets):
    model.eval()
    return loss_of(model, inputs, targets).item()
```

## When not to fix

None of the following is reported.  A target is computed without gradients, the prediction with
them:

```python
import torch
from torch import nn


def update(network, target_network, optimizer, batch):
    states, rewards, following = batch
    with torch.no_grad():
        targets = rewards + 0.99 * target_network(following).max(1).values
    loss = nn.functional.smooth_l1_loss(network(states).max(1).values, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
```

A consistency loss against a prediction that is held fixed, and a loss that is only shown:

```python
import torch
from torch import nn


def step(model, optimizer, inputs, targets, unlabelled):
    loss = nn.functional.cross_entropy(model(inputs), targets)
    with torch.no_grad():
        fixed = model(unlabelled)
        shown = nn.functional.mse_loss(fixed, model(unlabelled + 0.1))
    print(loss + shown)
    loss = loss + nn.functional.mse_loss(model(unlabelled), fixed)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
```

A frozen encoder without gradients below a head with them:

```python
import torch
from torch import nn


def step(encoder, head, optimizer, images, labels):
    with torch.no_grad():
        features = encoder(images)
    loss = nn.functional.cross_entropy(head(features), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
```

The gradient of an input, asked for inside a gradient-free function:

```python
import torch


@torch.no_grad()
def guided_sample(model, x, steps):
    for _ in range(steps):
        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            model(x).sum().backward()
        x = x - 0.1 * x.grad
    return x
```

`backward()` itself under `no_grad`, on a graph that was recorded outside:

```python
import torch


def penalised(model, inputs):
    loss = model(inputs).pow(2).mean()
    with torch.no_grad():
        loss.backward()
        for parameter in model.parameters():
            parameter -= 0.1 * parameter.grad
```

## Proof

```python
import torch
from torch import nn

model = nn.Linear(4, 1)
inputs, targets = torch.randn(8, 4), torch.randn(8, 1)


def loss_of():
    return nn.functional.mse_loss(model(inputs), targets)


with torch.no_grad():
    loss = loss_of()
assert not loss.requires_grad
try:
    loss.backward()
    raise AssertionError("there was something to differentiate")
except RuntimeError as error:
    assert "does not require grad" in str(error)

loss.requires_grad_(True)
loss.backward()  # the "cure": nothing is raised any more,
assert model.weight.grad is None  # and nothing is learnt

loss_of().backward()
assert model.weight.grad.abs().sum() > 0

alone = model.weight.grad.clone()
model.zero_grad()
with torch.no_grad():
    term = model(inputs).pow(2).mean()
(loss_of() + 100 * term).backward()
assert torch.equal(model.weight.grad, alone)  # a hundred times nothing
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.modes.lattice import Gradient
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import NO_GRAPH

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE203", "no-grad-training", since="0.1", triggers=NO_GRAPH)
def check(facts: Facts) -> Iterator[Report]:
    """Differentiations of values without any graph."""
    for event in facts.gradient_free_differentiations:
        call = next(facts.by_number(event.derived))
        off = call.gradients.witness(Gradient.OFF)
        reason = "was computed without gradients" if off else "lost its graph on the way"
        yield Report(
            event.place,
            f"the loss has no graph: the output of `{call.subject}` {reason}",
            off,
            "let gradients be recorded where the loss is computed",
        )
    for event, call in facts.gradient_free_terms:
        yield Report(
            event.place,
            f"a term of the loss trains nothing: `{call.subject}` ran without gradients",
            (Remark(call.place, "this output has no graph"), *call.gradients.witness(Gradient.OFF)),
            "let gradients be recorded where the term is computed, or leave the term out",
        )
    for event, term in facts.lost_terms:
        yield Report(
            event.place,
            f"a term of the loss trains nothing: what `{term}` is given went through numpy",
            (),
            "compute the term from the outputs themselves, or leave it out",
        )
