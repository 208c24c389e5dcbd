"""Files stay as they are but for the fixes, and nothing is lost when something goes wrong."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

import pytest

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.files.fixing import FixedFile, fixed_file
from flake8_bn_eval.files.units import InputError, Unit
from flake8_bn_eval.files.writing import replace_bytes
from flake8_bn_eval.findings import Finding

DEFECT = "from torch import nn\n\nname = 'é'\nmodel = nn.Sequential(nn.Dropout())\nmodel.eval\n"
FIXED = DEFECT.replace("model.eval", "model.eval()")
IN_LOOP = """\
def evaluate(model, val_loader, criterion):
    model.eval()
    for _ in range(2):
        pass
    total = 0.0
    for inputs, targets in val_loader:
        total += criterion(model(inputs), targets).item()
    return total / len(val_loader)
"""


def analysed(unit: Unit) -> list[Finding]:
    return analyse(unit.text)


def fixed(data: bytes) -> FixedFile:
    return fixed_file("a.py", data, analysed, unsafe=False, wanted=lambda finding: True)


@pytest.mark.parametrize(
    ("encoding", "end"),
    [("utf-8", "\n"), ("latin-1", "\n"), ("cp1252", "\r\n"), ("utf-8", "\r\n"), ("utf-8", "\r")],
)
def test_encodings_and_line_ends_stay(encoding: str, end: str) -> None:
    declared = f"# -*- coding: {encoding} -*-\n"
    data = (declared + DEFECT).replace("\n", end).encode(encoding)
    assert fixed(data).data == (declared + FIXED).replace("\n", end).encode(encoding)


def test_the_mark_before_a_text_stays() -> None:
    data = codecs.BOM_UTF8 + DEFECT.replace("\n", "\r\n").encode()
    assert fixed(data).data == codecs.BOM_UTF8 + FIXED.replace("\n", "\r\n").encode()


def test_mixed_line_ends_and_a_missing_last_one_stay() -> None:
    data = DEFECT.encode().replace(b"\n\n", b"\r\n\n").removesuffix(b"\n")
    assert fixed(data).data == FIXED.encode().replace(b"\n\n", b"\r\n\n").removesuffix(b"\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_put_in_has_the_line_ends_of_the_file(end: str) -> None:
    result = fixed(IN_LOOP.replace("\n", end).encode()).data.decode()
    assert result.startswith(f"import torch{end}{end}{end}def ")
    assert f"    with torch.no_grad():{end}        for inputs" in result
    assert result.replace(end, "").count("\n") == result.replace(end, "").count("\r") == 0


def test_form_feeds_tabs_and_trailing_blanks_stay() -> None:
    text = "import os\n\x0c\nif os:\n\tfrom torch import nn  \n\tm = nn.Dropout()\n\tm.eval\t# x \n"
    assert fixed(text.encode()).data == text.replace("m.eval", "m.eval()").encode()


def test_bytes_that_do_not_come_back_are_left_alone() -> None:
    data = b"# coding: utf-7\nfrom torch import nn\nm = nn.Dropout()\nx = '+AOk-+AGE-'\nm.eval\n"
    with pytest.raises(InputError, match=r"a\.py: its encoding does not give back the same bytes"):
        fixed(data)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    return path


def names(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_a_file_is_replaced_with_its_permissions(file: Path) -> None:
    file.chmod(0o751)
    replace_bytes(str(file), b"old", b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o751
    assert names(file) == ["a.py"]


def test_a_link_still_points_to_its_file(file: Path) -> None:
    link = file.parent / "link.py"
    link.symlink_to("a.py")
    replace_bytes(str(link), b"old", b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


def test_a_file_that_has_changed_is_not_overwritten(file: Path) -> None:
    with pytest.raises(InputError, match="it has changed since it was read: not overwritten"):
        replace_bytes(str(file), b"older", b"new")
    assert file.read_bytes() == b"old"
    assert names(file) == ["a.py"]


def test_a_file_that_is_gone_does_not_come_back(file: Path) -> None:
    file.unlink()
    with pytest.raises(InputError):
        replace_bytes(str(file), b"old", b"new")
    assert names(file) == []


@pytest.mark.parametrize("step", ["fsync", "fdopen"])
def test_a_full_disk_leaves_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(InputError, match="No space left on device: not changed"):
        replace_bytes(str(file), b"old", b"new")
    assert file.read_bytes() == b"old"
    assert names(file) == ["a.py"]


def test_an_interrupt_leaves_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_bytes(str(file), b"old", b"new")
    assert file.read_bytes() == b"old"
    assert names(file) == ["a.py"]


def test_a_file_that_may_not_be_written_is_left(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="it is read-only"):
        replace_bytes(str(file), b"old", b"new")
    assert file.read_bytes() == b"old"
