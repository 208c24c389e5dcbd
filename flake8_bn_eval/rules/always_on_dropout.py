"""Dropout in a forward path that no mode reaches: it goes on in evaluation mode.

## Why it matters

A module's mode is a flag, `self.training`, that `eval()` sets to False.  Layers such as
`nn.Dropout` read it.  Functions cannot: `F.dropout(x, p)` knows nothing of the module that
calls it, and its own default is `training=True`.  `F.scaled_dot_product_attention` has no switch at
all: with `dropout_p` above zero it drops.  So a model that is evaluated, exported or deployed
goes on dropping at random: its predictions are worse, and differ from run to run.

The usual guard `if self.p > 0` does not help, because it is as true in evaluation as in training.
And `F.dropout(x, self.training)` hands the mode over as the probability, which comes first: in
training everything becomes zero, and in evaluation the probability is zero and nothing is dropped.
The defaults differ, too: `F.dropout` and its variants drop unless told otherwise,
`F.alpha_dropout` and `F.feature_alpha_dropout` do not.

## Example

```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        if self.p > 0:
            x = F.dropout(x, self.p)  # BNE401
        return self.out(x)
```

```python
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.dropout = nn.Dropout(p)

    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout.p)  # BNE401
```

```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def forward(self, x):
        return F.dropout(x, self.training)  # BNE401
```

## Use instead

```python
import torch.nn.functional as F
from torch import nn


class Head(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(F.dropout(x, self.p, training=self.training))


class Attention(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, q, k, v):
        p = self.p if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, dropout_p=p)
```

## When not to fix

None of the following is reported.  The mode decides elsewhere: around the call, in the caller, or
through a value:

```python
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    @property
    def active(self):
        return self.p if self.training else 0.0

    def noise(self, x):
        return F.dropout(x, self.p)

    def forward(self, x):
        x = F.dropout(x, self.active)
        if not self.training:
            return x
        return self.noise(x)
```

The caller decides, by a switch among the inputs:

```python
import torch.nn.functional as F
from torch import nn


class Uncertain(nn.Module):
    def forward(self, inputs):
        x, use_dropout = inputs
        if use_dropout:
            x = F.dropout(x, 0.1)
        return x
```

Dropout that is meant to stay on, as in the input layers of a speech synthesiser, is best
written out, or explained by a comment; `--bne-explicit-dropout` reports the first as well:

```python
import torch.nn.functional as F
from torch import nn


class Prenet(nn.Module):
    def forward(self, x):
        x = F.dropout(x, 0.5, training=True)
        # the decoder needs dropout in evaluation mode, too
        return F.dropout(x, 0.5)
```

## Proof

```python
import torch
import torch.nn.functional as F
from torch import nn

x = torch.ones(2, 4, 16, 16)


class Bad(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


class Good(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=self.training)


assert not torch.equal(Bad().eval()(x), x)
assert torch.equal(Good().eval()(x), x)
assert not torch.equal(Good().train()(x), x)
assert torch.equal(F.alpha_dropout(x), x)  # its default is the other one
assert not F.dropout(x, True).any()  # a mode in the place of the probability


class Attention(nn.Module):
    def __init__(self, follows_mode):
        super().__init__()
        self.follows_mode = follows_mode

    def forward(self, x):
        p = 0.5 if self.training or not self.follows_mode else 0.0
        return F.scaled_dot_product_attention(x, x, x, dropout_p=p)


exact = F.scaled_dot_product_attention(x, x, x)
assert not torch.equal(Attention(False).eval()(x), exact)
assert torch.equal(Attention(True).eval()(x), exact)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import FUNCTIONAL_DROPOUT

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.facts.layers.library_calls import LibraryCall
    from flake8_bn_eval.options import Options


@rule("BNE401", "always-on-dropout", since="0.1", triggers=FUNCTIONAL_DROPOUT)
def check(facts: Facts) -> Iterator[Report]:
    """Random functions in a forward path that no mode reaches."""
    for call in facts.library_calls:
        if call.is_layer or call.is_meant:
            continue
        if takes_mode_for_probability(call):
            yield mistaken(call)
        elif drops(call, facts.options) and call.in_evaluation:
            yield report(call)


def takes_mode_for_probability(call: LibraryCall) -> bool:
    """``F.dropout(x, self.training)``: in training mode everything becomes zero."""
    probability, training = call.argument("probability"), call.argument("training")
    mistaken = probability is not None and probability.given and probability.takes_mode
    return mistaken and (training is None or not training.given)


def drops(call: LibraryCall, options: Options) -> bool:
    """Whether a call drops, as far as its arguments tell."""
    probability, training = call.argument("probability"), call.argument("training")
    if probability is None or not probability.is_probability or probability.written == 0:
        return False
    if training is None:
        return probability.given
    if training.given and not options.explicit_dropout:
        return False
    return training.is_fixed and training.values == {1}


def report(call: LibraryCall) -> Report:
    """What is said of a call."""
    switch = call.argument("training") or call.argument("probability")
    value = "self.training" if call.argument("training") else "p if self.training else 0.0"
    advice = None if switch is None else f"pass `{switch.name}={value}`"
    message = f"`{call.subject}` drops in evaluation mode, too: no mode reaches it"
    return Report(call.place, message, (), advice)


def mistaken(call: LibraryCall) -> Report:
    """What is said of a call that takes the mode for a probability."""
    message = f"`{call.subject}` is given the mode as its probability: in training, all is dropped"
    return Report(call.place, message, (), "name it: `training=self.training`")
