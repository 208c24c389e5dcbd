"""The cache: what has not changed is not judged again, what has changed is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_bn_eval.checking import cache
from flake8_bn_eval.checking import judge as judging
from flake8_bn_eval.cli import main
from tests.cli.client import DEFECT, ROOT, environment, write
from tests.test_project import FILES
from tests.test_reachability import MAIN, SCORING

CACHE = ".bn-eval-cache"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose files are judged together; its own cache."""
    write(tmp_path, FILES | {"pyproject.toml": "", "plain.py": "x = 1\n", "defect.py": DEFECT})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BN_EVAL_CACHE_DIR", raising=False)
    monkeypatch.delenv("BNE_RAISE", raising=False)
    return tmp_path


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were parsed and judged since the list was cleared."""
    seen: list[str] = []
    analyse = judging.analyse

    def watched(text: str, *, filename: str, **more: object) -> object:
        seen.append(filename)
        return analyse(text, filename=filename, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "analyse", watched)
    return seen


Found = Callable[..., list[str]]


@pytest.fixture
def found(capsys: pytest.CaptureFixture[str]) -> Found:
    def check(*arguments: str) -> list[str]:
        assert main(["check", "--jobs=1", "--output-format=concise", *arguments]) in (0, 1)
        return capsys.readouterr().out.splitlines()

    return check


def test_a_second_run_judges_nothing(
    folder: Path, judged: list[str], found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found()
    assert len(first) >= 4
    assert len(judged) == len(list(folder.rglob("*.py")))
    judged.clear()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something is parsed")

    monkeypatch.setattr(judging.source, "parse", refuse)
    monkeypatch.setattr(judging, "Excuses", refuse)
    assert found() == first


def test_a_changed_file_is_judged_again(folder: Path, judged: list[str], found: Found) -> None:
    found()
    judged.clear()
    write(folder, {"defect.py": DEFECT.replace("net.eval", "net.eval()")})
    assert not [line for line in found() if line.startswith("defect.py")]
    assert "defect.py" in judged
    assert "plain.py" not in judged


def test_a_changed_neighbour_has_its_users_judged_again(
    folder: Path, judged: list[str], found: Found
) -> None:
    before = found()
    assert any(line.startswith("evaluation.py") for line in before)
    judged.clear()
    text = FILES["train.py"].replace("Net()\n    net.load", "Net().eval()\n    net.load")
    assert text != FILES["train.py"]
    write(folder, {"train.py": text})
    after = found()
    assert after != before
    assert "evaluation.py" in judged
    assert "defect.py" not in judged
    assert "plain.py" not in judged
    assert after == found("--no-cache")


def test_a_file_that_was_missing_counts_when_it_comes(
    folder: Path, judged: list[str], found: Found
) -> None:
    text = "from torch import nn\nfrom later import prepare\n\nnet = nn.Sequential(nn.Dropout())\n"
    text += "prepare(net)\nprint(net(1).argmax())\n"
    write(folder, {"script.py": text})
    before = found("script.py")
    judged.clear()
    assert found("script.py") == before
    assert judged == []
    write(folder, {"later.py": "def prepare(net):\n    net.eval()\n"})
    after = found("script.py")
    assert judged == ["script.py"]
    assert after == found("script.py", "--no-cache")
    (folder / "later.py").unlink()
    assert found("script.py") == before


def test_a_new_caller_counts(folder: Path, judged: list[str], found: Found) -> None:
    (folder / "train.py").unlink()
    before = found("evaluation.py")
    assert before == found("evaluation.py") == []
    judged.clear()
    write(folder, {"train.py": FILES["train.py"]})
    assert len(found("evaluation.py")) == 1
    assert judged == ["evaluation.py"]


def test_other_options_have_entries_of_their_own(
    folder: Path, judged: list[str], found: Found
) -> None:
    found("defect.py")
    own = "[[callables]]\nname = 'lib.f'\nsource = 'here'\n"
    write(folder, {"own.toml": own})
    for arguments in (["--bne-models=gadget"], ["--bne-torch-version=2.2"], ["--select=BNE1"]):
        judged.clear()
        found("defect.py", *arguments)
        assert judged == ["defect.py"]
        found("defect.py", *arguments)
        assert judged == ["defect.py"]
    judged.clear()
    found("defect.py")
    assert judged == []


def test_fixes_are_made_anew_and_nothing_else(
    folder: Path, judged: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, {"other/plain.py": "x = 1\n"})
    printed = []
    for _ in range(2):
        judged.clear()
        assert main(["check", "--output-format=json", "defect.py", "other"]) == 1
        printed.append(capsys.readouterr().out)
    assert judged == ["defect.py"]  # the text with the fix in it
    assert printed[0] == printed[1]
    assert json.loads(printed[0])["findings"][0]["fix"]["title"]


def test_a_refused_file_is_refused_again(
    folder: Path, judged: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, {"broken.py": "x = (\n"})
    for _ in range(2):
        assert main(["check", "broken.py"]) == 2
        assert "broken.py:1:5: '(' was never closed" in capsys.readouterr().err
    assert judged == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"text": 1}', b"\xff", b"null"])
def test_a_broken_entry_does_not_count(
    folder: Path, judged: list[str], found: Found, data: bytes
) -> None:
    before = found("defect.py")
    entries = list((folder / CACHE).rglob("*.json"))
    assert len(entries) == 1
    entries[0].write_bytes(data)
    assert found("defect.py") == before
    assert judged == ["defect.py", "defect.py"]


def test_a_directory_that_cannot_be_written_is_no_hindrance(folder: Path, found: Found) -> None:
    write(folder, {"file": ""})
    assert len(found("defect.py", "--cache-dir=file")) == 1
    assert (folder / "file").read_bytes() == b""


def test_where_the_cache_is(folder: Path, found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "inner").mkdir()
    monkeypatch.chdir(folder / "inner")
    found("../defect.py")
    assert (folder / CACHE / ".gitignore").read_text(encoding="utf-8") == "*\n"
    monkeypatch.setenv("BN_EVAL_CACHE_DIR", str(folder / "elsewhere"))
    found("../defect.py")
    assert (folder / "elsewhere").is_dir()
    found("../defect.py", "--cache-dir=named")
    assert (folder / "inner" / "named").is_dir()
    write(folder, {"pyproject.toml": "[tool.bn-eval]\ncache-dir = 'configured'\n"})
    found("../defect.py")
    assert (folder / "configured").is_dir()


def test_no_cache_leaves_nothing(folder: Path, found: Found) -> None:
    found("--no-cache")
    assert not (folder / CACHE).exists()


def test_runs_at_the_same_time_do_not_disturb_each_other(folder: Path) -> None:
    write(folder, {f"many/file_{number}.py": DEFECT for number in range(30)})
    command = [sys.executable, "-m", "flake8_bn_eval", "check", "--output-format=json", "many"]
    runs = [
        subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, encoding="utf-8"
        )
        for _ in range(3)
    ]
    printed = [run.communicate()[0] for run in runs]
    assert len({*printed}) == 1
    assert len(json.loads(printed[0])["findings"]) == 30
    entries = [path for path in (folder / CACHE).rglob("*") if path.is_file()]
    assert len([path for path in entries if path.suffix == ".json"]) == 30
    assert not [path for path in entries if path.name.startswith("tmp")]


@pytest.mark.usefixtures("folder")
def test_a_changed_rule_makes_old_entries_useless(
    judged: list[str], found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    found("defect.py")
    monkeypatch.setattr(cache, "_versions", lambda: "other")
    judged.clear()
    found("defect.py")
    assert judged == ["defect.py"]


def test_the_versions_tell_what_computes_an_answer(tmp_path: Path) -> None:
    """A file of the package that changes is enough, as in a checkout."""
    copy = tmp_path / "flake8_bn_eval"
    shutil.copytree(ROOT / "flake8_bn_eval", copy, ignore=shutil.ignore_patterns("__pycache__"))
    program = "from flake8_bn_eval.checking.cache import _versions; print(_versions())"

    def versions() -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout

    before = versions()
    assert versions() == before
    with (copy / "knowledge" / "torch.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert versions() != before


def test_a_text_that_mentions_a_function_is_seen(
    folder: Path, judged: list[str], found: Found
) -> None:
    scoring = SCORING.replace("score", "rank")
    unused = {"scoring.py": scoring, "main.py": MAIN, "notes.md": "Nothing is said.\n"}
    write(folder, unused)
    assert not found("scoring.py")
    judged.clear()
    assert not found("scoring.py")
    assert not judged
    write(folder, {"more.md": "Call `rank`.\n"})
    assert len(found("scoring.py")) == 1
    (folder / "more.md").unlink()
    assert not found("scoring.py")
    write(folder, {"notes.md": "Call `rank`.\n"})
    assert len(found("scoring.py")) == 1
