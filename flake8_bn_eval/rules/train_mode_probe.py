"""A model with loaded weights is run on made-up data in training mode.

## Why it matters

To learn the shape of an output, or to warm up a GPU, one runs the model once on zeros or noise
and forgets the result.  In training mode the model does not forget: every batch norm layer
moves its running statistics a tenth of the way towards those of the zeros.  Weights that were
loaded a line before are no longer what was saved.  `torch.no_grad()` does not prevent it.

The rule is opt-in: one such call does little harm to a model that is trained afterwards.

## Example

```python
import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten())
model.load_state_dict(torch.load("model.pt"))
features = model(torch.zeros(1, 3, 32, 32)).shape[1]  # BNE105
```

## Use instead

```python
import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten())
model.load_state_dict(torch.load("model.pt"))
model.eval()
features = model(torch.zeros(1, 3, 32, 32)).shape[1]
```

## When not to fix

Not reported are probes before the weights are loaded, which overwrites the statistics, and
probes of a model without layers that care:

```python
import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten())
features = model(torch.zeros(1, 3, 32, 32)).shape[1]
model.load_state_dict(torch.load("model.pt"))
plain = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten())
plain.load_state_dict(torch.load("plain.pt"))
features = plain(torch.zeros(1, 3, 32, 32)).shape[1]
```

## Proof

```python
import torch
from torch import nn

saved = nn.BatchNorm1d(3)
saved.running_mean.fill_(5.0)
model = nn.BatchNorm1d(3)
model.load_state_dict(saved.state_dict())
with torch.no_grad():
    model(torch.zeros(2, 3))
assert not torch.equal(model.running_mean, saved.running_mean)  # no longer what was loaded

model.load_state_dict(saved.state_dict())
model.eval()
model(torch.zeros(2, 3))
assert torch.equal(model.running_mean, saved.running_mean)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import PROBING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE105", "train-mode-probe", since="0.1", triggers=PROBING, default=False)
def check(facts: Facts) -> Iterator[Report]:
    """A forward call on made-up data that moves running statistics."""
    for call in facts.forwards:
        if call.is_probe and call.record.modes.must_be(Mode.TRAIN) and call.mode_matters:
            yield Report(
                call.place,
                f"this probe moves the running statistics of `{call.subject}`",
                call.how(Mode.TRAIN),
                f"call `{call.subject}.eval()` before",
            )
