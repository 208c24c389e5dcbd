"""What is kept of files between analyses: as much as fits, and only while they do not change."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flake8_bn_eval.project import tree
from flake8_bn_eval.project.kept import Kept
from flake8_bn_eval.project.tree import Tree

STAMP = (1, 1)


def test_a_value_holds_while_the_stamp_is_the_same() -> None:
    kept = Kept[bytes](100, len)
    kept.keep("a", STAMP, b"text")
    assert kept.find("a", STAMP) == b"text"
    assert kept.find("a", (2, 1)) is None
    assert kept.find("b", STAMP) is None
    kept.keep("a", (2, 1), b"other text")
    assert kept.find("a", (2, 1)) == b"other text"
    assert kept.total == len("other text")


def test_what_was_not_asked_for_the_longest_time_goes() -> None:
    kept = Kept[bytes](10, len)
    for path in "abc":
        kept.keep(path, STAMP, b"xxx")
    kept.find("a", STAMP)
    kept.keep("d", STAMP, b"xxx")
    assert [path for path in "abcd" if kept.find(path, STAMP)] == ["a", "c", "d"]
    kept.keep("e", STAMP, b"x" * 11)
    assert not any(kept.find(path, STAMP) for path in "abcde")
    assert kept.total == 0


def test_threads_lose_no_count() -> None:
    kept = Kept[bytes](50, len)

    def use(number: int) -> None:
        kept.keep(str(number % 30), STAMP, b"x" * (number % 7))
        kept.find(str(number % 11), STAMP)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(5_000)))
    assert kept.total == sum(len(kept.find(str(name), STAMP) or b"") for name in range(30))
    assert kept.total <= 50


def test_the_files_of_a_large_project_are_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Kept[bytes](1_000, len)
    monkeypatch.setattr(tree, "_kept", small)
    for number in range(50):
        (tmp_path / f"f{number}.py").write_text("x" * 100)
    for _ in range(2):
        project = Tree(str(tmp_path))
        assert all(project.text(path) == "x" * 100 for path in project.python_files())
        assert 900 <= small.total <= 1_000


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "f.py"
    file.write_text("old")
    assert Tree(str(tmp_path)).text("f.py") == "old"
    file.write_text("new")
    os.utime(file, (1, 1))
    assert Tree(str(tmp_path)).text("f.py") == "new"
    file.unlink()
    assert Tree(str(tmp_path)).text("f.py") is None
    assert Tree(str(tmp_path)).python_files() == []
