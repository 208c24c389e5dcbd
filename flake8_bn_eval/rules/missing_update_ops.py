"""Batch norms of TensorFlow 1, Flax or stateless Keras whose statistics nobody updates.

## Why it matters

In a graph `tf.layers.batch_normalization` and `tf.contrib.layers.batch_norm` only *make* the
operations that update the moving mean and variance, and put them into the collection
`UPDATE_OPS`.  Whoever trains must run them.  Without that training works, because it
normalises by the batch, and every prediction with `training=False` uses mean 0 and variance 1.

The same happens in silence where a model has no state of its own.  Flax refuses to normalise by
the batch as long as `batch_stats` is not mutable; once it is, `apply` *gives back* the new
statistics, and so does `stateless_call` of Keras.  Whoever takes the output alone trains a model
that predicts with the statistics it began with.

## Example

```python
import tensorflow.compat.v1 as tf


def train(x, y, is_training):
    hidden = tf.layers.batch_normalization(x, training=is_training)  # BNE504
    loss = tf.reduce_mean((hidden - y) ** 2)
    return tf.train.AdamOptimizer().minimize(loss)
```

```python
import jax


def train_step(state, x, y):
    def compute_loss(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        prediction, _ = state.apply_fn(  # BNE504
            variables, x, train=True, mutable=["batch_stats"]
        )
        return ((prediction - y) ** 2).mean()

    return state.apply_gradients(grads=jax.grad(compute_loss)(state.params))
```

## Use instead

```python
import tensorflow.compat.v1 as tf


def train(x, y, is_training):
    hidden = tf.layers.batch_normalization(x, training=is_training)
    loss = tf.reduce_mean((hidden - y) ** 2)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        return tf.train.AdamOptimizer().minimize(loss)
```

```python
import jax


def train_step(state, x, y):
    def compute_loss(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        prediction, updates = state.apply_fn(variables, x, train=True, mutable=["batch_stats"])
        return ((prediction - y) ** 2).mean(), updates

    gradients, updates = jax.grad(compute_loss, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, batch_stats=updates["batch_stats"])
```

## When not to fix

None of the following is reported: norms that never train, updates that are made on the spot, and
projects in which any file speaks of the updates, or trains with `create_train_op`.

```python
import tensorflow as tf


def frozen(x, y):
    hidden = tf.layers.batch_normalization(x, training=False)
    hidden = tf.contrib.layers.batch_norm(hidden, updates_collections=None, is_training=True)
    return tf.train.AdamOptimizer().minimize(tf.reduce_mean((hidden - y) ** 2))
```

A step that trains another network may leave the statistics of this one alone: as soon as one call
in the file keeps them, none is reported.

```python
import jax


def train_step(critic, generator, noise):
    def compute_loss(params):
        variables = {"params": params, "batch_stats": generator.batch_stats}
        fake, updates = generator.apply_fn(variables, noise, mutable=["batch_stats"])
        known = {"params": critic.params, "batch_stats": critic.batch_stats}
        score, _ = critic.apply_fn(known, fake, mutable=["batch_stats"])
        return -score.mean(), updates

    gradients, updates = jax.grad(compute_loss, has_aux=True)(generator.params)
    return generator.apply_gradients(grads=gradients, batch_stats=updates["batch_stats"])
```

## Proof

```python
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()
x = tf.random.normal((64, 4), 3.0)
loss = tf.reduce_mean(tf.layers.batch_normalization(x, training=True) ** 2)
variables = tf.global_variables()
(mean,) = [each for each in variables if "moving_mean" in each.name]
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    session.run(train)
    assert not session.run(mean).any()  # still what it began with
    session.run([train, updates])
    assert session.run(mean).all()
```

```python
import jax
import jax.numpy as jnp
from flax import linen as nn

x = jax.random.normal(jax.random.key(0), (64, 4)) + 3
norm = nn.BatchNorm()
variables = norm.init(jax.random.key(1), x, use_running_average=True)
out, updates = norm.apply(variables, x, use_running_average=False, mutable=["batch_stats"])
assert not variables["batch_stats"]["mean"].any()  # nothing has changed
assert updates["batch_stats"]["mean"].all()  # this is what must be kept
assert jnp.allclose(norm.apply(variables, x, use_running_average=True), x, atol=1e-3)
```

```python
import os

os.environ["KERAS_BACKEND"] = "jax"

import keras  # noqa: E402
import numpy as np  # noqa: E402

norm = keras.layers.BatchNormalization()
norm.build((None, 4))
x = np.random.default_rng(0).normal(3.0, 1.0, (64, 4)).astype("float32")
trained, others = norm.trainable_variables, norm.non_trainable_variables
out, new = norm.stateless_call(trained, others, x, training=True)
assert not np.any(norm.moving_mean) and np.all(new[0])
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Remark, Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import GRAPH_NORMS

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE504", "missing-update-ops", since="0.2", triggers=GRAPH_NORMS)
def check(facts: Facts) -> Iterator[Report]:
    """Norms of a graph, an optimizer, and no word of updates; new statistics that nobody takes."""
    for state in facts.passed.dropped_states:
        yield Report(
            state.place,
            f"`{state.subject}`: the new statistics of its batch norms are thrown away",
            (Remark(state.differentiated, "it is trained here"),),
            "keep the second value that the call gives, and pass it to the next one",
        )
    for norm in facts.passed.stale_norms:
        yield Report(
            norm.place,
            f"`{norm.subject}`: nobody runs the updates of its moving statistics",
            (Remark(norm.optimized, "it is trained here"),),
            "run the operations of `tf.GraphKeys.UPDATE_OPS` with the training operation",
        )
