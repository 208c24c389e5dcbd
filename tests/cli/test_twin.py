"""`bn-eval check` prints what `flake8 --select BNE` prints, however both are configured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.client import DEFECT, INFERENCE, ROOT, check, flake8, run, write

FILES = {
    "defect.py": DEFECT,
    "predict.py": INFERENCE,
    "clean.py": "x = 1\n",
    "package/__init__.py": "",
    "package/tests/inner.py": DEFECT,
    "package/wide.py": "# π\nfrom torch import nn\n\nnet = nn.Dropout()\nπ = '😀'; net.eval\n",
    "build_tools/tabs.py": "from torch import nn\n\nnet = nn.Dropout()\nif net:\n\tnet.eval\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, FILES)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["--select=BNE"],
        ["--select=BNE2"],
        ["--select=BNE", "--ignore=BNE303"],
        ["--select=BNE", "--extend-ignore=BNE1"],
        ["--select=BNE", "--per-file-ignores=package/*:BNE303 predict.py:BNE201"],
        ["--select=BNE", "--exclude=package"],
        ["--select=BNE", "--extend-exclude=tests,defect.py"],
        ["--select=BNE", "--filename=w*.py,*/pre*.py"],
        ["--select=BNE,BNE105", "--bne-single-file"],
        ["--select=BNE", "--jobs=2"],
    ],
    ids=" ".join,
)
def test_flags_mean_the_same(folder: Path, arguments: list[str]) -> None:
    expected = flake8(folder, *arguments, ".")
    assert check(folder, *arguments, ".") == expected
    assert any("BNE" in line for line in expected)


@pytest.mark.parametrize("name", ["setup.cfg", "tox.ini", ".flake8"])
def test_configuration_files_mean_the_same(folder: Path, name: str) -> None:
    text = "[flake8]\nextend-ignore = BNE201\nexclude = package/tests\nbne-models = gadget\n"
    text += "per-file-ignores =\n    build_tools/*: BNE3\n"
    (folder / name).write_text(text, encoding="utf-8")
    expected = flake8(folder, "--select=BNE", ".")
    assert [line.split(":")[0] for line in expected] == [
        "defect.py", "package/wide.py", "predict.py",
    ]  # fmt: skip
    assert check(folder) == check(folder, "--select=BNE", ".") == expected
    assert check(folder, "package") == flake8(folder, "--select=BNE", "package")


def test_a_configuration_that_is_named_counts(folder: Path) -> None:
    (folder / "other.ini").write_text("[flake8]\nignore = BNE303\n", encoding="utf-8")
    (folder / ".flake8").write_text("[flake8]\nignore = BNE2\n", encoding="utf-8")
    for arguments in (
        ["--config=other.ini"], ["--append-config=other.ini"], ["--isolated"], []
    ):  # fmt: skip
        assert check(folder, *arguments) == flake8(folder, "--select=BNE", *arguments, ".")
    done = run(folder, "check", "--config=missing.ini")
    assert (done.returncode, done.stdout) == (2, "")
    assert "missing.ini: no such configuration file" in done.stderr


def test_a_select_for_other_plugins_is_left_aside(folder: Path) -> None:
    (folder / ".flake8").write_text("[flake8]\nselect = E,F\nignore = E501\n", encoding="utf-8")
    assert check(folder) == flake8(folder, "--select=BNE", ".")


def test_a_select_that_leaves_no_rule_is_no_clean_result(folder: Path) -> None:
    for arguments in (["--select=E"], ["--ignore=BNE"]):
        done = run(folder, "check", *arguments, ".")
        assert done.returncode == 2
        assert "no rule is selected" in done.stderr


EXCUSED = [
    DEFECT.replace("net.eval\n", "net.eval  # noqa\n"),
    DEFECT.replace("net.eval\n", "net.eval  # noqa: BNE3\n"),
    DEFECT.replace("net.eval\n", "net.eval  # noqa: E501, W1\n"),
    DEFECT.replace("net.eval\n", "net.eval  # noqa:E501,BNE303 because\n"),
    DEFECT.replace("net.eval\n", "(\n    net.eval\n)  # noqa: BNE303\n"),
    DEFECT.replace("net.eval\n", "(  # noqa: BNE303\n    net.eval\n)\n"),
    DEFECT.replace("net.eval\n", "net.eval  # noqa : BNE303\n"),
    DEFECT.replace("net.eval\n", "net.eval  # noqa BNE303\n"),
    DEFECT + "# flake8: noqa\n",
    DEFECT + "# flake8: noqa: E501\n",
    DEFECT + "x = 1  # flake8: noqa\n",
    DEFECT + "x = 'noqa'\n",
    DEFECT + "'''\n# flake8: noqa\n'''\n",
]


def test_noqa_is_read_by_flake8(tmp_path: Path) -> None:
    write(tmp_path, {f"file_{index}.py": text for index, text in enumerate(EXCUSED)})
    expected = flake8(tmp_path, "--select=BNE", ".")
    assert 2 <= len(expected) < len(EXCUSED) - 5
    assert check(tmp_path) == expected
    assert check(tmp_path) == expected  # from the cache
    everything = flake8(tmp_path, "--select=BNE", "--disable-noqa", ".")
    assert len(everything) == len(EXCUSED)
    assert check(tmp_path, "--disable-noqa") == everything


def test_ruff_keeps_our_comments_where_it_knows_the_codes(tmp_path: Path) -> None:
    """As the page about silencing has it; without it ruff's fixes remove them."""
    page = (ROOT / "docs" / "suppressing.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"^\[tool\.ruff\.lint\]\nexternal = .*$", page, re.MULTILINE)
    commented = DEFECT.replace("net.eval", "net.eval  # noqa: BNE303")
    write(tmp_path, {"defect.py": commented, "pyproject.toml": told})
    ruff = ["check", "--no-cache", "--select=RUF100,RUF102"]
    assert run(tmp_path, *ruff, module="ruff").returncode == 0
    assert run(tmp_path, *ruff, "--isolated", module="ruff").returncode == 1


def test_standard_input_belongs_to_where_it_says(folder: Path) -> None:
    (folder / ".flake8").write_text("[flake8]\nper-file-ignores = a.py: BNE303\n", encoding="utf-8")
    for name in ("stdin", "a.py", "package/b.py"):
        arguments = [f"--stdin-display-name={name}", "-"]
        expected = flake8(folder, "--select=BNE", *arguments, stdin=DEFECT)
        assert check(folder, *arguments, stdin=DEFECT) == expected
        assert bool(expected) == (name != "a.py")
    assert check(folder, "--exclude=a.py", "--stdin-display-name=a.py", "-", stdin=DEFECT) == []


def test_counts_and_quiet_are_those_of_flake8(folder: Path) -> None:
    counted = check(folder, "--count", "--statistics")
    assert counted[-1] == "6"
    assert [line.split()[:2] for line in counted[-4:-1]] == [
        ["1", "BNE101"], ["1", "BNE201"], ["4", "BNE303"],
    ]  # fmt: skip
    assert check(folder, "--quiet") == flake8(folder, "--select=BNE", "--quiet", ".")
    assert check(folder, "-qq") == []
    assert run(folder, "check", "-q").stderr == ""
    assert run(folder, "check").returncode == 1
    assert run(folder, "check", "--exit-zero").returncode == 0
    assert run(folder, "check", "-qq").returncode == 1


def test_lists_of_flake8_pyproject_are_read(folder: Path) -> None:
    pytest.importorskip("flake8p")
    text = """\
[tool.flake8]
exclude = ["package/tests"]
extend-ignore = ["BNE201"]
per-file-ignores = ["defect.py:BNE303", "predict.py:E501"]
bne-opt-in = ["BNE105", "BNE308"]
bne-models = ["gadget", "widget"]
bne-single-file = true
bne-explicit-dropout = false
bne-torch-version = "2.2"
bne-project-files = 100
"""
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    expected = flake8(folder, "--select=BNE", ".")
    assert [line.split(":")[0] for line in expected] == [
        "build_tools/tabs.py", "package/wide.py", "predict.py",
    ]  # fmt: skip
    assert check(folder) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("bne-torch-version = new", "'new' is no version such as 2.13"),
        ("bne-single-file = perhaps", "'perhaps' is neither true nor false"),
        ("bne-opt-in = BNE999", "no such rule: BNE999"),
        ("ignore = nonsense", "nonsense"),
        ("per-file-ignores = nonsense", "per-file-ignores"),
    ],
)
def test_a_mistake_in_flake8s_configuration_is_named(
    folder: Path, value: str, message: str
) -> None:
    (folder / "setup.cfg").write_text(f"[flake8]\n{value}\n", encoding="utf-8")
    done = run(folder, "check")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("value", ["yes", "True"])
def test_truth_is_written_alike_everywhere(tmp_path: Path, value: str) -> None:
    text = "import torch.nn.functional as F\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"
    text += "    def forward(self, x):\n        return F.dropout(x, training=True)\n"
    write(tmp_path, {"net.py": text})
    expected = flake8(tmp_path, "--select=BNE", "--bne-explicit-dropout", "net.py")
    assert len(expected) == 1
    assert check(tmp_path, "--bne-explicit-dropout", "net.py") == expected
    text = f"[flake8]\nbne-explicit-dropout = {value}\n"
    (tmp_path / "tox.ini").write_text(text, encoding="utf-8")
    assert flake8(tmp_path, "--select=BNE", "net.py") == expected
    assert check(tmp_path, "net.py") == expected
    assert check(tmp_path, "--no-bne-explicit-dropout", "net.py") == []
