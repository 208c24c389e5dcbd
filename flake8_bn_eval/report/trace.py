"""The states of a file line by line: what a contributor reads first, and puts into a bug report.

A line is printed for every forward call, every change of a mode and every change of the
gradient mode, with what the analysis knows before and after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from flake8_bn_eval import source
from flake8_bn_eval.files.units import Unit
from flake8_bn_eval.findings import Span

if TYPE_CHECKING:
    from flake8_bn_eval.interpret.records import Event


def trace_lines(
    unit: Unit, events: list[Event], span: Callable[[int], Span]
) -> Iterator[str]:
    """The events in the order of the text; ``span`` says where a place is."""
    lines = source.split_lines(unit.shown)
    rows = [
        (span(event.place).line, event.kind, _state(event))
        for event in sorted(events, key=lambda event: event.place)
    ]
    width = min(max((len(state) for _, _, state in rows), default=0), 48)
    for line, kind, state in dict.fromkeys(rows):
        number = _number(unit, line)
        yield f"{number:>5}  {kind:8}  {state:{width}}  | {lines[line - 1].strip()}"


def _number(unit: Unit, line: int) -> str:
    """The number of a line in its file, or in its cell."""
    cell = unit.cell_of(line)
    if cell is None:
        return str(line)
    return f"cell {cell.number}:{line - cell.first_line + 1}"


def _state(event: Event) -> str:
    """Before and after; a forward call changes nothing and stands under both modes."""
    if event.kind == "forward":
        return f"{event.subject}: {event.before}, gradients {event.after}"
    return f"{event.subject}: {event.before} -> {event.after}"
