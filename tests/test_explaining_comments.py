"""Which lines a comment about an intended mode explains."""

from __future__ import annotations

import pytest

from flake8_bn_eval.lower.comments import explained_lines

EXAMPLES = {
    "beside": ("net.train()  # training mode on purpose\n", {1}),
    "above": ("# dropout must stay on\nnet.train()\n", {2}),
    "above, with a blank line and another comment between": (
        "# dropout must stay on\n\n# of epochs\nnet.train()\nnet.eval()\n",
        {4},
    ),
    "above a block, of which only the head counts": (
        "# batch norm should keep its statistics\nif a:\n    net.eval()\n",
        {2},
    ),
    "at the end of a block it belongs to that block": (
        "if a:\n    b()\n    # eval mode on purpose\nnet.eval()\n",
        set(),
    ),
    "in the line of a bracket that is closed later": (
        "net.train(  # training mode on purpose\n    True,\n)\n",
        {1},
    ),
    "in a string it is none": ('x = "# training mode on purpose"\nnet.train()\n', set()),
    "to use what": ("# training mode to use batch statistics\nnet.train()\n", {2}),
    "what a layer is for says nothing of when": ("# dropout to avoid overfitting\nf()\n", set()),
    "of the mode alone it says nothing": ("net.train()  # training mode\n", set()),
    "of an intention alone neither": ("net.train()  # on purpose\n", set()),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_explained_lines(name: str) -> None:
    text, expected = EXAMPLES[name]
    assert explained_lines(text) == expected
