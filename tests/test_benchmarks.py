"""The benchmarks run and say what they measure; what they measure is for people to read."""

from __future__ import annotations

import importlib
import itertools
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flake8_bn_eval.analysis import RAISE, analyse

ROOT = Path(__file__).parent.parent
SCRIPT = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
net.eval()
for batch in loader:
    net(batch).sum().backward()
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A benchmark in a process of its own, as it is started by hand."""
    return subprocess.run(
        [sys.executable, str(ROOT / "tests" / "benchmarks" / program), *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two training scripts, one that is refused, one that is none."""
    (tmp_path / "setup.cfg").write_text("")
    (tmp_path / "first.py").write_text(SCRIPT)
    (tmp_path / "again.py").write_text(SCRIPT)
    (tmp_path / "second.py").write_text(SCRIPT.replace("eval()", "eval() if later else None"))
    (tmp_path / "old.py").write_text(SCRIPT + "print 'done'\n")
    (tmp_path / "other.py").write_text("net.eval()\n")
    return tmp_path


def test_training_scripts_are_measured_alone_and_with_their_project(folder: Path) -> None:
    done = run("bench.py", "--scripts", "--rounds=1", str(folder))
    assert done.returncode == 0, done.stderr
    assert f"left out: {folder / 'old.py'}: " in done.stderr
    assert done.stdout.startswith("2 training scripts\n")
    assert re.findall(r"^(.*): [\d.]+ s, parse_module", done.stdout, re.MULTILINE) == [
        "alone",
        "with its project",
    ]
    assert done.stdout.count("BNE901: 0 files") == 2
    assert "the project changes the findings of 0 files" in done.stdout


def test_a_list_of_files_is_read_from_a_file(folder: Path) -> None:
    listed = folder / "list.txt"
    listed.write_text(f"{folder / 'first.py'}\n{folder / 'other.py'}\n")
    done = run("bench.py", "--scripts", "--rounds=1", f"@{listed}")
    assert done.stdout.startswith("1 training scripts\n")


def test_runs_of_flake8_are_compared(folder: Path) -> None:
    done = run("bench.py", "--scripts", "--flake8", "--rounds=1", str(folder))
    assert done.returncode == 0, done.stderr
    assert re.search(r"flake8 without the plugin\n.*flake8 --select BNE\nratio [\d.]+", done.stdout)


@pytest.mark.parametrize("where", ["no_such_package", "no/such/folder"])
def test_what_is_not_there_is_said(where: str) -> None:
    done = run("bench.py", "--scripts", where)
    assert done.returncode == 2
    assert done.stderr == f"bench: {where} is no file, directory or installed package\n"


def families(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The families of growing programs, which are imported as the benchmark does."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    return importlib.import_module("growth_families").FAMILIES


def test_growth_is_measured_and_judged() -> None:
    done = run("growth.py", "--only", "plain", "ifs", "--rounds=1")
    shown = re.findall(r"^(.*?) +(\d+) +(\d+) +([\d.]+) +([\d.]+)", done.stdout, re.MULTILINE)
    assert [line[0] for line in shown] == ["ifs one in the other", "plain statements"]
    assert "of 2 families within their bounds" in done.stdout
    assert run("growth.py", "--only", "no such family").returncode == 2
    late = run("growth.py", "--only", "plain", "--seconds=0.001")
    assert late.returncode == 1
    assert "0 of 1 families within their bounds" in late.stdout


def test_growing_programs_are_analysed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(RAISE, "1")
    for family in families(monkeypatch):
        lengths = [sum(map(len, family.files(size).values())) for size in (4, 8, 16)]
        assert lengths[0] < lengths[1] < lengths[2], family.name
        folder = tmp_path / str(id(family))
        folder.mkdir()
        (folder / "setup.cfg").write_text("")
        for path, text in family.files(2).items():
            (folder / path).write_text(text)
        judged = folder / "judged.py"
        analyse(judged.read_text(), filename=str(judged))


def test_growing_programs_run_with_pytorch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    for family in families(monkeypatch):
        folder = tmp_path / str(id(family))
        folder.mkdir()
        files = family.files(2)
        for path, text in files.items():
            (folder / path).write_text(text)
        with monkeypatch.context() as patch, restored_modules():
            patch.syspath_prepend(str(folder))
            answers = itertools.chain([True] * 3, itertools.repeat(False))
            given = {"key": "net0", "name": "net", "paths": ["nowhere"]}
            given["check"] = lambda *_, answers=answers: next(answers)
            for path in files:
                runpy.run_path(str(folder / path), given)


@contextmanager
def restored_modules() -> Iterator[None]:
    """Forget what is imported meanwhile."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if name.startswith(("part", "caller", "judged", "zoo")):
                del sys.modules[name]
