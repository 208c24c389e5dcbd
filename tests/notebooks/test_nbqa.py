"""flake8 through the real nbqa: what the text of a finding names is a cell and its line."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_bn_eval.findings import Note, Span
from flake8_bn_eval.notebooks.nbqa import where_for_nbqa
from flake8_bn_eval.source import NBQA_SEPARATOR as SEPARATOR

SAMPLES = Path(__file__).parent / "samples"
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.skipif(importlib.util.find_spec("nbqa") is None, reason="nbqa is not installed")
def test_the_text_names_the_cell_as_nbqa_does(tmp_path: Path) -> None:
    """The first cell has only magics: nbqa leaves it out, and counts it all the same."""
    shutil.copy(SAMPLES / "digits.ipynb", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "nbqa", "flake8", "digits.ipynb", "--isolated", "--select=BNE"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.startswith("digits.ipynb:cell_9:5:19: BNE101 "), done.stderr
    assert "(training since cell 5, line 4)" in done.stdout


def test_a_cell_that_is_not_in_the_notebook_has_no_number(tmp_path: Path) -> None:
    handed = [f"{SEPARATOR}abcdef\n", "a = 1\n", "\n", f"{SEPARATOR}abcdef\n", "b = 2\n"]
    cells = [{"cell_type": "code", "source": it} for it in ("!ls", "", "b = 2")]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    name = str(tmp_path / "xabcd1234_nbqa_ipynb.py")
    where = where_for_nbqa(name, handed)
    notes = [Note(Span(line, 0, line, 1), "") for line in (2, 5)]
    assert [where(note) for note in notes] == ["line 1 of its cell", "cell 3, line 1"]
    elsewhere = where_for_nbqa(str(tmp_path / "y.py"), handed)
    assert elsewhere(notes[1]) == "line 1 of its cell"
    assert where(Note(Span(7, 0, 7, 1), "", path="z.py")) == "z.py:7"


def test_equal_cells_are_told_apart(tmp_path: Path) -> None:
    handed = [f"{SEPARATOR}abcdef\n", "a = 1\n", "\n", f"{SEPARATOR}abcdef\n", "a = 1\n"]
    cells = [{"cell_type": "code", "source": it} for it in ("%pwd", "a = 1", "%pwd", "a = 1\n")]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    where = where_for_nbqa(str(tmp_path / "xabcd1234_nbqa_ipynb.py"), handed)
    found = [where(Note(Span(line, 0, line, 1), "")) for line in (2, 5)]
    assert found == ["cell 2, line 1", "cell 4, line 1"]
