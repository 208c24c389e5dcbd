"""``bn-eval fix`` as a command: what it writes, prints and returns."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from flake8_bn_eval.cli import main

DEFECT = """\
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
net.eval
"""
FIXED = DEFECT.replace("net.eval", "net.eval()")
UNSAFE = """\
from torch import nn

norm = nn.BatchNorm2d(64, momentum=0.99)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "defect.py").write_text(DEFECT, encoding="utf-8")
    (tmp_path / "unsafe.py").write_text(UNSAFE, encoding="utf-8")
    (tmp_path / "clean.py").write_text("x = 1\n", encoding="utf-8")
    return tmp_path


def test_safe_fixes_are_made_and_the_others_are_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", "."]) == 1
    assert (folder / "defect.py").read_text(encoding="utf-8") == FIXED
    assert (folder / "unsafe.py").read_text(encoding="utf-8") == UNSAFE
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "defect.py:4: BNE303 fixed: call `net.eval()`",
        "unsafe.py:3: BNE405 not fixed: there is a fix only with `--unsafe-fixes`: write 0.01",
    ]
    told = "1 finding fixed in 1 file, 1 not (1 can be, with --unsafe-fixes)"
    assert captured.err == f"bn-eval: {told}\n"


def test_a_fix_may_fail_the_run(folder: Path) -> None:
    assert main(["fix", "--exit-non-zero-on-fix", "--exit-zero", "defect.py"]) == 1
    assert (folder / "defect.py").read_text(encoding="utf-8") == FIXED
    assert main(["fix", "--exit-non-zero-on-fix", "defect.py"]) == 0


def test_unsafe_fixes_are_made_when_asked_for_and_a_second_run_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", "--unsafe-fixes", "."]) == 0
    assert "momentum=0.01" in (folder / "unsafe.py").read_text(encoding="utf-8")
    assert "unsafe.py:3: BNE405 fixed, unsafe: write 0.01" in capsys.readouterr().out
    times = [path.stat().st_mtime_ns for path in sorted(folder.glob("*.py"))]
    assert main(["fix", "--unsafe-fixes", "."]) == 0
    assert capsys.readouterr() == ("", "bn-eval: nothing to fix\n")
    assert times == [path.stat().st_mtime_ns for path in sorted(folder.glob("*.py"))]


def test_a_difference_is_shown_and_nothing_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", "--diff", "defect.py", "clean.py"]) == 1
    assert (folder / "defect.py").read_text(encoding="utf-8") == DEFECT
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "--- defect.py",
        "+++ defect.py",
        "@@ -1,4 +1,4 @@",
        " from torch import nn",
        " ",
        " net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())",
        "-net.eval",
        "+net.eval()",
    ]
    assert captured.err.splitlines()[-1] == "bn-eval: 1 finding would be fixed in 1 file"
    assert main(["fix", "--diff", "clean.py"]) == 0


def test_a_difference_in_a_last_line_without_an_end(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "defect.py").write_text(DEFECT.rstrip(), encoding="utf-8")
    assert main(["fix", "--diff", "defect.py"]) == 1
    missing = "\\ No newline at end of file"
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "-net.eval",
        missing,
        "+net.eval()",
        missing,
    ]


@pytest.mark.parametrize("select", ["BNE303", "BNE3", "BNE405,BNE303"])
def test_what_is_selected_is_fixed(folder: Path, select: str) -> None:
    assert main(["fix", "--select", select, "defect.py"]) == 0
    assert (folder / "defect.py").read_text(encoding="utf-8") == FIXED


def test_what_is_not_selected_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "--select", "BNE4", "defect.py"]) == 0
    assert (folder / "defect.py").read_text(encoding="utf-8") == DEFECT
    assert capsys.readouterr() == ("", "bn-eval: nothing to fix\n")


def test_a_rule_is_opted_in_by_its_full_code(folder: Path) -> None:
    text = "from torch import nn\n\n\nclass Net(nn.Module):\n    def train(self, mode=True):\n"
    text += "        super().train(mode)\n"
    (folder / "net.py").write_text(text, encoding="utf-8")
    assert main(["fix", "--select", "BNE3", "net.py"]) == 0
    assert (folder / "net.py").read_text(encoding="utf-8") == text
    assert main(["fix", "--select", "BNE308", "net.py"]) == 0
    assert (folder / "net.py").read_text(encoding="utf-8") == f"{text}        return self\n"


@pytest.mark.parametrize("select", ["BNE9999", "E501", ","])
def test_a_code_that_no_rule_has(select: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "--select", select, "defect.py"]) == 2
    assert capsys.readouterr().err.startswith("bn-eval: --select: ")


def test_what_a_comment_excuses_is_not_fixed(folder: Path) -> None:
    text = DEFECT.rstrip() + "  # noqa: BNE303\n"
    (folder / "defect.py").write_text(text, encoding="utf-8")
    assert main(["fix", "defect.py"]) == 0
    assert (folder / "defect.py").read_text(encoding="utf-8") == text


def test_standard_input_is_fixed_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = DEFECT.replace("\n", "\r\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["fix", "-"]) == 0
    captured = capfdbinary.readouterr()
    assert captured.out == FIXED.replace("\n", "\r\n").encode()
    assert b"1 finding fixed in 1 file" in captured.err


def test_what_cannot_be_read_is_said_and_the_rest_is_fixed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.py").write_text("def f(:\n    model.eval()\n", encoding="utf-8")
    (folder / "bytes.py").write_bytes(b"x = '\xff'\n")
    assert main(["fix", "broken.py", "bytes.py", "missing.py", "defect.py"]) == 2
    assert (folder / "defect.py").read_text(encoding="utf-8") == FIXED
    *said, _ = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in said] == ["broken.py", "bytes.py", "missing.py"]


def test_a_file_that_changes_meanwhile_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flake8_bn_eval.cli import fix

    def read_and_changed(path: str) -> bytes:
        data = Path(path).read_bytes()
        Path(path).write_text("changed = 1\n", encoding="utf-8")
        return data

    monkeypatch.setattr(fix, "read_bytes", read_and_changed)
    assert main(["fix", "defect.py"]) == 2
    assert (folder / "defect.py").read_text(encoding="utf-8") == "changed = 1\n"
    captured = capsys.readouterr()
    assert captured.err.startswith("bn-eval: defect.py: it has changed since it was read")
    assert not captured.out


def test_files_are_fixed_again_when_others_have_changed(folder: Path) -> None:
    """What is found in a file may depend on another one that comes later."""
    (folder / "setup.cfg").touch()
    (folder / "a_main.py").write_text(
        """\
import torch
from z_nets import build, validate

model = build()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in torch.load("train.pt"):
        optimizer.zero_grad()
        (model(x) - y).square().mean().backward()
        optimizer.step()
    validate(model, torch.load("val.pt"))
""",
        encoding="utf-8",
    )
    (folder / "z_nets.py").write_text(
        """\
import torch
from torch import nn


def build():
    return nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 1))


def validate(model, loader):
    model.eval
    with torch.no_grad():
        for x, y in loader:
            print((model(x) - y).square().mean().item())
""",
        encoding="utf-8",
    )
    assert main(["fix", "--unsafe-fixes", "a_main.py", "z_nets.py"]) == 0
    texts = [(folder / name).read_bytes() for name in ("a_main.py", "z_nets.py")]
    assert main(["check", "a_main.py", "z_nets.py"]) == 0
    assert main(["fix", "--unsafe-fixes", "a_main.py", "z_nets.py"]) == 0
    assert texts == [(folder / name).read_bytes() for name in ("a_main.py", "z_nets.py")]
    assert b"model.train()" in texts[0]
