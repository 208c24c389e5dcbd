"""A module's own `train()` or `eval()` does not return the module.

## Why it matters

`train()` and `eval()` of PyTorch return the module, and people write `model = Net().eval()` and
`model.eval().cuda()`.  With an override that returns nothing, the first makes `model` None and
the second fails.  Parents do not mind: they ignore what their children return.  That is why
the rule is opt-in.

## Example

```python
from torch import nn


class Encoder(nn.Module):
    def train(self, mode=True):  # BNE308
        super().train(mode)
        self.backbone.eval()
```

## Use instead

```python
from torch import nn


class Encoder(nn.Module):
    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self
```

## When not to fix

If nobody chains the call, nothing is wrong.  Not reported is what BNE304 reports already, and the
`train()` of a class that is no module:

```python
class Trainer:
    def train(self):
        self.model.train()
```

## Proof

```python
from torch import nn


class Silent(nn.Module):
    def train(self, mode=True):
        super().train(mode)


class Chainable(nn.Module):
    def train(self, mode=True):
        super().train(mode)
        return self


assert Silent().eval() is None
assert not nn.Sequential(Silent()).eval()[0].training  # a parent does not mind
assert isinstance(Chainable().eval(), Chainable)
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


@rule("BNE308", "unchainable-mode-override", since="0.1", triggers=OVERRIDING, default=False)
def check(facts: Facts) -> Iterator[Report]:
    """An override without `return self`."""
    for override in facts.structure.mode_overrides:
        if override.contract.name == "KEPT" and not override.returns:
            message = f"`{override.name}` returns nothing: a chained call has None"
            yield Report(override.place, message, (), "add `return self`")
