"""A batch norm of Keras, TensorFlow, Flax or Paddle with the momentum of PyTorch.

## Why it matters

Here momentum is the weight of the *old* statistics: `moving = 0.99 * moving + 0.01 * batch` with
the default of 0.99.  In PyTorch it is the weight of the *new* batch, and the default is 0.1.  A
value that was carried over, such as `momentum=0.1`, makes the moving statistics those of the last
batch.  Training does not notice, because it normalises by the batch.  Evaluation does.

## Example

```python
from tensorflow.keras import layers

norm = layers.BatchNormalization(momentum=0.1, epsilon=1e-5)  # BNE505
```

```python
from functools import partial

from flax import linen as nn

BN_MOMENTUM = 0.1
norm = partial(nn.BatchNorm, momentum=BN_MOMENTUM)  # BNE505
```

## Use instead

```python
from tensorflow.keras import layers

norm = layers.BatchNormalization(momentum=1 - 0.1, epsilon=1e-5)
```

## When not to fix

With 0 the last batch is meant.  From 0.3 on a fast average may be meant, for few steps.  Neither is
reported:

```python
from tensorflow.keras import layers

last = layers.BatchNormalization(momentum=0.0)
fast = layers.BatchNormalization(momentum=0.5)
usual = layers.BatchNormalization(momentum=0.8)
```

## Proof

```python
import keras
import numpy as np

batch = np.random.default_rng(0).normal(3.0, 2.0, (64, 4)).astype("float32")


def after_one_batch(momentum):
    norm = keras.layers.BatchNormalization(momentum=momentum)
    norm.build((None, 4))
    norm(batch, training=True)
    return keras.ops.convert_to_numpy(norm.moving_mean)


assert np.allclose(after_one_batch(0.1), 0.9 * batch.mean(0), atol=1e-3)  # the batch is nearly all
assert np.allclose(after_one_batch(1 - 0.1), 0.1 * batch.mean(0), atol=1e-3)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import OLD_WEIGHT

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.facts.passed_mode.judged import Momentum
    from flake8_bn_eval.facts.written.constants import Known

MOST = 0.3
"""Above, a fast average is meant: nobody has such a momentum in PyTorch."""


@rule("BNE505", "inverted-keras-momentum", since="0.2", triggers=OLD_WEIGHT)
def check(facts: Facts) -> Iterator[Report]:
    """A momentum that only PyTorch's convention explains."""
    for momentum in facts.passed.momenta:
        wrong = {each.value: each for each in momentum.known if is_new_weight(each.value)}
        for known in wrong.values():
            yield report(momentum, known)


def is_new_weight(value: object) -> bool:
    """Whether a number is the weight of a new batch rather than of the old ones."""
    return isinstance(value, float) and 0 < value <= MOST


def report(momentum: Momentum, known: Known) -> Report:
    """What is said of a momentum."""
    assert isinstance(known.value, float)
    return Report(
        momentum.place,
        f"`{momentum.subject}`: {momentum.parameter} {known.value} is the weight of the old"
        " statistics here",
        tuple(Remark(place, f"{known.value} comes from here") for place in known.places[:1]),
        f"write {round(1 - known.value, 9):g}",
    )
