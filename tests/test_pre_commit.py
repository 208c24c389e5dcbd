"""The hooks, run by the real pre-commit on a temporary repository."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "tests" / "notebooks" / "samples"
DEFECT = "from torch import nn\n\nnet = nn.Dropout()\nnet.eval\n"
UNFIXED = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net.train()
for batch in batches:
    optimizer.zero_grad()
    net(batch).sum().backward()
    optimizer.step()
with torch.no_grad():
    for batch in test_batches:
        print(net(batch).argmax(dim=1))
"""
PARTS = ["flake8_bn_eval", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"]
CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: bn-eval-fix
      - id: bn-eval
"""
LONG = f"x = 1  # {'long ' * 30}\n"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed"
    ),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


def run(
    folder: Path, *command: str, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if "GIT_" not in name}
    identity = {
        f"GIT_{role}_{part}": "tests@localhost"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    return subprocess.run(
        command,
        cwd=folder,
        env={**inherited, **identity, **environment},
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


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository made of this checkout that offers the hooks, and its revision."""
    folder = tmp_path_factory.mktemp("pre-commit") / "hooks"
    folder.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    return folder, committed(folder)


@pytest.fixture
def project(hooks: tuple[Path, str], tmp_path: Path) -> Path:
    """A repository that uses the hooks, with a flake8 configuration of its own."""
    repository, revision = hooks
    text = CONFIGURATION.format(repository=repository, revision=revision)
    (tmp_path / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
    configured = "[flake8]\nselect = E,F\nextend-select = E501\nexclude = left_out.py\n"
    (tmp_path / "setup.cfg").write_text(configured, encoding="utf-8")
    (tmp_path / "clean.py").write_text(LONG, encoding="utf-8")
    (tmp_path / "left_out.py").write_text(UNFIXED, encoding="utf-8")
    committed(tmp_path)
    return tmp_path


def all_files(project: Path, hooks: tuple[Path, str]) -> subprocess.CompletedProcess[str]:
    """Run the hooks on what is in the index; a machine without registries cannot."""
    git(project, "add", "--all")
    home = {"PRE_COMMIT_HOME": str(hooks[0].parent / "cache")}
    command = (sys.executable, "-m", "pre_commit", "run", "--all-files")
    done = run(project, *command, environment=home)
    if "No matching distribution" in done.stdout or "Connection" in done.stdout:
        pytest.skip("no network to install the hook from")
    return done


def test_the_hooks_leave_the_flake8_configuration_to_flake8(
    project: Path, hooks: tuple[Path, str]
) -> None:
    """E501 is selected, and a line is too long: that is for flake8 to say."""
    done = all_files(project, hooks)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hook_fails_on_a_finding(project: Path, hooks: tuple[Path, str]) -> None:
    (project / "defect.py").write_text(UNFIXED, encoding="utf-8")
    shutil.copy(SAMPLES / "imports_network.ipynb", project / "notebook.ipynb")
    shutil.copy(SAMPLES / "network.py", project)
    done = all_files(project, hooks)
    assert done.returncode == 1
    assert "defect.py:13:15: BNE101" in done.stdout
    assert "notebook.ipynb:cell 3:3:24: BNE101" in done.stdout
    assert "E501" not in done.stdout
    assert "left_out.py" not in done.stdout
    assert (project / "defect.py").read_text(encoding="utf-8") == UNFIXED


def test_the_hook_fixes_what_can_be_fixed_safely(
    project: Path, hooks: tuple[Path, str]
) -> None:
    (project / "defect.py").write_text(DEFECT, encoding="utf-8")
    shutil.copy(SAMPLES / "version_3.ipynb", project)
    done = all_files(project, hooks)
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert (project / "defect.py").read_text(encoding="utf-8") == DEFECT.rstrip() + "()\n"
    assert '"net.eval()"' in (project / "version_3.ipynb").read_text(encoding="utf-8")
    assert all_files(project, hooks).returncode == 0
