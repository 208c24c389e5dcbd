"""A module keeps other modules in a plain list or dictionary: `eval()` does not reach them.

## Why it matters

A module knows a child when it is assigned to an attribute, or when it is in a `ModuleList`, a
`ModuleDict` or a `Sequential`.  A Python list is an attribute too, but no module, and nobody looks
inside.  So the layers in it are computed with, and are missing everywhere else: `eval()` leaves
their dropout and batch norm in training mode, `to("cuda")` leaves their weights on the CPU,
`parameters()` does not give them to the optimizer, and `state_dict()` does not save them.  The
last two are silent, and the model trains, only worse.

## Example

```python
from torch import nn


class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = []  # BNE305
        for _ in range(depth):
            self.layers.append(nn.Sequential(nn.Linear(8, 8), nn.Dropout()))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
```

```python
from torch import nn


class Heads(nn.Module):
    def __init__(self, tasks):
        super().__init__()
        self.heads = {task: nn.Linear(8, 2) for task in tasks}  # BNE305

    def forward(self, x, task):
        return self.heads[task](x)
```

## Use instead

```python
from torch import nn


class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(depth):
            self.layers.append(nn.Sequential(nn.Linear(8, 8), nn.Dropout()))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
```

## When not to fix

None of the following is reported.  The list is only on the way to a container that registers:

```python
from torch import nn


class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = []
        for _ in range(depth):
            self.layers.append(nn.Linear(8, 8))
        self.layers = nn.ModuleList(self.layers)


class Named(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = [nn.Linear(8, 8) for _ in range(depth)]
        for index, block in enumerate(self.blocks):
            self.add_module(f"block{index}", block)


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = [nn.Linear(8, 8), nn.BatchNorm1d(8)]
        self.body = nn.Sequential(*self.parts)
```

The modules are attributes as well, and the list is a view of them:

```python
from torch import nn


class Pyramid(nn.Module):
    def __init__(self):
        super().__init__()
        self.fine = nn.Conv2d(3, 8, 3)
        self.coarse = nn.Conv2d(3, 8, 3, stride=2)
        self.levels = [self.fine, self.coarse]
```

One module is hidden in a list on purpose, so that it is neither saved nor trained; or they are
frozen; or the methods that should reach them are overridden to do so:

```python
from torch import nn


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)
        self.hidden = [nn.Linear(8, 8)]


class Perceptual(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.slices = [nn.Conv2d(3, size, 3).eval() for size in sizes]


class Reaching(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = [nn.Linear(size, 8) for size in sizes]

    def parameters(self, recurse=True):
        for layer in self.layers:
            yield from layer.parameters(recurse)
```

Nothing in it has weights or a mode:

```python
from torch import nn


class Losses(nn.Module):
    def __init__(self):
        super().__init__()
        self.losses = [nn.MSELoss(), nn.L1Loss()]
        self.activations = {"relu": nn.ReLU(), "tanh": nn.Tanh()}
```

## Proof

```python
import torch
from torch import nn


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 64), nn.Dropout(0.5)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Registered(Plain):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(self.layers)


x = torch.ones(1, 4)
plain, registered = Plain().eval(), Registered().eval()
assert plain.layers[1].training  # eval() did not reach it
assert not torch.equal(plain(x), plain(x))
assert not list(plain.parameters()) and not plain.state_dict()

assert not registered.layers[1].training
assert torch.equal(registered(x), registered(x))
assert len(list(registered.parameters())) == 2
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import KEEPING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE305", "unregistered-submodule", since="0.1", triggers=KEEPING)
def check(facts: Facts) -> Iterator[Report]:
    """Modules in plain containers."""
    for found in facts.structure.plain_containers:
        instead = "nn.ModuleDict" if found.kind == "dict" else "nn.ModuleList"
        yield Report(
            found.place,
            f"the modules in `self.{found.attribute}`, a plain {found.kind}, are not registered",
            (),
            f"make it an `{instead}`",
        )
