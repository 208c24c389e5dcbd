"""Notebooks are fixed in their cells, and the rest of their files stays as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flake8_bn_eval.cli import main
from flake8_bn_eval.notebooks.program import program_of
from flake8_bn_eval.notebooks.rewriting import rewritten

SAMPLES = Path(__file__).parent / "samples"
SETUP = "from torch import nn\nnet = nn.Sequential(nn.Linear(4, 4), nn.Dropout())"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in SAMPLES.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(*cells: Any) -> dict[str, Any]:
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": [{"x": 1e-05}], "source": it}
        for it in cells
    ]
    return {"cells": made, "metadata": {"name": "é 🧮"}, "nbformat": 4}


def sources(path: Path) -> list[Any]:
    return [cell["source"] for cell in json.loads(path.read_bytes())["cells"]]


def test_a_fix_changes_its_cell_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "imports_network.ipynb").read_text(encoding="utf-8")
    assert main(["fix", "--unsafe-fixes", "imports_network.ipynb"]) == 0
    captured = capsys.readouterr()
    told = "imports_network.ipynb:cell 3:4: BNE101 fixed, unsafe: call `net.eval()` before\n"
    assert captured.out == told
    after = (folder / "imports_network.ipynb").read_text(encoding="utf-8")
    line = '    "with torch.no_grad():\\n",\n'
    assert after == before.replace(line, f'    "net.eval()\\n",\n{line}')
    assert main(["check", "--no-cache", "imports_network.ipynb"]) == 0


@pytest.mark.parametrize("indent", [None, 1, 2, 4, "\t"])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("end", ["", "\n"])
def test_the_layout_of_the_file_stays(
    tmp_path: Path, indent: int | str | None, ascii_only: bool, end: str
) -> None:
    path = tmp_path / "x.ipynb"
    for sources_before, sources_after in (
        (["%%time\n", "net.eval  # é"], ["%%time\n", "net.eval()  # é"]),
        ("!ls\nnet.eval\n", "!ls\nnet.eval()\n"),
    ):
        before, after = (
            json.dumps(document(SETUP, it), indent=indent, ensure_ascii=ascii_only) + end
            for it in (sources_before, sources_after)
        )
        path.write_text(before, encoding="utf-8")
        assert main(["fix", str(path)]) == 0
        assert path.read_text(encoding="utf-8") == after
        assert main(["fix", str(path)]) == 0
        assert path.read_text(encoding="utf-8") == after


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_cell_with_other_line_ends_is_left(
    tmp_path: Path, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(document(SETUP, f"net.eval{end}x = 1")), encoding="utf-8")
    before = path.read_bytes()
    assert main(["fix", str(path)]) == 2
    assert "x.ipynb: a cell has line ends of its own: not changed" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_file_laid_out_by_hand_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.ipynb"
    text = json.dumps(document(SETUP, "net.eval")).replace('"nbformat": 4', '"nbformat":\n 4')
    path.write_text(text, encoding="utf-8")
    assert main(["fix", str(path)]) == 2
    assert "x.ipynb: its JSON is laid out in a way of its own" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == text


def test_a_difference_shows_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(document(SETUP, "!ls\nnet.eval")), encoding="utf-8")
    before = path.read_bytes()
    assert main(["fix", "--diff", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4:] == [" # %% cell 2", " !ls", "-net.eval", "+net.eval()"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("cells", "changed", "expected"),
    [
        (["a", "b"], "x\na\nb\n", ["x\na", "b"]),
        (["a", "b"], "a\nx\nb\n", ["a", "x\nb"]),
        (["a", "b"], "a\nb\nx\n", ["a", "b\nx"]),
        (["%%time\na"], "\nx\na\n", ["%%time\nx\na"]),
        (["%%time\na"], "x\n\na\n", ["%%time\nx\na"]),
        (["\n%%capture\n%%time\na"], "x\n\n\n\na\n", ["\n%%capture\n%%time\nx\na"]),
        (
            ["if a:\n    !ls\n    b"],
            "if c:\n    if a:\n        pass\n        b\n",
            ["if c:\n    if a:\n        !ls\n        b"],
        ),
        (["c = %time a(b)"], "c =       a(d)\n", ["c = %time a(d)"]),
        (["!ls", "a"], "x\na\n", None),
        (["a", "b"], "x\n", None),
        (["a", "b"], "x\ny\n", ["x", "y"]),
    ],
)
def test_a_changed_program_goes_back_to_its_cells(
    cells: list[str], changed: str, expected: list[str] | None
) -> None:
    from flake8_bn_eval.fix.trial import UnwritableError

    program = program_of(cells)
    try:
        found = rewritten(program, changed)
    except UnwritableError:
        found = None
    assert found == expected
