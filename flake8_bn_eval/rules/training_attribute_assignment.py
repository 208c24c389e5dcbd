"""The flag `training` is assigned on a module with children: it does not reach them.

## Why it matters

`model.eval()` is more than `model.training = False`.  Every submodule has a flag of its own, and
a dropout or batch norm layer asks only its own.  `eval()` walks down the tree and sets all of
them; an assignment sets the one at the top, which most modules never read.  The model says
`model.training == False` to whoever asks, and its dropout goes on dropping.  The same holds for
`True`: after `eval()` only the top goes back to training, also where an earlier value is put back.

Even the warning of `torch.onnx.export` is silenced: it looks at the flag at the top, too.

## Example

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.Dropout(), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
model.training = False  # BNE302
print(model(torch.randn(1, 8)))
```

```python
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(8, 4), nn.Dropout())
        self.decoder = nn.Linear(4, 8)

    def forward(self, x):
        noisy = self.encoder(x)
        self.encoder.training = False  # BNE302
        clean = self.encoder(x)
        self.encoder.training = True  # BNE302
        return self.decoder(noisy), clean
```

Put back after `eval()`, which has reached the children as well:

```python
import torch
from torch import nn


@torch.no_grad()
def predict(model: nn.Module, images):
    was_training = model.training
    model.eval()
    found = model(images)
    model.training = was_training  # BNE302
    return found
```

The method taken for the flag:

```python
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        if self.train:  # BNE302
            return x
        return x.softmax(1)
```

## Use instead

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.Dropout(), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
model.eval()
print(model(torch.randn(1, 8)))
```

## When not to fix

None of the following is reported.  A layer without children has nobody to reach:

```python
from torch import nn

norm = nn.BatchNorm2d(8)
norm.training = True
```

An own `train()` may set its flag and call its children by hand:

```python
from torch import nn


class Frozen(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body
        self.head = nn.Linear(8, 2)

    def train(self, mode=True):
        self.training = mode
        self.head.train(mode)
        return self
```

Beside `eval()` the flag at the top is a switch of its own: some detectors compute their losses
only where it is set, and their layers stay in evaluation mode.

```python
from torch import nn


def losses(model: nn.Module, images, targets):
    model.eval()
    model.training = True
    return model(images, targets)
```

And a `training` of something else is something else:

```python
class Scheduler:
    def __init__(self):
        self.training = False


scheduler = Scheduler()
scheduler.training = True
```

## Proof

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 64), nn.Dropout(0.5))
x = torch.ones(1, 8)

model.training = False
assert not model.training and model[1].training  # the flag did not reach the child
assert not torch.equal(model(x), model(x))

model.eval()
assert not model[1].training
assert torch.equal(model(x), model(x))

model.training = True
assert not model[1].training  # nor does it on the way back
assert model.eval().train and not model.training  # the method itself is always true
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import ASSIGNING_TRAINING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts

METHODS = {Mode.TRAIN: "train()", Mode.EVAL: "eval()", None: "train(mode)"}


@rule("BNE302", "training-attribute-assignment", since="0.1", triggers=ASSIGNING_TRAINING)
def check(facts: Facts) -> Iterator[Report]:
    """`model.training = False` where `model.eval()` is meant."""
    for flag in facts.structure.mode_assignments:
        if flag.reaches_too_little:
            what = "put back" if flag.restores else "assigned"
            yield Report(
                flag.place,
                f"`{flag.subject}.training` is {what}: its submodules keep their modes",
                (),
                f"call `{flag.subject}.{METHODS[flag.mode]}`",
            )
    for test in facts.structure.method_tests:
        owner = test.subject.rpartition(".")[0]
        message = f"`{test.subject}` is a method: as a condition it is always true"
        yield Report(test.place, message, (), f"ask `{owner}.training`")
