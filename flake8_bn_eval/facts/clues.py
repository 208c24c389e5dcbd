"""Clues to what a forward call is for: what its data, its output and those around it say.

None of them is the mode or the gradient mode of the call, which a finding is about.
"""

from __future__ import annotations

from enum import Enum


class Clue(Enum):
    """One observation about a forward call; the value completes "taken for inference: ...".

    ``EVALUATION_DATA``   its input comes from something named for evaluation: ``val_loader``
    ``TRAINING_DATA``     its input comes from something named for training
    ``FUNCTION``          the innermost function with a telling name evaluates or predicts
    ``TRAINING_FUNCTION``  that function trains
    ``CLASS``             no function tells, and a class around it evaluates
    ``SERVED``            the function answers the requests of a server
    ``ASKED``             a caller asks the function to evaluate: ``run(loader, train=False)``
    ``SWITCHED``          a function that is still running has put the module in evaluation mode
    ``EVALUATES``         the function puts some module in evaluation mode and trains none
    ``COMPARED``          the numbers of its output are read: ``argmax``, ``item``, a metric
    ``PRINTED``           its output is printed
    ``DETACHED``          the graph of its output is cut off
    ``KEPT``              its output is put into a list, a dictionary or a table
    ``HANDED_ON``         its output is given to something unseen
    ``RETURNED``          its output leaves with its graph
    ``APART``             something is differentiated, but not in the pass that calls it
    ``NOTHING_TRAINED``   the file differentiates nothing
    ``LOADED``            the weights of the module were loaded before
    ``MADE_UP``           its input is made up: zeros, ones or noise
    """

    EVALUATION_DATA = "its data is named for evaluation"
    TRAINING_DATA = "its data is named for training"
    FUNCTION = "the function around it is named for it"
    TRAINING_FUNCTION = "the function around it is named for training"
    CLASS = "the class around it is named for it"
    SERVED = "a server asks for it"
    ASKED = "the caller asks for it"
    SWITCHED = "the module has been put in evaluation mode for it"
    EVALUATES = "the function puts a module in evaluation mode"
    COMPARED = "the numbers of its output are read"
    PRINTED = "its output is printed"
    DETACHED = "the graph of its output is cut off"
    KEPT = "its output is kept"
    HANDED_ON = "its output is handed on"
    RETURNED = "its output is returned"
    APART = "what is trained is trained elsewhere"
    NOTHING_TRAINED = "nothing is trained in this file"
    LOADED = "its weights were loaded"
    MADE_UP = "its input is made up"

    __hash__ = object.__hash__


STRONGEST = (
    Clue.SWITCHED,
    Clue.EVALUATION_DATA,
    Clue.FUNCTION,
    Clue.SERVED,
    Clue.ASKED,
    Clue.EVALUATES,
    Clue.CLASS,
    Clue.COMPARED,
    Clue.NOTHING_TRAINED,
    Clue.PRINTED,
    Clue.DETACHED,
    Clue.APART,
    Clue.KEPT,
    Clue.HANDED_ON,
)
"""What speaks for inference, as it is weighed: the first that hold are told to the user."""
MOST_TOLD = 2


def told(clues: frozenset[Clue]) -> str:
    """The strongest clues for inference, as a half sentence; empty where there is none."""
    found = [clue.value for clue in STRONGEST if clue in clues]
    return ", ".join(found[:MOST_TOLD])
