"""Batch norms of a TensorFlow 1 graph whose moving statistics nobody updates.

## Why it matters

In a graph `tf.layers.batch_normalization` and `tf.contrib.layers.batch_norm` only *make* the
operations that update the moving mean and variance, and put them into the collection
`UPDATE_OPS`.  Whoever trains must run them.  Without that training works, because it
normalises by the batch, and every prediction with `training=False` uses mean 0 and variance 1.

## Example

```python
import tensorflow.compat.v1 as tf


def train(x, y, is_training):
    hidden = tf.layers.batch_normalization(x, training=is_training)  # BNE504
    loss = tf.reduce_mean((hidden - y) ** 2)
    return tf.train.AdamOptimizer().minimize(loss)
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
    """Norms of a graph, an optimizer, and no word of updates."""
    for norm in facts.passed.stale_norms:
        yield Report(
            norm.place,
            f"`{norm.subject}`: nobody runs the updates of its moving statistics",
            (Remark(norm.optimized, "it is trained here"),),
            "run the operations of `tf.GraphKeys.UPDATE_OPS` with the training operation",
        )
