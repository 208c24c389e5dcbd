"""A layer that is built inside a forward path: always in training mode, never trained.

## Why it matters

A layer belongs to a model because it was assigned to an attribute in the constructor. Then
`eval()` reaches it, `parameters()` hands its weights to the optimizer, `state_dict()` saves
them. One that is built where it is used is a new one in every call. A new layer is in training
mode, so `nn.Dropout(0.5)(x)` drops in evaluation, too, and `nn.BatchNorm1d(n)(x)` normalises by
the batch and forgets what it has seen. The weights of a new `nn.Linear` are random: they are
different in every call, and nothing ever trains them.

## Example

```python
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        x = nn.Dropout(0.5)(x)  # BNE403
        return self.out(x)
```

```python
from torch import nn


class Stage(nn.Module):
    def forward(self, x):
        norm = nn.BatchNorm2d(x.shape[1]).to(x.device)  # BNE403
        squeeze = nn.Conv2d(x.shape[1], 1, 1)  # BNE403
        return squeeze(norm(x))
```

## Use instead

```python
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(self.dropout(x))


class Stage(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LazyBatchNorm2d()
        self.squeeze = nn.LazyConv2d(1, 1)

    def forward(self, x):
        return self.squeeze(self.norm(x))
```

## When not to fix

None of the following is reported.  Layers without weights and without a mode:

```python
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return nn.ReLU()(nn.LayerNorm(x.shape[1:])(nn.InstanceNorm2d(3)(x)))
```

A layer that is kept, because its size is known only at the first call, and a filter whose
weights are set:

```python
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        if not hasattr(self, "out"):
            self.out = nn.Linear(x.shape[1], 10)
        blur = nn.Conv2d(1, 1, 3, bias=False)
        blur.weight.data = torch.ones(1, 1, 3, 3) / 9
        return self.out(blur(x))
```

Dropout under a switch, and layers that are built outside of forward paths:

```python
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x, training=False):
        if training:
            x = nn.Dropout(0.5)(x)
        return x


print(nn.Linear(3, 3)(torch.ones(3)))
```

## Proof

```python
import torch
from torch import nn

x = torch.ones(8, 16)


class Bad(nn.Module):
    def forward(self, x):
        return nn.Dropout(0.5)(x)


class Good(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(x)


assert not torch.equal(Bad().eval()(x), x)
assert torch.equal(Good().eval()(x), x)


class Random(nn.Module):
    def forward(self, x):
        return nn.Linear(16, 4)(nn.BatchNorm1d(16)(x))


random = Random().eval()
assert not list(random.parameters()) and not random.state_dict()
assert not torch.equal(random(torch.randn(8, 16)), random(torch.randn(8, 16)))
try:
    random(torch.ones(1, 16))  # a batch of one has no variance
    raise AssertionError("it normalised by running statistics")
except ValueError:
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import BUILDING_LAYERS

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE403", "layer-built-in-forward", since="0.1", triggers=BUILDING_LAYERS)
def check(facts: Facts) -> Iterator[Report]:
    """Layers with weights or with a mode that are built where they are called."""
    for layer in facts.calls.built:
        what = "is never trained" if layer.learns else "is always in training mode"
        yield Report(
            layer.place,
            f"`{layer.subject}` is built in a forward call: it {what}",
            (),
            "build it in `__init__` and keep it in an attribute",
        )
