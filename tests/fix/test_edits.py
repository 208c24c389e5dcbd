"""Edits: what differs between two texts, and a text with edits made."""

from __future__ import annotations

import random

import pytest

from flake8_bn_eval.findings import Edit, Span
from flake8_bn_eval.fix.edits import (
    OverlappingEditsError,
    apply_edits,
    edits_between,
    lines_of,
    moved_line,
)

ALPHABET = ["a", "b", " ", "\n", "\n", "é", "\f", "x y"]


def random_text(source: random.Random) -> str:
    return "".join(source.choices(ALPHABET, k=source.randrange(30)))


@pytest.mark.parametrize("seed", range(200))
def test_edits_make_the_one_text_of_the_other(seed: int) -> None:
    source = random.Random(seed)
    old, new = random_text(source), random_text(source)
    edits = edits_between(old, new)
    assert apply_edits(old, edits) == new
    assert list(edits) == sorted(edits, key=lambda edit: edit.span)
    assert not edits_between(new, new)


def test_an_edit_holds_no_more_than_what_differs() -> None:
    old = "one\ndropout(x, 0.5)\nthree\n"
    edits = edits_between(old, "one\ndropout(x, 0.5, training=True)\nthree\n")
    assert edits == (Edit(Span(2, 14, 2, 14), ", training=True"),)


def test_a_line_that_moves_to_the_side_is_moved_by_itself() -> None:
    old = "a\nb\nc\n"
    edits = edits_between(old, "a\nwith x:\n    b\n    c\n")
    assert [edit.replacement for edit in edits] == ["with x:\n", "    ", "    "]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_new_lines_end_as_the_line_at_which_they_stand(end: str) -> None:
    text = f"a{end}b{end}"
    changed = apply_edits(text, [Edit(Span(2, 0, 2, 0), "new\n")])
    assert changed == f"a{end}new{end}b{end}"


def test_other_line_ends_stay_as_they_are() -> None:
    text = "a\r\nb\nc\rd"
    edits = [Edit(Span(2, 0, 2, 1), "B\nB"), Edit(Span(4, 1, 4, 1), "\nE")]
    assert apply_edits(text, edits) == "a\r\nB\nB\nc\rd\rE"


def test_a_form_feed_ends_no_line() -> None:
    assert lines_of("a\fb\x85\u2028\nc") == ["a\fb\x85\u2028\n", "c"]
    assert apply_edits("a\fb\nc", [Edit(Span(2, 0, 2, 1), "d")]) == "a\fb\nd"


def test_edits_at_the_end_of_a_text() -> None:
    assert apply_edits("", [Edit(Span(1, 0, 1, 0), "a\n")]) == "a\n"
    assert apply_edits("a\n", [Edit(Span(2, 0, 2, 0), "b\n")]) == "a\nb\n"
    assert apply_edits("a", [Edit(Span(1, 1, 1, 1), "\nb")]) == "a\nb"


def test_edits_do_not_overlap() -> None:
    edits = [Edit(Span(1, 0, 1, 2), "x"), Edit(Span(1, 1, 1, 3), "y")]
    with pytest.raises(OverlappingEditsError):
        apply_edits("abc", edits)


@pytest.mark.parametrize("span", [Span(3, 0, 3, 0), Span(1, 9, 1, 9), Span(0, 0, 0, 0)])
def test_an_edit_is_in_the_text(span: Span) -> None:
    with pytest.raises(ValueError, match="is not in a text of 1 lines"):
        apply_edits("abc\n", [Edit(span, "x")])


def test_a_line_moves_with_the_edits_before_it() -> None:
    edits = edits_between("a\nb\nc\n", "new\na\nc\n")
    assert moved_line(Span(1, 0, 1, 1), edits) == 2
    assert moved_line(Span(3, 0, 3, 1), edits) == 3
