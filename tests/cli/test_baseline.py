"""A baseline: what is known stays silent, what is new does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.client import DEFECT, INFERENCE, check, run, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, {"a.py": DEFECT, "inner/b.py": INFERENCE})
    done = run(tmp_path, "check", "--write-baseline=known.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return tmp_path


def test_known_findings_are_silent(folder: Path) -> None:
    done = run(folder, "check", "--baseline=known.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no findings in 2 files; 3 known findings of the baseline not shown" in done.stderr


def test_it_says_what_it_knows_in_a_stable_order(folder: Path) -> None:
    known = json.loads((folder / "known.json").read_text(encoding="utf-8"))
    assert [(each["path"], each["code"]) for each in known["findings"]] == [
        ("a.py", "BNE303"), ("inner/b.py", "BNE101"), ("inner/b.py", "BNE201"),
    ]  # fmt: skip
    before = (folder / "known.json").read_bytes()
    run(folder, "check", "--write-baseline=known.json", "inner", "a.py")
    assert (folder / "known.json").read_bytes() == before


def test_moved_lines_stay_known_and_new_ones_are_not(folder: Path) -> None:
    write(folder, {"a.py": "import os\n\n" + DEFECT.replace("net.eval", "net.eval  ")})
    write(folder, {"inner/b.py": "x = 1\n" + INFERENCE})
    assert check(folder, "--baseline=known.json") == []
    write(folder, {"a.py": DEFECT + "net.eval\n"})
    (line,) = check(folder, "--baseline=known.json")
    assert line.startswith("a.py:5:1: BNE303 ")
    write(folder, {"c.py": DEFECT})
    assert len(check(folder, "--baseline=known.json")) == 2


def test_it_knows_files_from_where_it_lies(folder: Path) -> None:
    assert check(folder / "inner", "--baseline=../known.json") == []
    assert check(folder.parent, f"--baseline={folder.name}/known.json", folder.name) == []
    write(folder, {"pyproject.toml": "[tool.bn-eval]\nbaseline = 'known.json'\n"})
    assert check(folder / "inner") == []
    assert len(check(folder, "--isolated")) == 3


def test_what_is_gone_is_said(folder: Path) -> None:
    write(folder, {"a.py": "x = 1\n"})
    done = run(folder, "check", "--baseline=known.json")
    assert "1 of the baseline is gone; --write-baseline forgets it" in done.stderr
    assert "gone" not in run(folder, "check", "--baseline=known.json", "inner").stderr


def test_every_format_heeds_it(folder: Path) -> None:
    for name in ("json", "sarif", "github", "gitlab", "junit"):
        done = run(folder, "check", "--baseline=known.json", f"--output-format={name}")
        assert done.returncode == 0
        assert '"BNE303",\n      "' not in done.stdout
        assert "is not called" not in done.stdout.replace("that sets the mode is named", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "base.json: No such file or directory; --write-baseline makes one"),
        ("{\n,", "base.json:2: no baseline"),
        ("[]", "base.json:1: no baseline"),
        ('{"version": 1, "findings": [{}]}', "base.json:1: no baseline"),
        ('{"version": 2, "findings": []}', "base.json: version 2 of baselines is not known"),
        ("\udcff", "base.json:1: no baseline"),
    ],
)
def test_what_is_no_baseline_is_said(folder: Path, text: str | None, message: str) -> None:
    if text is not None:
        (folder / "base.json").write_bytes(text.encode(errors="surrogateescape"))
    done = run(folder, "check", "--baseline=base.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_baseline_of_what_could_not_be_read_is_no_success(folder: Path) -> None:
    write(folder, {"broken.py": "x = (\n"})
    done = run(folder, "check", "--write-baseline=known.json")
    assert done.returncode == 2
    assert "broken.py:1:5" in done.stderr
