"""What callers that were found by the name of a method alone take back.

A method that nobody in sight calls is judged in every mode that other methods of its object may
leave, and in whatever gradient mode a caller may hold.  Where some file calls a method of this
name, on an object of no known class, how it does so is likelier.
"""

from __future__ import annotations

from flake8_bn_eval.interpret.records import Recorder
from flake8_bn_eval.modes.lattice import LOST, Gradient, Gradients, recording


def calm(seen: Recorder, asked: Recorder) -> None:
    """Forget of the calls in one run what the callers that another run met do not confirm."""
    for record in seen.forward_calls:
        root = record.stack[0].definition
        gradients = None if root is None else asked.called_by_name.get(root.name)
        if gradients is None:
            continue
        if len(record.modes.members) > 1 and not record.trained:
            # It is called from elsewhere, not right after whichever other method of the object.
            record.modes = LOST
        if recording(gradients).must_be(Gradient.OFF):
            record.gradients = Gradients.only(Gradient.UNKNOWN)
