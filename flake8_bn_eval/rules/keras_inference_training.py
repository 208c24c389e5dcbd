"""A training step of one's own calls a model of Keras, TensorFlow or Flax without saying so.

## Why it matters

A call that leaves `training` out is inference, also under a `GradientTape`, in
`jax.value_and_grad`, before `loss.backward()` and in a `train_step` that is overridden; only `fit`
passes `True` by itself.  The loss falls, the weights learn, and still dropout never drops and batch
norms neither use the statistics of the batch nor learn those of the data: they stay at mean 0 and
variance 1 for good.

With the torch backend `model.train()` changes nothing: Keras layers look at the argument only.

## Example

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.BatchNormalization()])
optimizer = tf.keras.optimizers.Adam()


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)  # BNE502
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
```

```python
import jax
import keras

model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dropout(0.5)])
optimizer = keras.optimizers.Adam()


def compute_loss(trainable, others, x, y):
    prediction, others = model.stateless_call(trainable, others, x)  # BNE502
    return keras.ops.mean((prediction - y) ** 2), others


def train_step(trainable, others, state, x, y):
    compute = jax.value_and_grad(compute_loss, has_aux=True)
    (loss, others), gradients = compute(trainable, others, x, y)
    return optimizer.stateless_apply(state, gradients, trainable)
```

```python
import keras
import torch

model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dropout(0.5)])


def train(loader, optimizer):
    for x, y in loader:
        loss = torch.nn.functional.mse_loss(model(x), y)  # BNE502
        loss.backward()
        optimizer.step()
```

## Use instead

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.BatchNormalization()])
optimizer = tf.keras.optimizers.Adam()


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
```

## When not to fix

An explicit `training=False` is a choice, and is not reported: a base whose statistics are to stay.
Nor is a model that is not the one that is trained, or one in which nothing looks at its mode:

```python
import tensorflow as tf

teacher = tf.keras.applications.ResNet50()
student = tf.keras.Sequential([tf.keras.layers.Dense(1000)])
optimizer = tf.keras.optimizers.Adam()


def train_step(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((student(x) - teacher(x)) ** 2)
    gradients = tape.gradient(loss, student.trainable_variables)
    optimizer.apply_gradients(zip(gradients, student.trainable_variables))
```

Where a file sets the learning phase of Keras 2 to training, such calls heed it, and BNE503 says
what to do.  Gradients of the input train nothing:

```python
import tensorflow as tf

model = tf.keras.applications.ResNet50()


def saliency(image):
    with tf.GradientTape() as tape:
        tape.watch(image)
        score = model(image)[0, 1]
    return tape.gradient(score, image)
```

## Proof

```python
import keras
import numpy as np

x = np.random.default_rng(0).normal(3.0, 2.0, (64, 4)).astype("float32")


class Model(keras.Model):
    told = {}

    def __init__(self):
        super().__init__()
        self.norm = keras.layers.BatchNormalization()
        self.dropout = keras.layers.Dropout(0.5)

    def call(self, inputs, training=None):
        return self.dropout(self.norm(inputs, training=training), training=training)


def learned(**told):
    model = Model()
    model.build((None, 4))
    model(x, **told)
    return keras.ops.convert_to_numpy(model.norm.moving_mean)


assert np.allclose(learned(), 0.0)  # what a step of one's own does
assert not np.allclose(learned(training=True), 0.0)
```

```python
import tensorflow as tf

norm = tf.keras.layers.BatchNormalization()
norm.build((None, 4))
with tf.GradientTape() as tape:
    norm(tf.random.normal((64, 4), 3.0))
assert not norm.moving_mean.numpy().any()
with tf.GradientTape() as tape:
    norm(tf.random.normal((64, 4), 3.0), training=True)
assert norm.moving_mean.numpy().all()
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import STEPPING

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.facts.passed_mode.calls import ModelCall


@rule("BNE502", "keras-inference-training", since="0.2", triggers=STEPPING)
def check(facts: Facts) -> Iterator[Report]:
    """A model that a step trains, and that is told nothing: its first call in a function."""
    passed = facts.passed
    if passed.trains_by_phase:
        return
    seen: set[tuple[int, str]] = set()
    for call in passed.model_calls:
        region = call.region
        if region in seen or not call.is_told_nothing or call.trained is False:
            continue
        unclear = call.makeup.unseen and call.overrides_step and call.trained is True
        if (call.makeup.is_sensitive or unclear) and not passed.is_meant(call):
            seen.add(region)
            yield report(call)


def report(call: ModelCall) -> Report:
    """What is said of a call."""
    assert call.step is not None
    effect = " and ".join(effects(call.makeup.layers))
    return Report(
        call.place,
        f"`{call.name}` is trained without `training=True`: {effect}",
        (Remark(call.step.place, f"it runs in {call.step.what}"),),
        "pass `training=True`",
    )


def effects(layers: frozenset[str]) -> list[str]:
    """What inference mode does to the layers of a model that is trained."""
    norms = any("Norm" in layer for layer in layers)
    noise = any("Norm" not in layer for layer in layers)
    found = ["dropout is off"] if noise or not norms else []
    return [*found, "batch norms never learn"] if norms or not layers else found
