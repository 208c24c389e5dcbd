"""A model of Keras, TensorFlow or Flax predicts and is told that it trains.

## Why it matters

A Keras layer has no mode of its own: it is told one at each call.  `fit`, `evaluate` and `predict`
pass it by themselves, a call that leaves `training` out is inference, and `training=True` is
training wherever it stands.  Left in a validation step or a test loop, dropout blurs what is
measured, batch norms normalise with the batch at hand, and each batch of test data moves their
statistics, so that the model is another one afterwards.

## Example

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dropout(0.5)])
accuracy = tf.keras.metrics.SparseCategoricalAccuracy()


def test_step(images, labels):
    predictions = model(images, training=True)  # BNE501
    accuracy(labels, predictions)
```

What hands the mode on is followed to its callers:

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.BatchNormalization()])


def forward(x, training=True):
    return model(x, training=training)  # BNE501


def evaluate(val_dataset):
    return [forward(x) for x, _ in val_dataset]
```

## Use instead

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dropout(0.5)])
accuracy = tf.keras.metrics.SparseCategoricalAccuracy()


def test_step(images, labels):
    predictions = model(images, training=False)
    accuracy(labels, predictions)
```

## When not to fix

Samples of what a model is unsure of need the noise, and are not reported: a function that is named
for it, a comment or docstring that speaks of it, the same input again and again.

```python
import keras
import numpy as np

model = keras.models.load_model("classifier.keras")


def predict_uncertainty(x, samples=20):
    draws = [model(x, training=True) for _ in range(samples)]
    return np.stack(draws).std(axis=0)
```

Neither are the inner steps of meta-learning, or a model in which nothing looks at its mode:

```python
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dense(2)])


def test_step(images):
    return model(images, training=True)
```

## Proof

```python
import keras
import numpy as np

x = np.random.default_rng(0).normal(3.0, 2.0, (64, 4)).astype("float32")
model = keras.Sequential([keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)])
model.build((None, 4))
mean = keras.ops.convert_to_numpy(model.layers[0].moving_mean).copy()


def predict(**told):
    return keras.ops.convert_to_numpy(model(x, **told))


assert np.array_equal(predict(), predict(training=False))
assert not np.array_equal(predict(training=True), predict(training=True))  # dropout is on
moved = keras.ops.convert_to_numpy(model.layers[0].moving_mean)
assert not np.allclose(mean, moved)  # the test data has moved the statistics
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import TELLING_TO_TRAIN

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.facts.passed_mode.calls import ModelCall


@rule("BNE501", "keras-training-inference", since="0.2", triggers=TELLING_TO_TRAIN)
def check(facts: Facts) -> Iterator[Report]:
    """`model(x, training=True)` where nothing is trained and something is evaluated."""
    passed = facts.passed
    seen: set[int] = set()
    for call in passed.model_calls:
        if call.place in seen or not call.is_told_to_train or not call.is_inference:
            continue
        if call.makeup.is_indifferent or not (call.makeup.is_sensitive or passed.is_named(call)):
            continue
        if not (passed.is_layer(call) or passed.is_meant(call)):
            seen.add(call.place)
            yield report(call)


def report(call: ModelCall) -> Report:
    """What is said of a call."""
    effect = " and ".join(effects(call.makeup.layers))
    callers = [
        Remark(each.site.call.place, "called here, where nothing is trained")
        for each in call.chain.callers
    ]
    return Report(
        call.place,
        f"`{call.name}` predicts and is told that it trains: {effect}",
        tuple(callers),
        "pass `training=False`",
    )


def effects(layers: frozenset[str]) -> list[str]:
    """What training mode does to the layers of a model."""
    norms = any("Norm" in layer for layer in layers)
    noise = any("Norm" not in layer for layer in layers)
    found = ["dropout is on"] if noise or not norms else []
    return [*found, "batch norms follow this data"] if norms or not layers else found
