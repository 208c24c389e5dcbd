"""What an outline says of a file without parsing it, and that any text takes linear time."""

from __future__ import annotations

import time

import pytest

from flake8_bn_eval.project.outlines import STAR, outline_of

IMPORTS = {
    "import a, b.c as d\n": [("a", "a"), ("d", "b.c")],
    "from a import b, c as d\n": [("b", "a.b"), ("d", "a.c")],
    "from . import b\n": [("b", ".b")],
    "from .a import (b,\n    c as d,\n)\n": [("b", ".a.b"), ("d", ".a.c")],
    "from a import *\n": [(STAR, "a")],
    "from a import (  # the (old) ones\n    b,  # and (c\n    d,\n)\n": [
        ("b", "a.b"),
        ("d", "a.d"),
    ],
    "from a import b, \\\n    c\n": [("b", "a.b"), ("c", "a.c")],
}

LONG = {
    "parentheses that nobody closes": "from a import (\n",
    "parentheses behind which a comment stands": "from a import (  # b\n",
    "classes that nobody closes": "class A(\n",
    "continued lines": "from a import b, \\\n",
    "comments": "from a import b  # (\n",
}


@pytest.mark.parametrize("text", IMPORTS)
def test_imports(text: str) -> None:
    assert sorted(outline_of(text).imports) == sorted(IMPORTS[text])


def seconds(text: str) -> float:
    """The best of three."""
    best = float("inf")
    for _ in range(3):
        outline_of.cache_clear()
        start = time.process_time()
        outline_of(text)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("line", LONG.values(), ids=LONG.keys())
def test_eight_times_the_text_takes_no_more_than_24_times_as_long(line: str) -> None:
    """What looks through the rest of the text for every line takes 64 times as long."""
    assert seconds(line * 32_000) < 24 * max(seconds(line * 4_000), 0.002)


def test_what_a_comment_mentions_nobody_uses() -> None:
    text = """\
import nets  # and Other

color = "#ffffff"; used = nets  # Unused
# Commented(out)


def make():
    return nets.Net()  # not Another
"""
    outline = outline_of(text)
    assert {"nets", "used"} <= outline.body
    assert not {"Commented", "Other"} & outline.body
    (definition,) = outline.definitions
    assert "Net" in definition.names
    assert "Another" not in definition.names
