"""Reads the file of a notebook.

Source: https://nbformat.readthedocs.io/en/latest/format_description.html (versions 3 and 4).
Only the code cells are looked at, so that nothing is refused for what concerns only Jupyter.
"""

from __future__ import annotations

import json
from typing import Any

from flake8_bn_eval.files.units import InputError, Unit
from flake8_bn_eval.notebooks.program import Program, program_of

PYTHON = "python"
NO_NOTEBOOK = "this is no notebook: {}"


def read_notebook(path: str, data: bytes) -> Unit:
    """The program of a notebook; an `InputError` if the bytes are none, or none of Python."""
    return unit_of(path, program_of(cell_texts(path, data)))


def unit_of(path: str, program: Program) -> Unit:
    """The unit of a program that was made of a notebook."""
    return Unit(path, program.text, program.starts, program.problems(path), program.written)


def cell_texts(path: str, data: bytes) -> list[str]:
    """The texts of the code cells; an `InputError` as `read_notebook` has it."""
    document = document_of(path, data)
    language = language_of(document)
    if language != PYTHON:
        raise InputError(f"{path}: its cells are written in {language}, not in Python")
    try:
        return [text_of(cell) for cell in code_cells(document)]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: {NO_NOTEBOOK.format('its cells are malformed')}") from error


def document_of(path: str, data: bytes) -> dict[str, Any]:
    """The JSON of a notebook."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: bytes that are not utf-8") from error
    except json.JSONDecodeError as error:
        told = NO_NOTEBOOK.format(error.msg)
        raise InputError(f"{path}:{error.lineno}:{error.colno}: {told}") from error
    except RecursionError as error:
        raise InputError(f"{path}:1: {NO_NOTEBOOK.format('it nests too deeply')}") from error
    if not isinstance(document, dict) or not {"cells", "worksheets"} & document.keys():
        raise InputError(f"{path}:1: {NO_NOTEBOOK.format('it has no cells')}")
    return document


def language_of(document: dict[str, Any]) -> str:
    """The language of the cells, in lower case; Python where nothing tells."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return PYTHON
    for table, key in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(table)
        if isinstance(found, dict) and isinstance(found.get(key), str):
            language: str = found[key].lower()
            return PYTHON if language == "ipython" else language
    return PYTHON


def code_cells(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The code cells in their order; KeyError, TypeError, AttributeError for anything else."""
    sheets = [document] if "cells" in document else document["worksheets"]
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source_key(cell: dict[str, Any]) -> str:
    """Where a code cell has its text: version 3 calls it ``input``."""
    return "source" if "source" in cell else "input"


def text_of(cell: dict[str, Any]) -> str:
    """The text of a cell, which may stand there as a list of lines."""
    written = cell[source_key(cell)]
    return written if isinstance(written, str) else "".join(written)
