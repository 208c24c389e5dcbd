"""A gradient context that has no effect.

## Why it matters

The author wanted gradients off and wrote something that looks like it.  As a statement,
`torch.no_grad()` makes an object and throws it away.  `with torch.no_grad() and autocast():`
enters the right-hand side only, because that is what `and` returns.  `with torch.no_grad:` raises,
but only when the line is reached, in a branch that no test takes.  The first two say nothing at
all: memory is used and graphs are kept as if the line were not there.

Two more look right and are not.  A context object that is entered again while it is active
forgets what the mode was before: gradients stay off after the outer `with`, and the next training
step fails far away, or learns nothing.  And `@torch.no_grad()` above `@property` makes a
method of the property, which is always true and never equal to anything.

## Example

```python
import torch


def predict(model, batch):
    model.eval()
    torch.no_grad()  # BNE202
    return model(batch)
```

```python
import torch


def predict(model, batch):
    model.eval()
    with torch.no_grad() and torch.autocast("cuda"):  # BNE202
        return model(batch)
```

```python
import torch


def predict(model, batch):
    model.eval()
    with torch.inference_mode:  # BNE202
        return model(batch)
```

```python
import torch

quiet = torch.no_grad()


def ensemble(models, batch):
    with quiet:
        return torch.stack([predict(model, batch) for model in models]).mean(0)


def predict(model, batch):
    model.eval()
    with quiet:  # BNE202
        return model(batch)
```

```python
import torch
from torch import nn


class Net(nn.Module):
    @torch.no_grad()
    @property
    def norm(self):  # BNE202
        return self.weight.norm()
```

## Use instead

```python
import torch


def predict(model, batch):
    model.eval()
    with torch.no_grad(), torch.autocast("cuda"):
        return model(batch)


class Net(torch.nn.Module):
    @property
    @torch.no_grad()
    def norm(self):
        return self.weight.norm()
```

## When not to fix

None of the following is reported.  `set_grad_enabled` works as a statement, unlike the others:

```python
import torch

torch.set_grad_enabled(False)
```

A decorator without parentheses is fine since PyTorch 2.1; before, `no_grad` raises and
`inference_mode` takes the function for its flag.  Tell `--bne-torch-version=2.0` where your code
runs on such a version, and it is reported:

```python
import torch


@torch.no_grad
def predict(model, batch):
    model.eval()
    return model(batch)
```

A context that is kept, handed on or entered by somebody else:

```python
import contextlib

import torch


def context(training):
    return contextlib.nullcontext() if training else torch.no_grad()


with contextlib.ExitStack() as stack:
    stack.enter_context(torch.no_grad())
    print(torch.ones(1))
torch.no_grad().__enter__()
```

One context object entered twice, one after the other:

```python
import torch

quiet = torch.no_grad()
with quiet:
    print(torch.ones(1))
with quiet:
    print(torch.ones(1))
```

## Proof

```python
import torch

weight = torch.ones(3, requires_grad=True)


def records():
    return (weight * 2).requires_grad


torch.no_grad()
assert records()  # a statement of its own does nothing
with torch.no_grad() and torch.autocast("cpu"):
    assert records()  # only autocast was entered
try:
    with torch.no_grad:
        raise AssertionError("never reached")
except TypeError:
    pass
quiet = torch.no_grad()
with quiet:
    with quiet:
        pass
assert not records()  # both are left, and gradients are still off
torch.set_grad_enabled(True)


class Bad:
    @torch.no_grad()
    @property
    def norm(self):
        return 0.0


assert Bad().norm != 0.0  # a method


class Good:
    @property
    @torch.no_grad()
    def records(self):
        return records()


with torch.no_grad(), torch.autocast("cpu"):
    assert not records()
with torch.no_grad():
    with torch.no_grad():
        pass
assert records()
assert Good().records is False
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import NO_GRADIENT

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts

MESSAGES = {
    "bare statement": ("`{}()` as a statement of its own has no effect", "use it in a `with`"),
    "uncalled context": ("`with {}:` raises: the context is not called", "write `{}()`"),
    "and-ed context": ("`{} and ...` enters only the last context", "separate them by a comma"),
    "re-entered instance": (
        "`{}` is entered while it is active: gradients stay off after it",
        "make a new context for every `with`",
    ),
    "uncalled decorator": (
        "`@{}` without parentheses does not decorate the function", "write `@{}()`",
    ),
    "decorated property": (
        "`@{}` above `@property` turns the property into a method",
        "put it below `@property`",
    ),
}


@rule("BNE202", "ineffective-no-grad", since="0.1", triggers=NO_GRADIENT)
def check(facts: Facts) -> Iterator[Report]:
    """Gradient contexts that do not do what they look like."""
    for misuse in facts.misuses:
        if misuse.what in MESSAGES:
            message, advice = MESSAGES[misuse.what]
            subject = misuse.subject.removesuffix("(...)")
            yield Report(
                misuse.place, message.format(subject), (), advice.format(subject)
            )
