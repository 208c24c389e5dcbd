"""A module is exported or traced while it is in training mode.

## Why it matters

An export takes a picture.  What the module does at that moment is written down: a dropout that
drops goes into the graph as a dropout that drops, and batch norm as one that looks at the batch.
Nobody can call `eval()` on the result to turn it off: there is no flag left to set.  The
deployed model gives random answers to equal questions.

Until PyTorch 2.8 `torch.onnx.export` hid this: it switched to evaluation mode by itself.  The
exporter that is the default since 2.9 does not, and it ignores the argument `training`.
`torch.jit.script` keeps the flag instead of its value, so there `eval()` works afterwards.

## Example

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.Dropout(), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
traced = torch.jit.trace(model, torch.zeros(1, 8))  # BNE104
traced.save("model.ts")
```

```python
import torch
from torch import nn


def build():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))


def main():
    model = build()
    torch.onnx.export(model, torch.zeros(1, 3, 32, 32), "model.onnx")  # BNE104
```

## Use instead

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.Dropout(), nn.Linear(16, 2))
model.load_state_dict(torch.load("model.pt"))
model.eval()
traced = torch.jit.trace(model, torch.zeros(1, 8))
traced.save("model.ts")
```

## When not to fix

None of the following is reported.  The old exporter of ONNX, which switches the mode itself, asked
for by name or by an operator set that only it can write; and an export that says which mode it
wants:

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.Dropout())
x = torch.zeros(1, 8)
torch.onnx.export(model, x, "old.onnx", dynamo=False)
torch.onnx.export(model, x, "old.onnx", opset_version=11)
torch.onnx.export(model, x, "training.onnx", training=torch.onnx.TrainingMode.TRAINING)
```

A scripted module keeps its flag, and a module without any layer that cares has no mode to speak
of:

```python
import torch
from torch import nn

scripted = torch.jit.script(nn.Sequential(nn.Linear(8, 8), nn.Dropout()))
traced = torch.jit.trace(nn.Sequential(nn.Linear(8, 8), nn.ReLU()), torch.zeros(1, 8))
```

A module that comes in from outside may be in any mode:

```python
import torch


def save(model, example, path):
    torch.jit.trace(model, example).save(path)
```

## Proof

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.5))
x = torch.ones(1, 4)

traced = torch.jit.trace(model, x, check_trace=False)
traced.eval()  # too late
assert not torch.equal(traced(x), traced(x))

program = torch.export.export(model, (x,)).module()
assert not torch.equal(program(x), program(x))

model.eval()
traced = torch.jit.trace(model, x)
assert torch.equal(traced(x), traced(x))
program = torch.export.export(model, (x,)).module()
assert torch.equal(program(x), program(x))

scripted = torch.jit.script(nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.5)))
scripted.eval()
assert torch.equal(scripted(x), scripted(x))
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.modes.lattice import Mode
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import EXPORTING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE104", "train-mode-export", since="0.1", triggers=EXPORTING)
def check(facts: Facts) -> Iterator[Report]:
    """A call that keeps the mode of a module which must be training."""
    for export in facts.exports:
        if export.modes.must_be(Mode.TRAIN) and export.sensitive.name != "NO":
            name = export.exporter.rpartition(".")[2]
            yield Report(
                export.place,
                f"`{name}` takes `{export.subject}` as it is, in training mode",
                export.modes.witness(Mode.TRAIN),
                "call `eval()` on it before",
            )
