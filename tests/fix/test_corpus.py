"""The run over many projects counts what is fixed, and notices what does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.client import DEFECT, write
from tests.fix import corpus

UNSAFE = "from torch import nn\n\nnorm = nn.BatchNorm2d(64, momentum=0.99)\n"


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    write(tmp_path / "project", {"defect.py": DEFECT, "unsafe.py": UNSAFE, "old.py": "print 1\n"})
    return tmp_path / "project"


def test_findings_and_fixes_are_counted_in_a_copy(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert corpus.main([str(project)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "code    findings  fixed",
        "BNE303         1      1",
        "BNE405         1      0",
        "1 of 2 findings fixed in 1 files of 1 projects, 0 failures",
    ]
    assert (project / "defect.py").read_text(encoding="utf-8") == DEFECT


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("print 1\n", "defect.py: is no Python any more"),
        (DEFECT, "defect.py: BNE303 is there, 1 too often"),
        (DEFECT + "# again\n", "defect.py: a second run changes it"),
    ],
)
def test_what_does_not_hold_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    fix = corpus._fix

    def wrong(folder: Path, arguments: list[str]) -> corpus.Found:
        fixed = fix(folder, arguments)
        file = folder / "defect.py"
        file.write_text(file.read_text("utf-8") + "#\n" if "again" in text else text, "utf-8")
        return fixed

    monkeypatch.setattr(corpus, "_fix", wrong)
    outcome = corpus.Outcome()
    outcome.add(project)
    assert f"project/{told}" in outcome.failures
