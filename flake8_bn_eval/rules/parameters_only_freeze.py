"""Normalisation layers are frozen by `requires_grad = False` alone.

## Why it matters

A batch norm layer has two kinds of memory.  Its weight and bias are parameters, and
`requires_grad = False` keeps the optimizer away from them.  Its running mean and variance are
buffers: no gradient reaches them anyway, and they move at every call in training mode.  So a
"frozen" layer goes on normalising with each batch and goes on drifting towards the new data.

The rule is opt-in because this is sometimes meant: with large batches, fresh statistics and old
weights can be the better choice.

## Example

```python
from torch import nn


def fine_tune(model, loader, optimizer, loss_function):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.requires_grad = False  # BNE307
            module.bias.requires_grad = False
    model.train()
    for inputs, targets in loader:
        loss_function(model(inputs), targets).backward()
        optimizer.step()
```

## Use instead

```python
from torch import nn


def fine_tune(model, loader, optimizer, loss_function):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.requires_grad_(False)
            module.eval()
    for inputs, targets in loader:
        loss_function(model(inputs), targets).backward()
        optimizer.step()
```

## When not to fix

If the statistics shall follow the new data.  Not reported are files that put norm layers in
evaluation mode as well, wherever, and layers that keep no statistics:

```python
from torch import nn


def freeze(model):
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.requires_grad_(False)
    model.train()
```

## Proof

```python
import torch
from torch import nn

norm = nn.BatchNorm1d(4).requires_grad_(False)
before = norm.running_mean.clone()
norm(torch.randn(16, 4) + 3.0)
assert not torch.equal(norm.running_mean, before)  # frozen parameters, moving statistics

norm.eval()
before = norm.running_mean.clone()
norm(torch.randn(16, 4) + 3.0)
assert torch.equal(norm.running_mean, before)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import FREEZING_PARAMETERS

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule(
    "BNE307",
    "parameters-only-freeze",
    since="0.1",
    triggers=FREEZING_PARAMETERS,
    default=False,
)
def check(facts: Facts) -> Iterator[Report]:
    """`requires_grad = False` of norm layers that stay in training mode."""
    for freeze in facts.freezes.parameters_only():
        yield Report(
            freeze.place,
            f"norm layers of `{freeze.subject}` learn no weights, but their statistics move",
            (),
            "put them in evaluation mode as well, after each `train()`",
        )
