"""The GitHub action and the recipes for CI: valid, and executed as a runner would."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
ACTION = ROOT / "action.yml"
DEFECT = "from torch import nn\n\nnet = nn.Dropout()\nnet.eval\n"
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")

def recipes() -> list[str]:
    """Every recipe of the page, with a repository and a revision."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    named = text.replace("<the URL of this repository>", "https://example.org/bn-eval")
    return _YAML.findall(named.replace("<a tag or a commit of it>", "v1"))


def kind_of(recipe: str) -> str:
    if recipe.startswith("repos:"):
        return "config"
    return "github-workflows" if "\njobs:" in recipe else "gitlab-ci"


def validate(kind: str, path: Path) -> None:
    """By pre-commit itself, or by the schema of the service."""
    command = ["check_jsonschema", "--builtin-schema", f"vendor.{kind}"]
    if kind in ("config", "manifest"):
        command = ["pre_commit", f"validate-{kind}"]
    if importlib.util.find_spec(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", *command, str(path)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("kind", "path"), [("github-actions", ACTION), ("manifest", ROOT / ".pre-commit-hooks.yaml")]
)
def test_what_others_use_of_the_repository_is_valid(kind: str, path: Path) -> None:
    validate(kind, path)


@pytest.mark.parametrize("recipe", recipes(), ids=kind_of)
def test_a_recipe_is_valid(recipe: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yml"
    path.write_text(recipe, encoding="utf-8")
    validate(kind_of(recipe), path)


def test_a_recipe_uses_inputs_and_hooks_that_there_are() -> None:
    yaml = pytest.importorskip("yaml")
    inputs = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    found = [yaml.safe_load(recipe) for recipe in recipes()]
    used = [
        step.get("with", {})
        for recipe in found
        for step in recipe.get("jobs", {}).get("bn-eval", {}).get("steps", [])
        if "flake8-bn-eval" in step["uses"]
    ]
    assert len(used) == 2
    assert {name for each in used for name in each} <= inputs.keys()
    named = [
        hook["id"]
        for recipe in found
        for repository in recipe.get("repos", [])
        for hook in repository["hooks"]
    ]
    assert named == ["bn-eval-fix", "bn-eval"]
    assert {hook["id"] for hook in hooks} == {*named}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_action_reports_findings_and_writes_sarif(tmp_path: Path) -> None:
    """Paths and arguments are given as they are: nothing in them is a pattern or a command."""
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "src" / "defect.py").write_text(DEFECT, encoding="utf-8")
    (project / "x*y.py").write_text(DEFECT, encoding="utf-8")
    (project / "xzy.py").write_text(DEFECT, encoding="utf-8")
    runner = Runner(project, tmp_path / "runner")
    given = {"paths": "src\nx*y.py", "arguments": "--no-cache", "sarif-file": "out/bn-eval.sarif"}
    done = runner.run(given)
    assert done.returncode == 1
    commands = [line for line in done.stdout.splitlines() if line.startswith("::")]
    places = ["file=src/defect.py,line=4,", "file=x*y.py,line=4,"]
    assert all(any(place in line for line in commands) for place in places)
    assert "xzy.py" not in done.stdout
    sarif = json.loads((project / "out" / "bn-eval.sarif").read_text(encoding="utf-8"))
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["BNE303", "BNE303"]
    assert runner.check(given | {"arguments": "--no-cache --exit-zero"}).returncode == 0
    assert runner.check(given | {"paths": "$(touch made)"}).returncode == 2
    assert not (project / "made").exists()


class Runner:
    """Runs the steps of the action as GitHub does; an environment is made only once."""

    def __init__(self, project: Path, temporary: Path) -> None:
        yaml = pytest.importorskip("yaml")
        temporary.mkdir()
        action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
        self.steps = action["runs"]["steps"]
        self.defaults = {name: each["default"] for name, each in action["inputs"].items()}
        self.project = project
        self.outputs: dict[str, str] = {}
        self.output = temporary / "output"
        self.environment = {
            **{name: value for name, value in os.environ.items() if "PYTHONPATH" not in name},
            "RUNNER_TEMP": str(temporary),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.output),
        }

    def run(self, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """All steps; the last one decides."""
        done = self._step(self.steps[0], given)
        if "No matching distribution" in done.stderr or "Connection" in done.stderr:
            pytest.skip("no network to install from")
        assert done.returncode == 0, done.stderr
        for line in self.output.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"steps.{self.steps[0]['id']}.outputs.{name}"] = value
        return self.check(given)

    def check(self, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """The last step."""
        return self._step(self.steps[-1], given)

    def _step(
        self, step: dict[str, Any], given: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        inputs = {f"inputs.{name}": value for name, value in (self.defaults | given).items()}
        known = {**inputs, **self.outputs}
        set_here = {
            name: _EXPRESSION.sub(lambda found: known[found[1]], value)
            for name, value in step.get("env", {}).items()
        }
        assert not _EXPRESSION.search(step["run"]), "what is given is no part of a command"
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.project,
            env=self.environment | set_here,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
