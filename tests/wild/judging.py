"""Asks a person for the verdict about each place of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.source import decode
from tests.wild.records import Place, Record, Verdict

AROUND = 12
"""Lines shown before and after a place."""
KEYS = {"a": Verdict.ACT, "h": Verdict.HARMLESS, "f": Verdict.FALSE}
QUESTION = "a: a maintainer would act, h: harmless, f: false, s: skip, q: quit; then a note: "


def judge(
    record: Record, folder: Path, ask: Callable[[str], str], say: Callable[[str], None]
) -> Iterator[Record]:
    """Ask about every place without a verdict; the record after each answer.

    ``folder`` has the checkouts.  ``ask`` shows a question and gives the answer, ``say`` shows
    a text.
    """
    places = list(record.places)
    for index, place in enumerate(places):
        if place.verdict is not None:
            continue
        say(shown(place, folder))
        key, note = _answer(ask)
        if key == "q":
            return
        if key in KEYS:
            places[index] = place.judged(KEYS[key], note)
            yield replace(record, places=tuple(places))


def _answer(ask: Callable[[str], str]) -> tuple[str, str]:
    """The key and the note, once there is a key that means something."""
    while True:
        key, _, note = ask(QUESTION).strip().partition(" ")
        if key in (*KEYS, "s", "q"):
            return key, note.strip()


def shown(place: Place, folder: Path) -> str:
    """What is reported, and the code around it."""
    file = folder / place.repository.replace("/", "+") / place.path
    text = decode(file.read_bytes())
    lines = text.splitlines()
    first = max(place.line - AROUND, 1)
    code = "\n".join(
        f"{'>' if number == place.line else ' '} {number:5} {line}"
        for number, line in enumerate(lines[first - 1 : place.line + AROUND], first)
    )
    said = [
        found.message
        for found in analyse(text, filename=str(file), codes={place.code})
        if found.span.line == place.line
    ]
    title = f"{place.repository} {place.path}:{place.line}:{place.column} {place.code}"
    return "\n".join(("", title, *said, code))
