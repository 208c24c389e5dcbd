"""Notebooks through the command line: what is found in their cells, and how it is named."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flake8_bn_eval.cli import main
from flake8_bn_eval.files.units import InputError, read_unit

SAMPLES = Path(__file__).parent / "samples"
ROOT = Path(__file__).parent.parent.parent
DIGITS = (
    "digits.ipynb:cell 9:5:19: BNE101 `model` predicts in training mode "
    "(training since cell 5, line 4)"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the notebooks of the tests, in which the linter is started."""
    for path in SAMPLES.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> int:
    return main(["check", "--no-cache", *arguments])


def notebook(*cells: str, **changes: Any) -> bytes:
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": it} for it in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4} | changes).encode()


@pytest.mark.usefixtures("folder")
def test_the_mode_flows_from_cell_to_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("digits.ipynb") == 2, "one of its cells is no Python"
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        DIGITS,
        "     5 |         outputs = model(inputs)",
        "       |                   ^^^^^^^^^^^^^",
        "  cell 5, line 4: `model.train()` puts it in training mode",
        "     4 | model.train()",
        "       | ^^^^^^^^^^^^^",
        "  cell 9, line 5: taken for inference: its data is named for evaluation, "
        "the numbers of its output are read",
        "     5 |         outputs = model(inputs)",
        "       |                   ^^^^^^^^^^^^^",
        "  help: call `model.eval()` before",
    ]
    problem = "bn-eval: digits.ipynb:cell 6:2:4: unexpected indent; this cell is left out"
    assert problem in captured.err.splitlines()
    assert check("evaluated.ipynb") == 0


@pytest.mark.usefixtures("folder")
def test_the_line_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook belongs to a project; the magic before the code does not move the marks."""
    assert check("imports_network.ipynb") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("imports_network.ipynb:cell 3:3:24: BNE101 ")
    assert lines[0].endswith("(training since network.py:16)")
    assert lines[1:3] == [
        "     3 |         scores = %time net(batch)",
        "       |                        ^^^^^^^^^^",
    ]


@pytest.mark.usefixtures("folder")
def test_version_3_of_the_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("version_3.ipynb") == 1
    assert capsys.readouterr().out.startswith("version_3.ipynb:cell 2:1:1: BNE303 ")


def test_notebooks_are_found_in_directories(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".ipynb_checkpoints").mkdir()
    shutil.copy("digits.ipynb", folder / ".ipynb_checkpoints")
    assert check("--output-format=concise", ".") == 2
    captured = capsys.readouterr()
    found = [line.partition(":")[0] for line in captured.out.splitlines()]
    assert found == ["digits.ipynb", "imports_network.ipynb", "version_3.ipynb"]
    assert "statistics.ipynb: its cells are written in r, not in Python" in captured.err


@pytest.mark.parametrize("form", ["json", "sarif", "github", "gitlab", "junit"])
@pytest.mark.usefixtures("folder")
def test_every_format_names_the_cell(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    check(f"--output-format={form}", "digits.ipynb")
    printed = capsys.readouterr().out
    assert "cell 5, line 4" in printed
    wanted = {
        "json": ('"cell": 9,', '"line": 5,', '"column": 19,'),
        "sarif": ('"name": "cell 9"', '"startLine": 5,', '"startColumn": 19,'),
        "github": ("::cell 9, line 5: ",),
        "gitlab": ('"cell 9: BNE101 ', '"begin": 5,'),
        "junit": ("BNE101 train-mode-inference at cell 9:5:19",),
    }
    assert [each for each in wanted[form] if each not in printed] == []


@pytest.mark.usefixtures("folder")
def test_standard_input_may_be_a_notebook(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = Path("digits.ipynb").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert check("--stdin-display-name=digits.ipynb", "-") == 2
    assert capsys.readouterr().out.startswith(DIGITS)


@pytest.mark.usefixtures("folder")
def test_a_trace_names_cells(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "evaluated.ipynb"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["cell", "3:2", "mode", "model:", "train", "->", "eval"] in [it[:7] for it in lines]


def test_noqa_counts_in_a_cell(folder: Path) -> None:
    head = "from torch import nn\nnet = nn.Dropout()"
    for comment, status in (("", 1), ("  # noqa: BNE303", 0), ("  # noqa: E501", 1)):
        (folder / "x.ipynb").write_bytes(notebook(head, f"!ls\nnet.eval{comment}"))
        assert check("x.ipynb") == status


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x.ipynb:1:1: this is no notebook: Expecting value"),
        (b'{"cells": [\n]', "x.ipynb:2:2: this is no notebook: Expecting ',' delimiter"),
        (b'{\n"cells": "\xff"}', "x.ipynb:2: bytes that are not utf-8"),
        (b"[]", "x.ipynb:1: this is no notebook: it has no cells"),
        (b'{"metadata": {}}', "x.ipynb:1: this is no notebook: it has no cells"),
        (b'{"cells": 3}', "x.ipynb: this is no notebook: its cells are malformed"),
        (b'{"cells": [{}]}', "x.ipynb: this is no notebook: its cells are malformed"),
        (b"[" * 100_000, "x.ipynb:1: this is no notebook: it nests too deeply"),
        (
            b'{"cells": [{"cell_type": "code", "source": [1]}]}',
            "x.ipynb: this is no notebook: its cells are malformed",
        ),
        (
            notebook(metadata={"kernelspec": {"language": "julia"}}),
            "x.ipynb: its cells are written in julia, not in Python",
        ),
    ],
)
def test_what_is_no_notebook_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], data: bytes, message: str
) -> None:
    (folder / "x.ipynb").write_bytes(data)
    assert check("x.ipynb", "version_3.ipynb") == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "version_3.ipynb:cell 2:1:1: BNE303" in captured.out


def test_every_line_of_the_program_has_its_cell() -> None:
    unit = read_unit("x.ipynb", notebook("a = 1\nb = 2", "", "(\n)\n", "%%bash\nls", "!ls"))
    assert unit.text == "a = 1\nb = 2\n\n(\n)\n\n\n\npass\n"
    assert unit.shown == "a = 1\nb = 2\n\n(\n)\n\n%%bash\nls\n!ls\n"
    places = [unit.cell_of(number) for number in range(1, 10)]
    assert [it.number for it in places if it] == [1, 1, 2, 3, 3, 3, 4, 4, 5]
    assert [it.first_line for it in places if it] == [1, 1, 3, 4, 4, 4, 7, 7, 9]


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_and_marks_of_a_cell_do_not_matter(ending: str) -> None:
    unit = read_unit("x.ipynb", b"\xef\xbb\xbf" + notebook(f"a = 1{ending}b = 2{ending}"))
    assert unit.text == "a = 1\nb = 2\n\n"


def test_what_names_no_language_is_python() -> None:
    for metadata in ({}, None, {"kernelspec": None}, {"language_info": {"name": "ipython"}}):
        assert read_unit("x.ipynb", notebook("a = 1", metadata=metadata)).text == "a = 1\n"
    with pytest.raises(InputError):
        read_unit("x.ipynb", notebook("1", metadata={"language_info": {"name": "R"}}))


@pytest.mark.usefixtures("folder")
def test_reading_python_files_imports_nothing_for_notebooks() -> None:
    program = (
        "import sys\nfrom flake8_bn_eval.cli import main\nmain(['check', 'network.py'])\n"
        "print([it for it in sys.modules if 'notebooks' in it])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
