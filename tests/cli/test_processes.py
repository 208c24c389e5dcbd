"""Several processes find what one finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_bn_eval.checking import run as running
from flake8_bn_eval.cli import main
from tests.cli.client import DEFECT, INFERENCE, check, write
from tests.test_project import FILES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, FILES | {f"many/file_{number}.py": DEFECT for number in range(9)})
    write(tmp_path, {"predict.py": INFERENCE})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_number_of_processes_changes_nothing(folder: Path) -> None:
    one = check(folder, "--no-cache", "--jobs=1")
    assert len(one) >= 14
    assert check(folder, "--no-cache", "--jobs=2") == one
    assert check(folder, "--jobs=3") == one
    assert check(folder, "--jobs=0") == one


@pytest.mark.usefixtures("folder")
def test_without_more_processes_one_judges_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(running, "ProcessPoolExecutor", refuse)
    assert main(["check", "--no-cache", "--jobs=2", "--count", "-qq"]) == 1
    assert int(capsys.readouterr().out) >= 14


@pytest.mark.parametrize("count", [0, 1, 4, 17, 300])
@pytest.mark.parametrize("jobs", [2, 8])
def test_pieces_hold_every_file_and_the_last_ones_hold_one(count: int, jobs: int) -> None:
    paths = [f"{number:03}.py" for number in range(count)]
    pieces = list(running.in_turns(paths, jobs))
    assert [path for piece in pieces for path in piece] == paths
    sizes = [len(piece) for piece in pieces]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes, default=0) <= running.MOST_AT_ONCE
    assert all(size == 1 for size in sizes[-jobs:])
