"""A real flake8 process with the installed plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEFECT = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
net.eval
"""
LINE = "5:1: BNE303"


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    if not any(point.name == "BNE" for point in entry_points(group="flake8.extension")):
        pytest.fail("the plugin is not installed here: python -m pip install -e .")


class Flake8:
    """Runs flake8 in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flake8", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture
def flake8(tmp_path: Path) -> Flake8:
    runner = Flake8(tmp_path)
    runner.write("defect.py", DEFECT)
    return runner


def test_the_plugin_is_registered(flake8: Flake8) -> None:
    assert "flake8-bn-eval: 0.1.0" in " ".join(flake8.run("--version").stdout.split())


def test_a_defect_is_reported_by_default(flake8: Flake8) -> None:
    done = flake8.run("defect.py")
    assert f"defect.py:{LINE} " in done.stdout
    assert done.returncode == 1
    assert not done.stderr


def test_select_shows_only_what_is_selected(flake8: Flake8) -> None:
    assert f"defect.py:{LINE} " in flake8.run("--select=BNE", "defect.py").stdout
    assert f"defect.py:{LINE} " in flake8.run("--select=BNE303", "defect.py").stdout
    assert flake8.run("--select=BNE1", "defect.py").stdout == ""
    assert flake8.run("--select=E,W", "defect.py").stdout == ""


@pytest.mark.parametrize("option", ["--ignore=BNE303", "--extend-ignore=BNE3", "--ignore=BNE"])
def test_ignore_silences(flake8: Flake8, option: str) -> None:
    assert "BNE" not in flake8.run(option, "defect.py").stdout


def test_noqa_silences_the_line(flake8: Flake8) -> None:
    flake8.write("one.py", DEFECT.replace("net.eval\n", "net.eval  # noqa: BNE303\n"))
    flake8.write("all.py", DEFECT.replace("net.eval\n", "net.eval  # noqa\n"))
    flake8.write("other.py", DEFECT.replace("net.eval\n", "net.eval  # noqa: E501\n"))
    lines = flake8.run("--select=BNE", "one.py", "all.py", "other.py").stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["other.py"]


def test_standard_input(flake8: Flake8) -> None:
    done = flake8.run("--select=BNE", "--stdin-display-name=given.py", "-", stdin=DEFECT)
    assert done.stdout.startswith(f"given.py:{LINE} ")
    assert flake8.run("--select=BNE", "-", stdin="").stdout == ""


def test_a_syntax_error_is_left_to_flake8(flake8: Flake8) -> None:
    flake8.write("broken.py", DEFECT + "net.eval(\n")
    done = flake8.run("broken.py")
    assert "E999" in done.stdout
    assert "BNE" not in done.stdout + done.stderr


def test_two_jobs_report_the_same(flake8: Flake8) -> None:
    names = [f"file_{number}.py" for number in range(4)]
    for name in names:
        flake8.write(name, DEFECT)
    one = flake8.run("--select=BNE", "--jobs=1", *names)
    two = flake8.run("--select=BNE", "--jobs=2", *names)
    assert one.stdout == two.stdout
    assert len(two.stdout.splitlines()) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--bne-torch-version=new"], "'new' is no version such as 2.13"),
        (["--bne-opt-in=BNE"], "'BNE' is no full rule code such as BNE105"),
        (["--bne-opt-in=BNE999"], "no such rule: BNE999"),
    ],
)
def test_a_bad_option_is_refused(flake8: Flake8, options: list[str], message: str) -> None:
    done = flake8.run(*options, "defect.py")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_option_in_a_configuration_file_is_refused(flake8: Flake8) -> None:
    flake8.write("setup.cfg", "[flake8]\nbne-torch-version = new\n")
    done = flake8.run("defect.py")
    assert done.returncode == 2
    assert "'new' is no version such as 2.13" in done.stderr


def test_options_stand_in_a_configuration_file(flake8: Flake8) -> None:
    flake8.write("setup.cfg", "[flake8]\nselect = BNE\nbne-torch-version = 2.2\n")
    done = flake8.run("defect.py")
    assert done.stdout.startswith(f"defect.py:{LINE} ")


def test_a_file_without_triggers_costs_no_import_of_the_analysis(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("import torch\n\nx = torch.zeros(3)\n", encoding="utf-8")
    modules = modules_after("plain.py", tmp_path)
    assert "flake8_bn_eval.flake8_plugin" in modules
    assert "libcst" not in modules
    for name in ("facts", "interpret", "knowledge", "lower", "operations", "project.definitions"):
        assert f"flake8_bn_eval.{name}" not in modules


def modules_after(file: str, folder: Path) -> list[str]:
    """What flake8 prints about a file, and below it all modules that it has imported then."""
    program = (
        "import sys; from flake8.main.cli import main;"
        f"main(['--jobs=1', '--select=BNE', {file!r}]);"
        "print(*sorted(name for name in sys.modules), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.splitlines()


def test_flake8_pays_for_nothing_that_is_for_the_command_line(flake8: Flake8) -> None:
    """Not even where there are findings, or where a formatter of ours is only there."""
    line, *modules = modules_after("defect.py", flake8.folder)
    assert f"defect.py:{LINE} " in line
    ours = {".".join(it.split(".")[:2]) for it in modules if it.startswith("flake8_bn_eval.")}
    assert "flake8_bn_eval.flake8_plugin" in ours
    for name in ("cli", "settings", "checking", "report", "files", "fix", "notebooks", "server"):
        assert f"flake8_bn_eval.{name}" not in ours
    assert "flake8_bn_eval.configuration.reading" not in modules
    theirs = {name.split(".")[0] for name in modules}
    assert not theirs & {"rich", "pathspec", "pygls", "lsprotocol", "nbformat", "markdown_it"}
