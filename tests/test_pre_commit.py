"""The hook, run by the real pre-commit on a temporary repository."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEFECT = "from torch import nn\n\nnet = nn.Dropout()\nnet.eval\n"
PARTS = ["flake8_bn_eval", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"]
CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: bn-eval
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed"
    ),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "GIT_" not in name}
    identity = {
        f"GIT_{role}_{part}": "tests@localhost"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=environment | identity | {"PRE_COMMIT_HOME": str(folder.parent / "cache")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def git(folder: Path, *arguments: str) -> str:
    done = run(folder, "git", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def committed(folder: Path) -> str:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a snapshot")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository that uses the hook, from a repository made of this checkout."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, hooks / part)
    revision = committed(hooks)
    project = tmp_path / "project"
    project.mkdir()
    text = CONFIGURATION.format(repository=hooks, revision=revision)
    (project / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
    (project / "clean.py").write_text("x = 1\n", encoding="utf-8")
    committed(project)
    return project


def test_the_hook_fails_on_a_defect_only(project: Path) -> None:
    hook = (sys.executable, "-m", "pre_commit", "run", "--all-files")
    clean = run(project, *hook)
    if "No matching distribution" in clean.stdout or "Connection" in clean.stdout:
        pytest.skip("no network to install the hook from")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    (project / "defect.py").write_text(DEFECT, encoding="utf-8")
    git(project, "add", "defect.py")
    failed = run(project, *hook)
    assert failed.returncode == 1
    assert "defect.py:4:1: BNE303" in failed.stdout
