"""The learning phase of the whole process is asked for or set: Keras 3 has none.

## Why it matters

`K.set_learning_phase(0)` set the mode of everything that was built afterwards.  It did nothing to a
model that was built before, it made `fit` train in inference mode as long as it stood, and a `1`
that was left in a module reached every prediction of the process.  Keras 3 does not have it, nor
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
```

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

A function of one's own with such a name is something else, and is not reported:

```python
import keras


def set_learning_phase(value):
    print(keras.__version__, value)


set_learning_phase(1)
```

## Proof

```python
import keras

gone = ["learning_phase", "set_learning_phase", "learning_phase_scope", "in_train_phase"]
assert not [name for name in gone if hasattr(keras.backend, name)]
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
            f"`{removed.subject}` is gone in {removed.row.version}, and reaches no built model",
            (),
            removed.row.instead,
        )
