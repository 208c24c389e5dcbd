"""A norm function whose mode never changes, although it is given running statistics.

## Why it matters

`F.batch_norm` does what its argument `training` says, and the default is False.  The module that
calls it may be in whatever mode: nobody tells the function.  If it is never told to train, the
running statistics stay what they were at the start, mean 0 and variance 1, and the layer
normalises nothing.  If it is always told to train, it updates running statistics that nobody
ever uses: in evaluation each prediction depends on the other samples of its batch, and a
single sample raises.

## Example

```python
import torch
import torch.nn.functional as F
from torch import nn


class ConditionalNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, x, weight, bias):
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, weight, bias)  # BNE402
```

```python
import torch.nn.functional as F
from torch import nn


class Norm(nn.BatchNorm2d):
    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, training=True)  # BNE402
```

## Use instead

```python
import torch.nn.functional as F
from torch import nn


class Norm(nn.BatchNorm2d):
    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, training=self.training)
```

## When not to fix

None of the following is reported.  Statistics of the batch itself, or none:

```python
import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.Module):
    def forward(self, x):
        var, mean = torch.var_mean(x, [0, 2])
        x = F.batch_norm(x, mean.detach(), var.detach())
        return F.batch_norm(x, None, None, training=True)
```

Statistics that somebody updates, or saves and restores:

```python
import torch
import torch.nn.functional as F
from torch import nn


class Renorm(nn.BatchNorm2d):
    def forward(self, x):
        if self.training:
            self.running_mean.lerp_(x.mean((0, 2, 3)), 0.1)
            self.running_var.lerp_(x.var((0, 2, 3)), 0.1)
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias)


class Episodic(nn.BatchNorm2d):
    def forget(self):
        self.running_mean.zero_()
        self.running_var.fill_(1)

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, training=True)
```

Layers that are frozen on purpose and say so by their name:

```python
import torch.nn.functional as F
from torch import nn


class FrozenBatchNorm2d(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias)
```

## Proof

```python
import torch
import torch.nn.functional as F
from torch import nn

x = torch.randn(64, 3) * 4 + 7


class Norm(nn.BatchNorm1d):
    def __init__(self, mode):
        super().__init__(3, affine=False)
        self.mode = mode

    def forward(self, x):
        training = self.training if self.mode is None else self.mode
        return F.batch_norm(x, self.running_mean, self.running_var, training=training)


never, always, right = Norm(False), Norm(True), Norm(None)
for norm in (never, always, right):
    for _ in range(100):
        norm(x)
    norm.eval()
assert never.running_mean.count_nonzero() == 0  # nothing has updated it
assert torch.allclose(never(x), x, atol=1e-3)  # and nothing is normalised
assert not torch.allclose(always(x[:8]), always(x)[:8], atol=1e-3)  # it depends on the batch
assert torch.allclose(right(x[:8]), right(x)[:8], atol=1e-3)
assert torch.allclose(right(x).mean(0), torch.zeros(3), atol=1e-2)
right(x[:1])
try:
    always(x[:1])
    raise AssertionError("one sample has no variance")
except ValueError:
    pass
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import FUNCTIONAL_NORM

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE402", "functional-norm-mode", since="0.1", triggers=FUNCTIONAL_NORM)
def check(facts: Facts) -> Iterator[Report]:
    """Norm functions that are given running statistics and one mode for ever."""
    for norm in facts.calls.functional_norms:
        if norm.by_batch:
            what = "always normalises by the batch: no mode reaches it"
        else:
            what = "always normalises by running statistics that nothing updates"
        yield Report(norm.place, f"`{norm.subject}` {what}", (), "pass `training=self.training`")
