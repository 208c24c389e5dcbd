"""Averaged weights that are evaluated with the running statistics of other weights.

## Why it matters

Averaging weights, over the last epochs or as a moving average, makes a network that has never
seen a batch. Its weights are new, but the running statistics of its batch norms are those of
the network that was trained, or of the moment at which the copy was made. In evaluation it
normalises its own activations by somebody else's mean and variance. With stochastic weight
averaging that can cost all of the gain, and more.

`AveragedModel` averages parameters only.  Buffers are copied from the last model it was given,
unless `use_buffers=True` averages them as well; `update_bn` computes them anew.  A
hand-written average over `parameters()` never touches a buffer at all.

## Example

```python
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
average = AveragedModel(model)  # BNE406
for x in torch.load("train.pt"):
    model(x).sum().backward()
    average.update_parameters(model)
average.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print(average(x).argmax(1).tolist())
```

```python
import copy

import torch
from torch import nn


def update(average, model, decay):
    for mean, weight in zip(average.parameters(), model.parameters()):
        mean.data.mul_(decay).add_(weight.data, alpha=1 - decay)  # BNE406


model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
average = copy.deepcopy(model)
for x in torch.load("train.pt"):
    model(x).sum().backward()
    update(average, model, 0.99)
average.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print(average(x).argmax(1).tolist())
```

## Use instead

```python
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
average = AveragedModel(model)
loader = torch.load("train.pt")
for x in loader:
    model(x).sum().backward()
    average.update_parameters(model)
update_bn(loader, average)
average.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print(average(x).argmax(1).tolist())
```

## When not to fix

None of the following is reported.  The buffers are averaged or copied, too:

```python
import copy

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)
other = copy.deepcopy(model)
for x in torch.load("train.pt"):
    model(x).sum().backward()
    average.update_parameters(model)
    for mean, weight in zip(other.parameters(), model.parameters()):
        mean.data.lerp_(weight.data, 0.01)
    for mean, buffer in zip(other.buffers(), model.buffers()):
        mean.copy_(buffer)
average.eval()
other.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print((average(x) + other(x)).argmax(1).tolist())
```

A teacher that is called in training mode keeps running statistics of its own, and a network without
batch norms has none:

```python
import copy

import torch
from torch import nn

student = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
teacher = copy.deepcopy(student)
plain = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8))
average = copy.deepcopy(plain)
for x in torch.load("train.pt"):
    with torch.no_grad():
        target = teacher(x)
    (student(x) - target + plain(x)).square().sum().backward()
    for mean, weight in zip(teacher.parameters(), student.parameters()):
        mean.data.lerp_(weight.data, 0.01)
    for mean, weight in zip(average.parameters(), plain.parameters()):
        mean.data.lerp_(weight.data, 0.01)
teacher.eval()
average.eval()
with torch.no_grad():
    for x in torch.load("test.pt"):
        print((teacher(x) + average(x)).argmax(1).tolist())
```

## Proof

```python
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

torch.manual_seed(0)
batches = [torch.randn(64, 4) for _ in range(50)]


def averaged(**options):
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, affine=False))
    average = AveragedModel(model, **options)
    for bias in (0.0, 10.0):  # two very different networks
        nn.init.constant_(model[0].bias, bias)
        for batch in batches:
            model(batch)
        average.update_parameters(model)
    return average


def offset(average):
    \"\"\"How far the outputs are from the mean of 0 that the norm promises.\"\"\"
    average.eval()
    return average(torch.cat(batches)).mean().abs().item()


stale = averaged()
assert offset(stale) > 1
update_bn(batches, stale)
assert offset(stale) < 0.05
buffers = averaged(use_buffers=True)
assert offset(buffers) < offset(averaged())

model, by_hand = nn.BatchNorm1d(4), nn.BatchNorm1d(4)
model(batches[0])
for mean, weight in zip(by_hand.parameters(), model.parameters()):
    mean.data.lerp_(weight.data, 0.5)
assert by_hand.running_mean.count_nonzero() == 0  # no buffer is a parameter
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import AVERAGING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE406", "stale-averaged-norm", since="0.1", triggers=AVERAGING)
def check(facts: Facts) -> Iterator[Report]:
    """Averages of parameters that are evaluated without statistics of their own."""
    for average in facts.stale_averages:
        subject, place = average.prediction.subject, average.prediction.place
        yield Report(
            average.place,
            f"`{subject}` predicts by averaged weights and stale norm statistics",
            (Remark(place, f"`{subject}` predicts", "it predicts in"),),
            "average the buffers, too, or compute them anew with `update_bn`",
        )
