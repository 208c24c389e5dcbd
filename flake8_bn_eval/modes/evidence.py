"""What is known about data and about outputs: the evidence of what a forward call is for.

It stands apart from `values` because rules name it, and importing a rule must cost nothing.
"""

from __future__ import annotations

from enum import Enum


class Tag(Enum):
    """What is known about the data in a value."""

    EVALUATION_DATA = "evaluation data"
    TRAINING_DATA = "training data"
    BATCH = "a batch: what an iteration over data hands out"
    TENSOR = "a tensor, or made of one"
    MADE_UP = "made up: zeros, ones or noise"
    VOLATILE = "volatile"
    DIFFERENTIATED = "an input that asks for its gradient"
    LOSS = "what a loss function gives"
    CHOICE = "indices or truth values, made of numbers"
    OPEN = "may carry a graph from somewhere unseen"

    __hash__ = object.__hash__


OF_TENSORS = frozenset({Tag.TENSOR, Tag.MADE_UP, Tag.EVALUATION_DATA, Tag.TRAINING_DATA})
"""What says of a value that it is data, such as a model is called with."""


class Use(Enum):
    """What happens to the output of a forward call."""

    READ = "its numbers are read (item, argmax, numpy, a metric)"
    BARE_ARRAY = "it becomes an array as it is, which raises if it has a graph"
    PRINTED = "it is printed"
    LOSS_PRINTED = "as a loss, it is printed with its graph: who measures takes the number out"
    DETACHED = "its graph is cut off"
    RETURNED = "it leaves, with its graph, the function that nobody in sight calls"
    RETURNED_DATA = "it leaves that function without a graph"
    STORED = "it is kept in an attribute, or in something that comes from outside"
    KEPT = "it is put into a list, a dictionary or a table"
    PASSED = "it is handed to something unseen"
    LOSS_PASSED = "as a loss, it is handed to something unseen, with what holds its module"
    LEARNT_FROM = "it is handed, with its module, to something unseen that learns from it"

    __hash__ = object.__hash__


LOOKED_AT = frozenset({Use.READ, Use.PRINTED, Use.DETACHED})
"""The uses of an output for its numbers, which need no graph."""
