"""What a run would look at and how is printed, without a run."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.cli.client import DEFECT, run, write

TABLE = """\
[tool.bn-eval]
extend-select = ["BNE105"]
ignore = ["BNE4"]
exclude = ["old"]
torch-version = "2.4"
wrappers = ["mine.wrap", "*.prepare"]
explicit-dropout = true
baseline = "known.json"

[tool.bn-eval.per-file-ignores]
"tests/*" = ["BNE101", "BNE2"]
"""


def test_the_files_that_would_be_looked_at_are_named(tmp_path: Path) -> None:
    files = {"a/one.py": DEFECT, "a/two.py": "(", "venv/three.py": DEFECT, "four.txt": ""}
    write(tmp_path, files)
    done = run(tmp_path, "check", "--show-files", "a", ".", "a/one.py")
    assert done.stdout.splitlines() == [str(Path("a/one.py")), str(Path("a/two.py"))]
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / ".bn-eval-cache").exists()
    done = run(tmp_path, "check", "--show-files", "a/two.py", "empty")
    assert done.returncode == 0, "a file that is missing is known when it is read"


def test_settings_are_shown_with_where_they_come_from(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": TABLE, "setup.cfg": "[flake8]\nexclude = older\njobs = 3\n"})
    done = run(tmp_path, "check", "--show-settings", "--ignore=BNE3", "--no-cache")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith(", 3 jobs, no cache")
    assert lines[1] == f"# configuration: {tmp_path / 'setup.cfg'}, {tmp_path / 'pyproject.toml'}"
    assert "BNE105" in lines[2]
    assert "BNE3" not in lines[2]
    assert "BNE4" not in lines[2]
    settings = tomllib.loads(done.stdout)["tool"]["bn-eval"]
    assert settings["ignore"] == ["BNE3", "BNE4"]
    assert settings["exclude"] == ["older", "old"]
    assert list(settings["per-file-ignores"].values()) == [["BNE101", "BNE2"]]
    assert settings["torch-version"] == "2.4"
    assert settings["wrappers"] == ["*.prepare", "mine.wrap"]
    assert settings["explicit-dropout"] is True
    assert settings["project-seconds"] == 60


def test_settings_that_are_shown_can_be_read_again(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": TABLE})
    shown = run(tmp_path, "check", "--show-settings", "--select=BNE").stdout
    write(tmp_path, {"shown.toml": shown})
    again = run(tmp_path, "check", "--show-settings", "--config=shown.toml")
    assert again.returncode == 0, again.stderr
    assert tomllib.loads(again.stdout) == tomllib.loads(shown)
    assert again.stdout.splitlines()[1] == "# configuration: shown.toml"


def test_no_configuration_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": TABLE})
    lines = run(tmp_path, "check", "--show-settings", "--isolated").stdout.splitlines()
    assert lines[1] == "# configuration: none"
