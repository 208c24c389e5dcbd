"""A batch norm with the momentum of another framework: the running statistics follow each batch.

## Why it matters

In PyTorch momentum is the weight of the *new* batch: `running = 0.9 * running + 0.1 * batch` with
the default of 0.1.  In Keras, TensorFlow, Caffe, MXNet and PaddlePaddle it is the weight of the
*old* statistics, and the defaults are 0.9 or 0.99.  A value that was carried over, such as
`momentum=0.99`, makes the running statistics those of the last batch.  Training does not notice,
because it normalises by the batch.  Evaluation does: its results jump from one epoch to the
next, with the last batch that happened to be seen.

The arguments come in the order `num_features, eps, momentum`, so the number in
`BatchNorm2d(64, 0.8)` is no momentum at all: it is added to the variance.

## Example

```python
from torch import nn

norm = nn.BatchNorm2d(64, eps=1e-3, momentum=0.99)  # BNE405
```

```python
from torch import nn

BN_MOMENTUM = 0.9


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm2d(width, momentum=BN_MOMENTUM)  # BNE405
        self.last = nn.BatchNorm2d(width, 0.8)  # BNE405
```

```python
from torch import nn


def configure(model):
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.9997  # BNE405
```

```python
from dataclasses import dataclass

from torch import nn


@dataclass
class Config:
    width: int = 64
    norm_momentum: float = 0.99


def build(config: Config):
    return nn.BatchNorm1d(config.width, momentum=config.norm_momentum)  # BNE405
```

## Use instead

```python
from torch import nn

norm = nn.BatchNorm2d(64, eps=1e-3, momentum=1 - 0.99)
```

## When not to fix

None of the following is reported.  With 1 the last batch is meant, with None all batches weigh the
same, and without running statistics momentum means nothing:

```python
from torch import nn

last = nn.BatchNorm2d(64, momentum=1.0)
average = nn.BatchNorm2d(64, momentum=None)
untracked = nn.BatchNorm2d(64, momentum=0.9, track_running_stats=False)
```

The conversion, and momentum of something else:

```python
import torch
from torch import nn

KERAS_MOMENTUM = 0.99
norm = nn.BatchNorm2d(64, momentum=1 - KERAS_MOMENTUM)
optimizer = torch.optim.SGD(norm.parameters(), lr=0.1, momentum=0.9)
```

A fast average can be meant, for statistics that are measured anew in a few batches.  Say so with
`# noqa: BNE405`.

## Proof

```python
import torch
from torch import nn

torch.manual_seed(0)
batches = torch.randn(200, 16, 1) * 3 + 2  # the mean of all of them is 2


def wandering(momentum):
    norm = nn.BatchNorm1d(1, momentum=momentum)
    means = []
    for batch in batches:
        norm(batch)
        means.append(norm.running_mean.item())
    return torch.tensor(means[100:]).std()


def keras(mean, batch, momentum=0.99):
    return momentum * mean + (1 - momentum) * batch


assert wandering(0.99) > 5 * wandering(0.01)

norm = nn.BatchNorm1d(1, momentum=0.99)
norm(batches[0])
expected = 0.99 * batches[0].mean()  # from 0: the new batch is nearly all
assert torch.allclose(norm.running_mean, expected)

norm = nn.BatchNorm1d(1, momentum=1 - 0.99)
norm(batches[0])
assert torch.allclose(norm.running_mean, keras(torch.zeros(1), batches[0].mean()))

assert nn.BatchNorm2d(64, 0.8).eps == 0.8 and nn.BatchNorm2d(64, 0.8).momentum == 0.1
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import MOMENTUM

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.facts.layers.library_calls import LibraryCall
    from flake8_bn_eval.facts.written.constants import Known

SYMMETRIC = 0.5
"""What has no direction: it is the same in both conventions."""
LARGEST_EPSILON = 0.02
"""No epsilon in use is above: those of some papers are 1e-2."""


@rule("BNE405", "inverted-norm-momentum", since="0.1", triggers=MOMENTUM)
def check(facts: Facts) -> Iterator[Report]:
    """Momentum in the convention of other frameworks, or in another argument's place."""
    for call in facts.library_calls:
        if call.is_layer:
            yield from judge(call)
    for assigned in facts.calls.assigned("momentum"):
        for known in inverted(assigned.known):
            yield report(assigned.place, assigned.subject, known)


def judge(call: LibraryCall) -> Iterator[Report]:
    """The reports of one layer."""
    momentum, tracking = call.argument("momentum"), call.argument("tracking")
    if momentum is not None and (tracking is None or tracking.values != {False}):
        for known in inverted(momentum.known):
            yield report(call.place, call.subject, known)
    epsilon = call.argument("epsilon")
    if epsilon is not None and epsilon.by_position:
        for known in misplaced(epsilon.known):
            yield Report(
                call.place,
                f"`{call.subject}` takes {known.value} for `{epsilon.name}`, not for momentum",
                remarks(known),
                "name the argument; the momentum of PyTorch is the weight of the new batch",
            )


def inverted(found: Iterable[Known]) -> list[Known]:
    """The constants that are no momentum of PyTorch, each value once."""
    wrong = {each.value: each for each in found if is_between(each.value, SYMMETRIC, 1.0)}
    wrong.pop(SYMMETRIC, None)
    return list(wrong.values())


def misplaced(found: Iterable[Known]) -> list[Known]:
    """The constants that are no epsilon."""
    wrong = {each.value: each for each in found if is_between(each.value, LARGEST_EPSILON, 1.0)}
    return list(wrong.values())


def is_between(value: object, least: float, end: float) -> bool:
    """Whether a constant is a number of a range."""
    return isinstance(value, float) and least <= value < end


def report(place: int, subject: str, known: Known) -> Report:
    """What is said of a momentum."""
    assert isinstance(known.value, float)
    message = f"`{subject}`: momentum {known.value} is the weight of the new batch in PyTorch"
    return Report(place, message, remarks(known), f"write {round(1 - known.value, 9):g}")


def remarks(known: Known) -> tuple[Remark, ...]:
    """Where the value was written, if it was somewhere else."""
    return tuple(Remark(place, f"{known.value} comes from here") for place in known.places[:1])
