"""A method that sets the mode is named but not called.

## Why it matters

`model.eval` without parentheses looks a method up and forgets it.  It is a valid statement, so
Python says nothing, and neither does PyTorch: the model goes on in the mode it had, most often
training, with the harm that BNE101 describes.  `model = model.eval` is louder but later: the
model is now a bound method, and the first `model(batch)` complains about the arguments of
`eval()`.

## Example

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 2), nn.Dropout())
model.load_state_dict(torch.load("model.pt"))
model.eval  # BNE303
```

```python
from torch import nn

model = nn.Sequential(nn.Linear(8, 2), nn.Dropout())
model = model.eval  # BNE303
```

```python
def epoch(model, training):
    if training:
        model.train()
    else:
        model.eval  # BNE303
```

## Use instead

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 2), nn.Dropout())
model.load_state_dict(torch.load("model.pt"))
model.eval()
```

## When not to fix

None of the following is reported.  The method is handed on, or called under another name:

```python
import atexit

from torch import nn

model = nn.Dropout()
atexit.register(model.eval)
switch = model.train if input() else model.eval
switch()
```

Other things have attributes of these names, and are no modules:

```python
import argparse

options = argparse.ArgumentParser().parse_args()
options.eval
train = options.train
```

## Proof

```python
import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))
x = torch.ones(1, 8)
model.eval
assert model.training and model[1].training
assert not torch.equal(model(x), model(x))  # dropout is still on

lost = model.eval
assert not isinstance(lost, nn.Module)
try:
    lost(x)
    raise AssertionError("a method took a batch")
except TypeError:
    pass

model.eval()
assert not model.training and not model[1].training
assert torch.equal(model(x), model(x))
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import MODE_METHODS

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE303", "uncalled-mode-method", since="0.1", triggers=MODE_METHODS)
def check(facts: Facts) -> Iterator[Report]:
    """`model.eval` and `model.train` without parentheses."""
    for misuse in facts.misuses:
        owner = misuse.subject.rpartition(".")[0]
        if misuse.what != "uncalled method":
            continue
        if misuse.certain or facts.is_module(misuse.receivers, owner):
            yield Report(
                misuse.place,
                f"`{misuse.subject}` is not called: the mode stays as it is",
                (),
                f"call `{misuse.subject}()`",
            )
