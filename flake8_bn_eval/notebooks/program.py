"""The program that the code cells of a notebook make together, run from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flake8_bn_eval.files.units import Cell
from flake8_bn_eval.notebooks.magics import PythonCell, python_cell


@dataclass(frozen=True, slots=True)
class Program:
    """The cells as Python; code cells count from 1, those that hold nothing as well."""

    cells: tuple[PythonCell, ...]

    @property
    def text(self) -> str:
        """The text of all cells, each beginning at a line of its own."""
        return "".join(f"{line}\n" for cell in self.cells for line in cell.lines)

    @property
    def written(self) -> str:
        """What the user has written in these lines."""
        return "".join(f"{line}\n" for cell in self.cells for line in cell.written)

    @property
    def starts(self) -> tuple[Cell, ...]:
        """Where each cell begins in the text."""
        found, line = [], 1
        for number, cell in enumerate(self.cells, 1):
            found.append(Cell(number, line))
            line += len(cell.lines)
        return tuple(found)

    def problems(self, path: str) -> tuple[str, ...]:
        """What is to be said of the cells that are left out."""
        return tuple(
            f"{path}:cell {number}:{it.refusal.line}:{it.refusal.column + 1}: "
            f"{it.refusal.message}; this cell is left out"
            for number, it in enumerate(self.cells, 1)
            if it.refusal is not None
        )


def program_of(cells: Sequence[str]) -> Program:
    """The program of the texts of code cells."""
    return Program(tuple(python_cell(text) for text in cells))
