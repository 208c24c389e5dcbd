"""Which files `bn-eval check` looks at."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from flake8_bn_eval.files.discovery import Search
from flake8_bn_eval.files.units import InputError
from tests.cli.client import DEFECT, check, run, write


def files(paths: list[str], search: Search | None = None) -> list[str]:
    """The files, which must all be readable, with ``/``."""
    found = (search or Search()).files(paths)
    assert not [each for each in found if isinstance(each, InputError)]
    return [str(each).replace("\\", "/") for each in found]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_directories_that_hold_no_source_are_left_out(folder: Path) -> None:
    left_out = "venv .venv node_modules build dist .tox .git own_env a.egg".split()
    write(folder, {f"{name}/a.py": "" for name in left_out} | {"a.py": "", "env/rl.py": ""})
    write(folder, {"own_env/pyvenv.cfg": "", ".github/b.py": "", "a.txt": "", "c.pyc": ""})
    exclude = (".git", "*.egg")
    assert files(["."], Search(exclude=exclude)) == [".github/b.py", "a.py", "env/rl.py"]
    everything = files(["."], Search(exclude=exclude, all_files=True))
    assert "venv/a.py" in everything
    assert ".git/a.py" not in everything
    assert files(["venv", "build/a.py"]) == ["build/a.py", "venv/a.py"]


IGNORED = {
    ".gitignore": "*_pb2.py\n/scratch/\n!keep_pb2.py\nnotes/**/old\n# a comment\n\\#odd.py\n",
    "inner/.gitignore": "!here_pb2.py\nlocal.py\n",
    "a.py": "",
    "a_pb2.py": "",
    "keep_pb2.py": "",
    "scratch/a.py": "",
    "inner/scratch/a.py": "",
    "inner/a_pb2.py": "",
    "inner/here_pb2.py": "",
    "inner/local.py": "",
    "inner/deep/local.py": "",
    "notes/x/y/old/a.py": "",
    "notes/x/old.py": "",
    "#odd.py": "",
}


def test_gitignore_is_read_as_git_reads_it(folder: Path) -> None:
    write(folder, IGNORED)
    git = shutil.which("git")
    if git is None:
        pytest.fail("git is needed to compare with")
    subprocess.run([git, "init", "--quiet"], check=True)
    listed = subprocess.run(
        [git, "ls-files", "--others", "--exclude-standard", "*.py"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    expected = sorted(listed.stdout.splitlines())
    assert len(expected) == 5
    assert files(["."]) == expected
    assert files(["inner"]) == [path for path in expected if path.startswith("inner/")]
    assert files(["."], Search(all_files=True)) == sorted(
        path for path in IGNORED if path.endswith(".py")
    )


def test_what_is_named_is_looked_at_although_git_ignores_it(folder: Path) -> None:
    write(folder, IGNORED | {".git/HEAD": ""})
    assert files(["scratch", "a_pb2.py"]) == ["a_pb2.py", "scratch/a.py"]


def test_nothing_above_the_repository_counts(folder: Path) -> None:
    write(folder, {".gitignore": "*.py\n", "repo/.git/HEAD": "", "repo/a.py": ""})
    assert files(["repo"]) == ["repo/a.py"]
    write(folder, {".git/HEAD": "", "sub/a.py": ""})
    with pytest.raises(AssertionError):
        files(["sub"])


def test_a_file_is_looked_at_once(folder: Path) -> None:
    write(folder, {"a.py": "", "inner/b.py": ""})
    assert files(["a.py", "./a.py", ".", str(folder / "a.py"), "inner/../a.py", "inner"]) in (
        ["a.py", "inner/b.py"],
        [str(folder / "a.py"), "inner/b.py"],
    )
    (folder / "link.py").symlink_to("a.py")
    (folder / "loop").symlink_to(".")
    assert len(files(["."])) == 2


def test_findings_of_a_file_given_twice_come_once(folder: Path) -> None:
    write(folder, {"a.py": DEFECT})
    assert len(check(folder, "a.py", "a.py", ".", str(folder))) == 1


def test_a_file_that_is_no_python_is_said(folder: Path) -> None:
    write(folder, {"a.py": DEFECT, "notes.txt": "These are no statements.\n", "b.py": "def f(:\n"})
    (folder / "data.bin").write_bytes(b"\x00\xff\x00")
    done = run(folder, "check", "--output-format=concise", "notes.txt", "data.bin", "a.py", "b.py")
    assert done.returncode == 2
    assert done.stdout.startswith("a.py:4:1: BNE303 ")
    said = [line for line in done.stderr.splitlines() if not line.endswith("rule")]
    assert [line.split(":")[1].strip() for line in said] == ["b.py", "data.bin", "notes.txt"]


def test_names_that_are_no_text_are_reported(folder: Path) -> None:
    try:
        Path(folder / "b\udcff.py").write_text(DEFECT, encoding="utf-8")
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes only UTF-8")
    for name in ("text", "concise", "json", "sarif", "github", "gitlab", "junit"):
        done = run(folder, "check", f"--output-format={name}", ".")
        assert done.returncode == 1, done.stderr
        assert "BNE303" in done.stdout
        assert "Traceback" not in done.stderr
