"""A module overrides `train()` or `eval()` so that setting the mode no longer works.

## Why it matters

`eval()` is two lines: it calls `self.train(False)` and returns what that returns.  `train(mode)`
sets the module's own flag and calls `train(mode)` of every child.  So all of PyTorch relies on
one method, `train`, being callable with a mode, setting `self.training`, and reaching the
children.

The name is tempting for something else.  A module whose `train(self, loader)` is its fit loop
starts fitting when somebody calls `eval()`, its own or that of a model around it; one whose
`train(self)` takes no mode makes that call fail; `self.train = True` replaces the method by a
bool, and so does `self.backbone.train = False`, which sets no mode.  And an `eval()` of one's own
runs only when it is called by hand: a parent calls `train(False)` of its children, so what was
added there (fusing layers, say) silently does not happen.

## Example

A fit loop: `eval()` raises a TypeError, since it hands over a mode.

```python
from torch import nn


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 1)

    def train(self):  # BNE304
        for epoch in range(10):
            self.run_epoch(epoch)
```

A fit loop that takes the mode for its data:

```python
from torch import nn


class Regressor(nn.Module):
    def train(self, loader, epochs=10):  # BNE304
        for epoch in range(epochs):
            for batch in loader:
                self.step(batch)
```

The children are told, but not the module itself, whose `training` stays as it was:

```python
from torch import nn


class Detector(nn.Module):
    def __init__(self, backbone, head):
        super().__init__()
        self.backbone, self.head = backbone, head

    def train(self, mode=True):  # BNE304
        self.backbone.eval()
        self.head.train(mode)
        return self
```

Whatever it is asked for, it trains:

```python
from torch import nn


class Detector(nn.Module):
    def train(self, mode=True):  # BNE304
        super().train()
        self.backbone.eval()
        return self
```

A bool in the place of the method:

```python
from torch import nn


class Net(nn.Module):
    def __init__(self, train=True):
        super().__init__()
        self.train = train  # BNE304
```

An `eval()` that nobody will call:

```python
from torch import nn


class Block(nn.Module):
    def eval(self):  # BNE304
        super().eval()
        self.fuse()
        return self


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(), Block())
```

Nor does an own `train()` help, as long as it is `eval()` that does the work.  A variant of a
layer is always a part of something:

```python
from torch import nn


class Merged(nn.Linear):
    def train(self, mode=True):
        super().train(mode)
        self.merged = False
        return self

    def eval(self):  # BNE304
        super().eval()
        self.merge()
        return self
```

A mode without a default, and `model.train()` raises a TypeError:

```python
from torch import nn


class Distilled(nn.Module):
    def train(self, mode):  # BNE304
        super().train(mode)
        self.teacher.eval()
        return self
```

## Use instead

Call a fit loop something else, and let an override hand the mode to its base first.

```python
from torch import nn


class Detector(nn.Module):
    def __init__(self, backbone, head):
        super().__init__()
        self.backbone, self.head = backbone, head

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

    def fit(self, loader):
        for batch in loader:
            self.step(batch)
```

What shall happen on the way to evaluation belongs in `train` as well:

```python
from torch import nn


class Block(nn.Module):
    def train(self, mode=True):
        super().train(mode)
        if not mode:
            self.fuse()
        return self
```

## When not to fix

None of the following is reported.  A `train` that reaches the children and leaves out its own flag,
in a project in which nobody asks for it: neither the file of the class for any `training`, nor
another file for that of another object.  Trainers, datasets and agents that are no modules:

```python
class Trainer:
    def train(self, loader):
        for batch in loader:
            self.step(batch)

    def eval(self, loader):
        return [self.predict(batch) for batch in loader]
```

An override that recurses by hand, and one that keeps a module frozen:

```python
from torch import nn


class QuantizedBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
        self.freeze_norm = False

    def train(self, mode=True):
        self.training = mode
        if not self.freeze_norm:
            for module in self.children():
                module.train(mode)
        return self


class FrozenEncoder(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder.eval()

    def train(self, mode=True):
        return self
```

An `eval()` that only names the same thing again, and one beside a right `train()`:

```python
from torch import nn


class Model(nn.Module):
    def eval(self):
        return self.train(False)

    def train(self, mode=True):
        super().train(mode)
        self.cache = None
        return self


class Ensemble(nn.Module):
    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList([Model(), Model()])
```

A missing `return self` is BNE308.

## Proof

```python
from torch import nn

fitted = []


class Regressor(nn.Module):
    def train(self, loader=None):
        fitted.append(loader)


nn.Sequential(Regressor()).eval()
assert fitted == [False]  # the parent's eval() started the fit loop


class NoMode(nn.Module):
    def train(self):
        pass


try:
    nn.Sequential(NoMode()).eval()
    raise AssertionError("a train() without a mode was called with one")
except TypeError:
    pass


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Dropout()

    def train(self, mode=True):
        self.head.train(mode)
        return self


assert Detector().eval().training  # its own flag never changed

fused = []


class Block(nn.Module):
    def eval(self):
        fused.append(True)
        return super().eval()


nn.Sequential(Block()).eval()
assert not fused  # a parent calls train(False) of its children, not eval()


class Right(nn.Module):
    def train(self, mode=True):
        super().train(mode)
        if not mode:
            fused.append(True)
        return self




class NoDefault(nn.Module):
    def train(self, mode):
        return super().train(mode)


NoDefault().eval()
try:
    NoDefault().train()
    raise AssertionError("a train() without a default was called without a mode")
except TypeError:
    pass

model = nn.Sequential(Right()).eval()
assert fused and not model[0].training
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import OVERRIDING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts

MESSAGES = {
    "UNCALLABLE": "`{}` cannot be called the way `eval()` and parents call it",
    "NO_DEFAULT": "`{}` has no default for its mode: `train()` fails",
    "UNRELATED": "`{}` does not set the mode: whoever calls `eval()` runs this instead",
    "NOT_ITSELF": "`{}` never sets `self.training`: it stays as it was",
    "NOT_CHILDREN": "`{}` sets its own flag alone: its children keep their modes",
    "DEAF": "`{}` ignores its mode: after `eval()` the module is in training mode",
    "BYPASSED": "`{}` is not called by the `eval()` of a parent",
}
HELP = {
    "UNCALLABLE": "take a mode, or rename the method",
    "NO_DEFAULT": "write `mode=True`",
    "UNRELATED": "rename the method",
    "BYPASSED": "override `train(mode)` instead",
}


@rule("BNE304", "broken-mode-override", since="0.1", triggers=OVERRIDING)
def check(facts: Facts) -> Iterator[Report]:
    """Overrides that break the contract of `train(mode)`."""
    for override in facts.structure.mode_overrides:
        reason = override.contract.name
        if reason in MESSAGES and (reason != "NOT_ITSELF" or facts.are_modes_asked_for):
            advice = HELP.get(reason, "call `super().train(mode)` first")
            yield Report(override.place, MESSAGES[reason].format(override.name), (), advice)
    for hidden in facts.structure.hidden_mode_methods:
        message = f"this attribute hides the method `{hidden.owner}.{hidden.method}()`"
        advice = "give the attribute another name" if hidden.is_own else "call the method"
        yield Report(hidden.place, message, (), advice)
