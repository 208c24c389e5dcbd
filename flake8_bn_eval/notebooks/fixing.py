"""Fixes the cells of a notebook; the rest of its file stays as it is, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from flake8_bn_eval import source
from flake8_bn_eval.files.fixing import FindingsOf, FixedFile
from flake8_bn_eval.files.units import InputError
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.fix.repair import Wanted, repair
from flake8_bn_eval.notebooks.program import Program, program_of
from flake8_bn_eval.notebooks.reading import (
    cell_texts,
    code_cells,
    document_of,
    source_key,
    unit_of,
)
from flake8_bn_eval.notebooks.rewriting import rewritten

INDENTATIONS: tuple[int | str | None, ...] = (1, 2, 4, None, 0, "\t")
SEPARATORS = (None, (",", ":"))
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def fixed_notebook(
    path: str, data: bytes, findings_of: FindingsOf, *, unsafe: bool, wanted: Wanted
) -> FixedFile:
    """Fix the wanted findings of a notebook, as `fixed_file` does those of a Python file.

    Raises `InputError` for bytes that are no notebook of Python, and where a fix would also
    change how the rest of the file is written.
    """
    program = program_of(cell_texts(path, data))

    def analyse(text: str) -> list[Finding]:
        return findings_of(unit_of(path, program_of(rewritten(program, text))))

    repaired = repair(program.text, analyse, unsafe=unsafe, wanted=wanted)
    if repaired.text == program.text:
        return FixedFile(unit_of(path, program), "", "", data, repaired)
    cells = rewritten(program, repaired.text)
    fixed = program_of(cells)
    changed = _with_cells(path, data, cells)
    return FixedFile(unit_of(path, fixed), _shown(program), _shown(fixed), changed, repaired)


def _shown(program: Program) -> str:
    """The cells one after the other, for a difference that people read."""
    return "".join(
        "".join([f"# %% cell {number}\n", *(f"{line}\n" for line in cell.written)])
        for number, cell in enumerate(program.cells, 1)
    )


def _with_cells(path: str, data: bytes, texts: Sequence[str]) -> bytes:
    """The bytes of a notebook in which its code cells have other texts."""
    document = document_of(path, data)
    style = next((it for it in _styles(data) if _written(document, it) == data), None)
    if style is None:
        raise InputError(f"{path}: its JSON is laid out in a way of its own: not changed")
    for cell, text in zip(code_cells(document), texts, strict=True):
        key = source_key(cell)
        written = cell[key] if isinstance(cell[key], str) else "".join(cell[key])
        lines = source.split_lines(written)
        if text == "\n".join(lines):
            continue
        if text != written and "\r" in written:
            raise InputError(f"{path}: a cell has line ends of its own: not changed")
        cell[key] = text if isinstance(cell[key], str) else _as_list(text)
    return _written(document, style)


def _as_list(text: str) -> list[str]:
    """The lines with their ends, as notebooks keep them."""
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]


_Style = tuple[bytes, dict[str, Any], bytes]


def _styles(data: bytes) -> Iterator[_Style]:
    """The ways in which programs write notebooks: what comes before, how, and what behind."""
    mark = BYTE_ORDER_MARK if data.startswith(BYTE_ORDER_MARK) else b""
    end = data[len(data.rstrip()) :]
    for indent, separators, ascii_only in product(INDENTATIONS, SEPARATORS, (False, True)):
        how = {"indent": indent, "separators": separators, "ensure_ascii": ascii_only}
        yield mark, how, end


def _written(document: dict[str, Any], style: _Style) -> bytes:
    mark, how, end = style
    return mark + json.dumps(document, **how).encode("utf-8", "surrogatepass") + end
