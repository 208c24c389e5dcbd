"""``[tool.bn-eval]`` in ``pyproject.toml``: both front ends read it, and say what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.client import DEFECT, INFERENCE, check, flake8, run, write

TABLE = """\
[tool.bn-eval]
select = ["BNE1", "BNE3", "BNE308"]
ignore = ["BNE101"]
extend-exclude = ["drafts/old"]
single-file = true
models = "gadget, widget"
torch-version = "2.2"

[tool.bn-eval.per-file-ignores]
"package/*" = ["BNE303"]
"""
FILES = {
    "defect.py": DEFECT,
    "predict.py": INFERENCE,
    "package/inner.py": DEFECT,
    "drafts/old/a.py": DEFECT,
    "drafts/old.py": DEFECT,
    "own.py": "from torch import nn\n\n\nclass Net(nn.Module):\n    def train(self, mode=True):\n"
    "        super().train(mode)\n",
    "pyproject.toml": TABLE,
}


def test_both_front_ends_read_the_table(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    expected = [line for line in flake8(tmp_path, ".") if " BNE" in line]
    assert [line.split(":")[0] for line in expected] == ["defect.py", "drafts/old.py", "own.py"]
    assert check(tmp_path) == expected
    # From further down the same table counts, and its paths are those from where it lies.
    assert [line.split(":")[0] for line in flake8(tmp_path / "drafts", "--select=BNE", ".")] == [
        "old.py"
    ]
    assert [line.split(":")[0] for line in check(tmp_path / "drafts")] == ["old.py"]


def test_the_command_line_and_flake8s_own_files_come_first(tmp_path: Path) -> None:
    text = "[tool.bn-eval]\nsingle-file = true\nselect = ['BNE1']\n"
    write(tmp_path, {"defect.py": DEFECT, "pyproject.toml": text})
    assert check(tmp_path) == []
    assert len(check(tmp_path, "--select=BNE3")) == 1
    assert len(check(tmp_path, "--isolated")) == 1
    write(tmp_path, {"setup.cfg": "[flake8]\nselect = BNE3\n"})
    assert len(check(tmp_path)) == 1


def test_a_table_may_be_named(tmp_path: Path) -> None:
    write(tmp_path, {"defect.py": DEFECT, "x/other.toml": "[tool.bn-eval]\nignore = ['BNE303']\n"})
    assert check(tmp_path, "--config=x/other.toml") == []
    assert len(check(tmp_path)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.bn-eval]\nopt_in = ['BNE105']", ":2: opt_in: no such option; is opt-in meant?"),
        ("[tool.bn-eval]\nbne-opt-in = []", ":2: bne-opt-in: no such option; is opt-in meant?"),
        ("[tool.bn-eval]\nselect = 'bne'", ":2: select: 'bne' is no code"),
        ("[tool.bn-eval]\n\nselect = [3]", ":3: select: [3] is no list of texts"),
        ("[tool.bn-eval]\ntorch-version = 2.10", ':2: torch-version: 2.1 must be written as a'),
        ("[tool.bn-eval]\nsingle-file = 'perhaps'", "'perhaps' is neither true nor false"),
        ("[tool.bn-eval]\nall-files = 'yes'", "'yes' is neither true nor false"),
        ("[tool.bn-eval]\nmodels = {a = 1}", "models: {'a': 1} is neither a text nor a list"),
        ("[tool.bn-eval]\nopt-in = ['BNE999']", "no such rule: BNE999"),
        ("[tool.bn-eval]\nknowledge = 'missing.toml'", "missing.toml:1: cannot be read"),
        ("[tool.bn-eval]\nper-file-ignores = ['a']", ":2: per-file-ignores: no table"),
        ("[tool.bn-eval]\nbaseline = 3", ":2: baseline: 3 is no path"),
        ("[tool]\nbn-eval = 3", "tool.bn-eval is no table"),
        ("[tool.bn-eval]\nselect = ", ":2: "),
        ("[tool.bn-eval]\nselect = [", ":3: "),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, {"defect.py": DEFECT, "pyproject.toml": f"{text}\n"})
    done = run(tmp_path, "check")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "pyproject.toml" in done.stderr or "bne" in done.stderr
    assert "Traceback" not in done.stderr


def test_flake8_names_a_mistake_too(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": DEFECT, "pyproject.toml": "[tool.bn-eval]\nselekt = []\n"})
    done = run(tmp_path, "a.py", module="flake8")
    assert done.returncode == 2
    assert "pyproject.toml:2: selekt: no such option; is select meant?" in done.stderr
    assert run(tmp_path, "--isolated", "a.py", module="flake8").returncode == 1


def test_other_tables_are_not_ours(tmp_path: Path) -> None:
    text = "[tool.black]\nselekt = []\n[project]\nname = 'bn-eval'\nversion = '1'\n"
    write(tmp_path, {"defect.py": DEFECT, "pyproject.toml": text})
    assert len(check(tmp_path)) == 1
