"""A layer is told a constant, although a caller says whether to train.

## Why it matters

A mode that is passed by hand is lost at the first layer that does not hand it on.  A `call` that
takes `training`, ignores it and tells its dropout a constant is in that mode whatever `fit` and
`predict` pass.  In Flax `BatchNorm(use_running_average=False)` normalises by the batch in
evaluation, too, and `Dropout(deterministic=False)` drops there.  And `tf.layers.dropout(x, rate)`
without `training=` never drops at all.

## Example

```python
from tensorflow import keras


class Block(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dropout = keras.layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.dropout(x, training=False)  # BNE506
```

```python
from flax import linen as nn


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.BatchNorm(use_running_average=False)(x)  # BNE506
        return nn.Dropout(0.5, deterministic=False)(x)  # BNE506
```

```python
import tensorflow.compat.v1 as tf


def head(x, is_training):
    x = tf.layers.dropout(x, rate=0.5)  # BNE506
    return tf.layers.batch_normalization(x, training=is_training)
```

## Use instead

```python
from flax import linen as nn
from tensorflow import keras


class Block(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dropout = keras.layers.Dropout(0.5)

    def call(self, x, training=None):
        return self.dropout(x, training=training)


class Norm(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        return nn.BatchNorm(use_running_average=not train)(x)
```

## When not to fix

A frozen base, noise that is wanted, and a layer under a test of the mode are not reported:

```python
from flax import linen as nn
from tensorflow import keras

base = keras.applications.ResNet50()
inputs = keras.Input((224, 224, 3))
frozen = base(inputs, training=False)


class MonteCarloDropout(keras.layers.Dropout):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool):
        if train:
            x = nn.Dropout(0.5, deterministic=False)(x)
        return x
```

In `nnx` a constant is where a layer begins: `eval()` and `train()` set it.

```python
from flax import nnx

norm = nnx.BatchNorm(8, use_running_average=False, rngs=nnx.Rngs(0))
```

## Proof

```python
import keras
import numpy as np


class Block(keras.layers.Layer):
    def __init__(self, told):
        super().__init__()
        self.dropout = keras.layers.Dropout(0.5)
        self.told = told

    def call(self, x, training=None):
        return self.dropout(x, training=self.told)


def drops(told, training):
    out = Block(told)(np.ones((50, 4), "float32"), training=training)
    return bool((keras.ops.convert_to_numpy(out) == 0).any())


assert not drops(False, training=True) and drops(True, training=False)
```

```python
import jax
import jax.numpy as jnp
from flax import linen as nn

x = jax.random.normal(jax.random.key(0), (64, 4)) * 2 + 3
norm = nn.BatchNorm(use_running_average=False)
variables = norm.init(jax.random.key(1), x)
out, _ = norm.apply(variables, x, mutable=["batch_stats"])
assert jnp.allclose(out.mean(0), 0.0, atol=1e-4)  # by the batch, whatever was learned
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import FIXING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.facts.passed_mode.fixed import FixedLayer


@rule("BNE506", "dropped-training-argument", since="0.2", triggers=FIXING)
def check(facts: Facts) -> Iterator[Report]:
    """Layers that are told a constant."""
    for layer in facts.passed.fixed_layers:
        yield report(layer)


def report(layer: FixedLayer) -> Report:
    """What is said of a layer."""
    if layer.is_never_told:
        message = f"`{layer.subject}` never drops: it is not told `{layer.parameter}`"
        return Report(layer.place, message, (), f"pass `training={layer.parameter}`")
    what = "training" if layer.trains else "inference"
    message = f"`{layer.subject}` is in {what} mode whatever its caller says"
    help = f"let the caller decide about `{layer.parameter}`"
    return Report(layer.place, message, (), help)
