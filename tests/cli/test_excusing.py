"""``check --add-noqa`` writes comments that flake8 heeds, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.client import DEFECT, INFERENCE, check, flake8, run, write


def test_every_finding_is_excused_for_both_front_ends(tmp_path: Path) -> None:
    named = DEFECT.replace("net.eval", "net.eval  # noqa: E501 - long")
    write(tmp_path, {"a.py": DEFECT, "b.py": INFERENCE, "c.py": named, "clean.py": "x = 1\n"})
    (tmp_path / "windows.py").write_bytes(DEFECT.replace("\n", "\r\n").encode())
    assert len(flake8(tmp_path, "--select=BNE", ".")) == 5
    done = run(tmp_path, "check", "--add-noqa", ".")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "bn-eval: 5 findings excused in 4 files\n"
    assert flake8(tmp_path, "--select=BNE", ".") == check(tmp_path) == []
    assert (tmp_path / "a.py").read_text("utf-8") == DEFECT.replace(
        "net.eval", "net.eval  # noqa: BNE303"
    )
    assert "# noqa: BNE101,BNE201\n" in (tmp_path / "b.py").read_text("utf-8")
    assert "# noqa: E501,BNE303 - long\n" in (tmp_path / "c.py").read_text("utf-8")
    windows = (tmp_path / "windows.py").read_bytes()
    assert windows.count(b"\r\n") == windows.count(b"\n") == DEFECT.count("\n")
    again = run(tmp_path, "check", "--add-noqa", ".")
    assert again.stderr == "bn-eval: no findings excused in no files\n"


def test_only_what_is_selected_is_excused(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": INFERENCE})
    assert run(tmp_path, "check", "--add-noqa", "--select=BNE2", ".").returncode == 0
    assert "# noqa: BNE201\n" in (tmp_path / "a.py").read_text("utf-8")
    (left,) = check(tmp_path)
    assert " BNE101 " in left


@pytest.mark.parametrize(
    "line",
    [
        "net = nn.BatchNorm1d(4, \\\n    momentum=0.99)",
        "net = nn.BatchNorm1d(4, momentum=0.99); '# noqa: E501'",
    ],
    ids=["a backslash ends the line", "the line has such a text, which flake8 takes for a comment"],
)
def test_where_no_comment_fits_is_said(tmp_path: Path, line: str) -> None:
    text = f"from torch import nn\n\n{line}\n"
    write(tmp_path, {"a.py": text})
    assert len(check(tmp_path)) == 1
    done = run(tmp_path, "check", "--add-noqa", "a.py")
    assert done.returncode == 1
    assert done.stdout == "a.py:3: BNE405 not excused: no comment fits there\n"
    assert (tmp_path / "a.py").read_text("utf-8") == text


def test_only_files_of_python_are_written(tmp_path: Path) -> None:
    samples = Path(__file__).parent.parent / "notebooks" / "samples"
    notebook = (samples / "digits.ipynb").read_text("utf-8")
    write(tmp_path, {"digits.ipynb": notebook, "old.py": "print 1\n"})
    done = run(tmp_path, "check", "--add-noqa", "digits.ipynb", "old.py")
    assert done.returncode == 2
    assert "bn-eval: digits.ipynb: --add-noqa writes into files of Python only\n" in done.stderr
    assert "bn-eval: old.py:1:" in done.stderr
    assert (tmp_path / "digits.ipynb").read_text("utf-8") == notebook
    done = run(tmp_path, "check", "--add-noqa", "-", stdin=DEFECT)
    assert (done.returncode, done.stdout) == (2, "")
