"""The command line: what it prints and how it ends."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path

import pytest

from flake8_bn_eval.cli import main
from flake8_bn_eval.rules import all_rules

DEFECT = """\
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
net.eval
"""
TRACED = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
net.eval()
with torch.no_grad():
    net(torch.zeros(2, 4))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "defect.py").write_text(DEFECT, encoding="utf-8")
    (tmp_path / "clean.py").write_text("x = 1\n", encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_finding_is_printed_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "defect.py"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("defect.py:4:1: BNE303 ")
    assert lines[1:3] == ["     4 | net.eval", "       | ^^^^^^^^"]
    assert any(line.startswith("  help: ") for line in lines)


@pytest.mark.usefixtures("folder")
def test_clean_files_end_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "clean.py"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "bn-eval: no findings in 1 file\n"


def test_a_directory_is_searched(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("inner", ".hidden"):
        (folder / name).mkdir()
        (folder / name / "more.py").write_text(DEFECT, encoding="utf-8")
    assert main(["check", "."]) == 1
    printed = capsys.readouterr().out
    found = [line.split(":")[0] for line in printed.splitlines() if " BNE" in line]
    assert found == [str(Path(".hidden", "more.py")), "defect.py", str(Path("inner", "more.py"))]


def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DEFECT.encode())))
    assert main(["check", "-"]) == 1
    assert capsys.readouterr().out.startswith("stdin:4:1: BNE303 ")


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: BNE303", "# NoQA:E501,BNE3"])
def test_noqa_silences(folder: Path, comment: str) -> None:
    (folder / "defect.py").write_text(DEFECT.rstrip() + f"  {comment}\n", encoding="utf-8")
    assert main(["check", "defect.py"]) == 0
    (folder / "defect.py").write_text(DEFECT.rstrip() + "  # noqa: E501\n", encoding="utf-8")
    assert main(["check", "defect.py"]) == 1
    (folder / "defect.py").write_text("# flake8: noqa: BNE\n" + DEFECT, encoding="utf-8")
    assert main(["check", "defect.py"]) == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = 1\ny = (\n", "bad.py:2:5: '(' was never closed"),
        (b"x = 1\n\ny = '\xe9'\n", "bad.py:3: bytes that are not utf-8"),
        (b"y = '\xe9'\n", "bad.py:1: bytes that are not utf-8"),
        (b"# coding: utf-9\n", "bad.py:1: unknown encoding: utf-9"),
        (b"if x:\ny = 1\n", "bad.py:2:1: expected an indented block"),
        (b"x = 1\x00\n", "bad.py:1:1: source code string cannot contain null bytes"),
        (None, "bad.py: No such file"),
    ],
)
@pytest.mark.parametrize("command", ["check", "trace"])
def test_bad_input_is_named(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    data: bytes | None,
    message: str,
    command: str,
) -> None:
    if data is not None:
        (folder / "bad.py").write_bytes(data)
    assert main([command, "bad.py"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_bad_input_does_not_hide_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "missing.py", "defect.py"]) == 2
    captured = capsys.readouterr()
    assert "missing.py" in captured.err
    assert "defect.py:4:1: BNE303" in captured.out


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nothing", "nothing: there is no Python file in this directory"),
        ("nothing/a.py", "nothing/a.py: No such file"),
    ],
)
def test_a_directory_without_files_is_no_clean_result(
    folder: Path, capsys: pytest.CaptureFixture[str], path: str, message: str
) -> None:
    (folder / "nothing").mkdir()
    (folder / "nothing" / "notes.txt").touch()
    assert main(["check", path, "clean.py"]) == 2
    assert message in capsys.readouterr().err


def test_a_directory_that_cannot_be_listed_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tests may run as root, for whom no directory is locked."""
    (folder / "locked").mkdir()
    scandir = os.scandir

    def refusing(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert main(["check", "."]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("bn-eval: ./locked: Permission denied\n")
    assert "1 problem named above" in captured.err
    assert "defect.py:4:1: BNE303" in captured.out


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--bne-project-root=missing", "--bne-project-root: missing is no directory"),
        ("--bne-knowledge=missing.toml", "missing.toml:1: cannot be read: No such file"),
        ("--bne-knowledge=bytes.toml", "bytes.toml:2: bytes that are not utf-8"),
    ],
)
def test_options_that_name_nothing_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str, message: str
) -> None:
    (folder / "bytes.toml").write_bytes(b"\n# \xe9\n")
    for command in ("check", "trace"):
        assert main([command, option, "defect.py"]) == 2
        captured = capsys.readouterr()
        assert message in captured.err
        assert captured.out == ""


def test_unknown_opt_in_rules_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--bne-opt-in=BNE999", "."]) == 2
    assert "no such rule: BNE999" in capsys.readouterr().err


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_explain_prints_the_page(rule, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule.code.lower()]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"# {rule.code} {rule.name}\n")
    assert rule.page.text in printed
    assert main(["explain", rule.name]) == 0


def test_explain_knows_no_other_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "BNE999"]) == 2
    assert "no rule BNE999; there are BNE" in capsys.readouterr().err


def test_trace_prints_the_states(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "traced.py").write_text(TRACED, encoding="utf-8")
    assert main(["trace", "traced.py"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["5", "mode", "net:", "train", "->", "eval", "|", "net.eval()"] in lines
    assert ["6", "gradient", "no_grad:", "on", "->", "off"] in [line[:6] for line in lines]
    assert ["7", "forward", "net:", "eval,", "gradients", "off"] in [line[:6] for line in lines]


@pytest.mark.usefixtures("folder")
def test_a_trace_of_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "clean.py"]) == 0
    printed = capsys.readouterr().out
    assert printed == "no line calls a module, or changes a mode or the gradient mode\n"


@pytest.mark.usefixtures("folder")
def test_what_stays_as_it_is_has_a_before_and_an_after_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from torch import nn\n\nnet = nn.Dropout()\nnet.train()\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["trace", "-"]) == 0
    assert capsys.readouterr().out.split()[:6] == ["4", "mode", "net:", "train", "->", "train"]


def test_no_command_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2


@pytest.mark.parametrize("command", ["check", "fix", "trace", "server"])
def test_a_mistake_is_said_in_a_few_lines(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--no-such-flag", "file.py"])
    assert caught.value.code == 2
    usage, told = capsys.readouterr().err.splitlines()
    assert usage.startswith(f"usage: bn-eval {command} [options]")
    assert told.startswith(f"bn-eval {command}: error: unrecognized arguments: --no-such-flag")


def test_who_asks_check_for_fixes_learns_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "."]) == 2
    assert "`bn-eval fix`" in capsys.readouterr().err
