"""A batch norm without running statistics in a model that is evaluated with `eval()`.

## Why it matters

`track_running_stats=False` is decided when the layer is built: it has no running statistics,
neither mean nor variance.  So `eval()` changes nothing for it.  It normalises by the batch in
every mode, and the prediction for a sample depends on the samples that happen to stand in the same
batch: other batch sizes and orders give other results, and a batch of one value per
channel raises.

## Example

```python
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(64, track_running_stats=False)  # BNE404
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(self.norm(x))


model = Net()
model.load_state_dict(torch.load("model.pt"))
model.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print(model(x).argmax(1).tolist())
```

By way of a factory:

```python
from functools import partial

import torch
from torch import nn
from torchvision import models

model = models.resnet18(norm_layer=partial(nn.BatchNorm2d, track_running_stats=False))  # BNE404
model.load_state_dict(torch.load("model.pt"))
model.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print(model(x).argmax(1).tolist())
```

## Use instead

```python
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(64)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(self.norm(x))


model = Net()
model.load_state_dict(torch.load("model.pt"))
model.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print(model(x).argmax(1).tolist())
```

## When not to fix

None of the following is reported.  Nothing in sight evaluates the model, or it stays in training
mode because the statistics of the batch are meant:

```python
import torch
from torch import nn


class Learner(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(64, track_running_stats=False)

    def forward(self, x):
        return self.norm(x)


learner = Learner()
learner.train()  # on purpose: each batch is a task of its own
with torch.no_grad():
    print(learner(torch.load("task.pt")).argmax(1).tolist())
```

Instance norm looks at one sample at a time, with or without `eval()`:

```python
import torch
from torch import nn

model = nn.Sequential(nn.InstanceNorm2d(3, track_running_stats=False), nn.Flatten())
model.eval()
with torch.no_grad():
    print(model(torch.load("test.pt")).argmax(1).tolist())
```

## Proof

```python
import torch
from torch import nn

x = torch.randn(32, 4) * 3 + 5


def trained(track):
    norm = nn.BatchNorm1d(4, track_running_stats=track)
    for _ in range(100):
        norm(x)
    return norm.eval()


untracked, tracked = trained(False), trained(True)
assert untracked.running_mean is None and untracked.running_var is None
assert torch.allclose(untracked(x), untracked.train()(x))  # both modes do the same
untracked.eval()
assert not torch.allclose(untracked(x[:4]), untracked(x)[:4], atol=1e-3)
assert torch.allclose(tracked(x[:4]), tracked(x)[:4])
tracked(x[:1])
try:
    untracked(x[:1])
    raise AssertionError("one sample has no variance")
except ValueError:
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import UNTRACKED

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE404", "untracked-norm-inference", since="0.1", triggers=UNTRACKED)
def check(facts: Facts) -> Iterator[Report]:
    """Norms without running statistics in models that are evaluated."""
    for layer in facts.library_calls:
        if layer.is_untracked:
            for forward in facts.predictions_with(layer):
                yield Report(
                    layer.place,
                    f"`{layer.subject}` normalises by the batch in evaluation mode, too",
                    forward.how(Mode.EVAL),
                    "leave `track_running_stats` at its default",
                )
                break

