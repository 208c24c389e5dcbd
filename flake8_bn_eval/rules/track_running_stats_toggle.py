"""`track_running_stats` is assigned or read as if it were the mode.

## Why it matters

Print a batch norm layer after `model.eval()`, and it says

```text
BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
```

Still True?  So did `eval()` not work?  It did.  What it sets does not appear in this line: the
attribute `training`, which is False now, here and in every submodule.  That is the mode.  A
layer asks it at each call: if True, normalise with the mean and variance of this batch and move
the running ones a little towards them; if False, normalise with the running ones and leave
them alone.

`track_running_stats` is something else: an argument of the constructor, kept for the record.  It
says whether the layer *has* running statistics.  With False there are no buffers, `running_mean`
is None, and the layer can only ever use the batch, in both modes.  `eval()` never touches it,
and True is what you want to see.

Assigning it later is the trap.  The buffers are there already, and in evaluation it is they
that decide: `layer.track_running_stats = False` goes on normalising with the running
statistics, exactly as before.  All that changes is training, which stops updating them.  So
the assignment does not give "batch statistics at test time" (it does nothing then), and it does
not replace `eval()`.  Reading it to learn the mode gives the same answer always.

So what decides here is the mode in the forward calls that follow. A setting to False is reported
where they are in evaluation mode, in which it does nothing, or predict in a training mode that
nobody has left. It is not where they train. Where none is in sight, what is written beside the
setting decides: an `eval()`, a flag of the mode that it is given, a second function that turns it
on again.

[The whole truth table](../batchnorm.md), measured.

## Example

Adapting to the test data with its own statistics, so the author thinks:

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
model.eval()
for module in model.modules():
    if isinstance(module, nn.BatchNorm1d):
        module.track_running_stats = False  # BNE301
```

With a value that comes from a flag of the mode:

```python
from torch import nn


def set_mode(model, training):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats = training  # BNE301
```

As a pair of switches:

```python
from torch import nn


def use_batch_statistics(module):
    if isinstance(module, nn.BatchNorm2d):
        module.track_running_stats = False  # BNE301


def use_running_statistics(module):
    if isinstance(module, nn.BatchNorm2d):
        module.track_running_stats = True  # BNE301
```

On a layer just built, which will evaluate with means of 0 and variances of 1 for ever:

```python
from torch import nn

norm = nn.BatchNorm2d(8)
norm.track_running_stats = False  # BNE301
```

Read as if it told the mode:

```python
def mode_of(norm):
    training = norm.track_running_stats  # BNE301
    return "train" if training else "eval"
```

## Use instead

To choose the statistics, choose the mode; and to have those of the batch in evaluation as well,
put only the norm layers in training mode or take their buffers away.

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
model.eval()
for module in model.modules():
    if isinstance(module, nn.BatchNorm1d):
        module.train()
```

To build a layer without running statistics, say so when it is built:

```python
from torch import nn

norm = nn.BatchNorm2d(8, track_running_stats=False)
```

## When not to fix

None of the following is reported.  Test-time adaptation that takes the buffers away as well:

```python
from torch import nn


def configure(model):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats = False
            module.running_mean = None
            module.running_var = None
    return model
```

A training pass that shall not move the statistics, with the flag put back afterwards:

```python
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen_statistics(model):
    norms = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    for norm in norms:
        norm.track_running_stats = False
    yield
    for norm in norms:
        norm.track_running_stats = True


def perturb(model, x, loss_function):
    model.norm.track_running_stats = False
    loss_function(model(x)).backward()
    model.norm.track_running_stats = True
```

A pretrained network whose statistics shall stay as they are while it is trained:

```python
from torch import nn


class Adapter(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        for module in backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.track_running_stats = False
```

A norm layer of one's own, which keeps the flag and reads it:

```python
from torch import nn
from torch.nn import functional as F


class Norm(nn.Module):
    def __init__(self, track_running_stats=True):
        super().__init__()
        self.track_running_stats = track_running_stats

    def forward(self, x):
        training = self.training or not self.track_running_stats
        return F.batch_norm(x, self.mean, self.var, training=training)
```

## Proof

```python
import torch
from torch import nn

x = torch.randn(64, 3) + 7.0
norm = nn.BatchNorm1d(3, affine=False)
assert "training" not in repr(norm)

norm.eval()
assert norm.track_running_stats  # eval() leaves it alone
before = norm(x)

norm.track_running_stats = False
assert torch.equal(norm(x), before)  # evaluation still uses the buffers
assert norm(x).mean() > 6.0  # not the batch, whose mean would be gone

norm.train()
norm(x)
assert torch.equal(norm.running_mean, torch.zeros(3))  # training no longer updates them

norm.eval()
norm.running_mean = norm.running_var = None
assert norm(x).mean().abs() < 1e-4  # what does give batch statistics in evaluation
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import TRACKING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.facts.layers.statistics import Toggle

HELP = "set the mode by `train()` and `eval()`"


@rule("BNE301", "track-running-stats-toggle", since="0.1", triggers=TRACKING)
def check(facts: Facts) -> Iterator[Report]:
    """`track_running_stats` taken for the mode."""
    for toggle in facts.statistics_toggles:
        message = f"`{toggle.subject}.track_running_stats` is assigned, but does not set the mode"
        yield Report(toggle.place, message, remarks(toggle), HELP)
    for reading in facts.structure.statistics_readings:
        message = f"`{reading.subject}.track_running_stats` is read, but does not tell the mode"
        yield Report(reading.place, message, (), f"read `{reading.subject}.training`")


def remarks(toggle: Toggle) -> tuple[Remark, ...]:
    """A forward call that shows what the setting does not do."""
    shown_by = toggle.shown_by
    if shown_by is None:
        return ()
    if toggle.predicts:
        said = f"`{shown_by.subject}` is in training mode here"
    else:
        said = f"`{shown_by.subject}`, in evaluation mode, normalises as it would without it"
    return (Remark(shown_by.place, said),)
