"""What only libcst refuses is said at its line."""

from __future__ import annotations

import pytest

from flake8_bn_eval import source
from flake8_bn_eval.fix.parsing import parse


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("(x): int = 3\n", 1, 5),
        ("\nclass K(A, metaclass=M, *bases): pass\n", 2, 0),
        ("x = (" + "'a' " * 3_200 + ")", 1, 12_806),
        ("if a:\n    \\\n  x = 1\n", 3, 4),
    ],
)
def test_what_only_libcst_refuses_is_named_by_line(text: str, line: int, column: int) -> None:
    source.parse(text)
    with pytest.raises(source.UnparsableError, match="libcst refuses it here") as caught:
        parse(text)
    assert not isinstance(caught.value, source.RefusedByPythonError)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_what_is_too_deep_for_it_is_not_parsed() -> None:
    text = "x = 1\ny = " + " + ".join(["a"] * 1_200) + "\n"
    with pytest.raises(source.UnparsableError, match="more than 1,000 levels deep") as caught:
        parse(text)
    assert caught.value.line == 2
