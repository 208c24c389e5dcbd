"""What the wheel holds, and what it promises."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flake8_bn_eval.rules import DOCUMENTATION

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "flake8_bn_eval"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_everything_of_the_package_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    wanted = {path.relative_to(ROOT).as_posix() for path in files}
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == wanted
    assert "flake8_bn_eval/py.typed" in held
    assert "flake8_bn_eval/knowledge/torch.toml" in held


def test_the_wheel_declares_what_is_promised(wheel: zipfile.ZipFile) -> None:
    info = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    points = wheel.read(info["entry_points.txt"]).decode()
    assert "[flake8.extension]\nBNE = flake8_bn_eval.flake8_plugin:Plugin" in points
    assert "[flake8.report]\nbne-github = flake8_bn_eval.flake8_formatters:Github" in points
    assert "[console_scripts]\nbn-eval = flake8_bn_eval.cli:main" in points
    metadata = wheel.read(info["METADATA"]).decode()
    assert "Requires-Python: >=3.11" in metadata
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    assert [line for line in required if "extra ==" not in line] == [
        "Requires-Dist: flake8>=7",
        "Requires-Dist: libcst>=1.5",
        "Requires-Dist: pathspec>=0.12.1",
        "Requires-Dist: rich>=13",
    ]
    assert f"Project-URL: Documentation, {DOCUMENTATION}" in metadata
    assert "LICENSE" in info


def test_the_version_is_told_once() -> None:
    import flake8_bn_eval

    assert flake8_bn_eval.__version__ == "0.1.0"
    assert "version = " not in (ROOT / "pyproject.toml").read_text().split("[project]")[1][:200]


def test_importing_the_package_imports_nothing_else() -> None:
    program = (
        "import sys, flake8_bn_eval; print(sorted({'libcst', 'flake8', 'torch'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "[]\n"
