"""The learning phase of the whole process is asked for or set: Keras 3 has none.

## Why it matters

`K.set_learning_phase(0)` set the mode of the whole process, and what that meant hangs on the
version.  In a graph of TensorFlow 1 it was built in: a model that was built before kept its mode,
and one that was built afterwards was in inference mode in `fit`, too.  With TensorFlow 2 `fit`
and `predict` ignore it, and every call that is not told `training` heeds it, so a `1` that is
left by a training step reaches each later prediction.  Keras 3 does not have it, nor
`learning_phase()`: the mode is an argument of each call.

## Example

```python
from keras import backend as K
from keras.models import load_model

model = load_model("classifier.h5")
K.set_learning_phase(0)  # BNE503
```

```python
import tensorflow as tf

flag = tf.keras.backend.learning_phase()  # BNE503


class Noise(tf.keras.layers.Layer):
    def call(self, x):
        return x + tf.cast(tf.keras.backend.learning_phase(), x.dtype)  # BNE503
```

A `call` that takes no `training` is not told, either: such a layer is in inference mode in `fit`,
too.

## Use instead

```python
from keras.models import load_model

model = load_model("classifier.keras")


def predict(x):
    return model(x, training=False)
```

## When not to fix

A project that stays with Keras 2 may set the phase before it builds a model, to freeze a graph for
export.  Say so with `# noqa: BNE503`.

Keras 2 tells a layer the mode of the call that runs it: one whose `call` takes `training` and asks
for the phase where that is None, and any that chooses by `in_train_phase`.  Keras 3 refuses both
loudly.  They are not reported, nor what is of TensorFlow 1 for good (`tf.compat.v1.keras`, the
phase that a session is fed), a phase that is put back once something is built, nor a function of
one's own with such a name:

```python
import keras


def set_learning_phase(value):
    print(keras.__version__, value)


set_learning_phase(1)


class Noise(keras.layers.Layer):
    def call(self, x, training=None):
        if training is None:
            training = keras.backend.learning_phase()
        return keras.backend.in_train_phase(x + 1, x, training=training)


def build_for_evaluation(build):
    before = keras.backend.learning_phase()
    keras.backend.set_learning_phase(0)
    model = build()
    keras.backend.set_learning_phase(before)
    return model


def detect(session, boxes, inputs, image):
    return session.run(boxes, feed_dict={inputs: image, keras.backend.learning_phase(): 0})
```

## Proof

```python
import keras

gone = ["learning_phase", "set_learning_phase", "learning_phase_scope", "in_train_phase"]
assert not [name for name in gone if hasattr(keras.backend, name)]
```

What Keras 2 tells a layer in its `call`, and what it does not:

```python
import numpy as np
import tensorflow as tf
import tf_keras

phase = tf_keras.backend


class Told(tf_keras.layers.Layer):
    def call(self, x, training=None):
        return x + tf.cast(phase.learning_phase() if training is None else training, x.dtype)


class Choosing(tf_keras.layers.Layer):
    def call(self, x):
        return phase.in_train_phase(x + 1, x)


class NotTold(tf_keras.layers.Layer):
    def call(self, x):
        return x + tf.cast(phase.learning_phase(), x.dtype)


def trained(layer):
    model = tf_keras.Sequential([layer])
    return model(np.zeros((1, 1), "float32"), training=True).numpy().item()


assert [trained(each()) for each in (Told, Choosing, NotTold)] == [1.0, 1.0, 0.0]
```

Which calls of a model heed the phase in TensorFlow 2:

```python
import numpy as np
import tf_keras

x = np.ones((4, 50), "float32")
model = tf_keras.Sequential([tf_keras.layers.Dropout(0.5)])
model.compile("sgd", "mse")
model(x)
tf_keras.backend.set_learning_phase(1)
assert (model(x).numpy() == 0).any()  # although it was built before
assert model.predict(x, verbose=0).all()
tf_keras.backend.set_learning_phase(0)
assert model(x).numpy().all()
assert model.fit(x, x, verbose=0).history["loss"][0] > 0  # it drops all the same
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.base import rule
from flake8_bn_eval.rules.triggers import LEARNING_PHASE

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts


@rule("BNE503", "removed-learning-phase", since="0.2", triggers=LEARNING_PHASE)
def check(facts: Facts) -> Iterator[Report]:
    """Calls of functions that a table says are gone."""
    for removed in facts.passed.removed:
        yield Report(
            removed.place,
            f"`{removed.subject}` is gone in {removed.row.version}",
            (),
            removed.row.instead,
        )
