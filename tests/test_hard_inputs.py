"""Texts that break tools: each has a clear result, and none takes long."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_bn_eval import source
from flake8_bn_eval.analysis import RAISE, analyse
from flake8_bn_eval.findings import Finding

ROOT = Path(__file__).parent.parent
HEAD = "import torch\nfrom torch import nn\nnet = nn.Sequential(nn.Linear(4, 4), nn.Dropout())\n"
DEFECT = "net.eval\n"
CODE = "BNE303"

ANALYSED = {
    "1,200 terms": "x = " + " + ".join(["a"] * 1_200) + "\n",
    "400 conditions": "x = " + " and ".join(["a"] * 400) + "\n",
    "400 comparisons": "x = " + " < ".join(["a"] * 400) + "\n",
    "3,200 strings side by side": "x = (" + "'a' " * 3_200 + ")\n",
    "400 attributes": "x = a" + ".b" * 400 + "\n",
    "400 calls of calls": "x = a" + "(b)" * 400 + "\n",
    "400 chained methods": "x = a" + ".b()" * 400 + "\n",
    "a string twice as long 400 times": "x = 'a'" + ".replace('a', 'aa')" * 400 + "\n",
    "a count that no string can have": "x = 'a'.replace('a', 'b', " + "9" * 40 + ")\n",
    "1,200 branches": "if a:\n    b\n" + "elif c:\n    d\n" * 1_200,
    "400 targets": "a = " * 400 + "b\n",
    "300 conditional expressions": "x = " + "a if b else " * 300 + "c\n",
    "300 nested functions": "x = " + "lambda: " * 300 + "a\n",
    "300 negations": "x = " + "not " * 300 + "a\n",
    "190 brackets": "x = " + "[" * 190 + "]" * 190 + "\n",
    "150 nested calls": "x = " + "f(" * 150 + ")" * 150 + "\n",
    "90 nested blocks": "".join(" " * level + "if a:\n" for level in range(90)) + " " * 90 + "b\n",
    "15 nested loops": "".join(" " * level + "for a in b:\n" for level in range(15))
    + " " * 15
    + "b\n",
    "5,000 lines": "x = f(y)\n" * 5_000,
    "a function that hands its own arguments to itself": """
def f(*args, **options):
    f(*args, **options)
    nn.functional.dropout(*args, **options)
def g(x=(), options={}):
    h(*x, **options)
    nn.functional.dropout(*x, **options)
def h(x=(), options={}):
    g(*x, **options)
    nn.BatchNorm1d(*x, **options)
""",
    "functions that hand their arguments to all others": "".join(
        f"def f{i}(x=(), k={{}}):\n"
        + "".join(f"    f{j}(*x, **k)\n" for j in range(12))
        + "    nn.functional.dropout(*x, **k)\n"
        for i in range(12)
    ),
    "an annotated name in parentheses": "(x): int = 3\n",
    "form feeds": "\x0c\nx = 1\n\x0c\n",
    "no line end": "# the end",
    "lines of three kinds": "x = 1\r\ny = 2\rz = 3\n",
    "a line of 100,000 characters": "x = '" + "a" * 100_000 + "'\n",
    "characters of several bytes": "größe = '日本語'\n",
}
GIVEN_UP = {
    "6,400 terms": "x = " + " + ".join(["a"] * 6_400) + "\n",
    "3,200 attributes": "x = a" + ".b" * 3_200 + "\n",
    "3,200 calls of calls": "x = a" + "(b)" * 3_200 + "\n",
    "3,200 chained methods": "x = a" + ".b()" * 3_200 + "\n",
    "3,200 branches": "if a:\n    b\n" + "elif c:\n    d\n" * 3_200,
}
REFUSED_BY_PYTHON = {
    "300 brackets": "x = " + "(" * 300 + ")" * 300 + "\n",
    "300 nested blocks": "".join(" " * level + "if a:\n" for level in range(300))
    + " " * 300
    + "b\n",
    "an open bracket": "x = (\n",
    "a null byte": "x = '\0'\n",
    "mixed tabs": "if a:\n        b\n\tc\n",
}


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


@pytest.fixture(autouse=True)
def _errors_of_ours_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RAISE, "1")


@pytest.mark.parametrize("name", ANALYSED)
def test_it_is_analysed(name: str) -> None:
    before = analyse(HEAD + ANALYSED[name] + "\n" + DEFECT)
    assert codes(before) == [CODE]
    after = analyse(HEAD + DEFECT + ANALYSED[name])
    assert codes(after) == [CODE]
    assert after[0].span.line == 4


@pytest.mark.parametrize("name", GIVEN_UP)
def test_it_is_given_up_at_its_line(name: str) -> None:
    findings = analyse(HEAD + GIVEN_UP[name] + DEFECT)
    assert codes(findings) == ["BNE901"]
    assert findings[0].message.startswith("this file is not analysed: ")


@pytest.mark.parametrize("name", REFUSED_BY_PYTHON)
def test_it_is_left_to_python(name: str) -> None:
    assert analyse(HEAD + DEFECT + REFUSED_BY_PYTHON[name]) == []


@pytest.mark.parametrize(
    "text", ["", "\n", "\ufeff", "# no code\n", '"""Only text: net.eval."""\n']
)
def test_there_is_nothing_to_say(text: str) -> None:
    assert analyse(text) == []


def test_a_byte_order_mark_moves_nothing() -> None:
    assert analyse("\ufeff" + HEAD + DEFECT) == analyse(HEAD + DEFECT)
    first = "\ufeffimport torch.nn as nn; net = nn.Dropout(); net.eval\n"
    assert analyse(first)[0].span.column == first.index("net.eval") - 1


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_move_nothing(end: str) -> None:
    text = HEAD + DEFECT
    assert analyse(text.replace("\n", end)) == analyse(text)


def test_columns_count_characters() -> None:
    findings = analyse(HEAD + "x = 'größe 日本語'; net.eval\n")
    assert [finding.span.column for finding in findings] == [len("x = 'größe 日本語'; ")]


def test_the_recursion_limit_is_restored() -> None:
    limit = sys.getrecursionlimit()
    analyse(HEAD + DEFECT)
    analyse(HEAD + GIVEN_UP["6,400 terms"] + DEFECT)
    assert sys.getrecursionlimit() == limit


def test_a_file_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_CHARACTERS", 100)
    findings = analyse(HEAD + DEFECT + "#" * 100)
    assert codes(findings) == ["BNE901"]
    assert "longer than 100 characters" in findings[0].message


@pytest.mark.parametrize(
    "data",
    [
        b"# coding: latin-1\n" + (HEAD + "x = 'gr\xf6\xdfe'; net.eval\n").encode("latin-1"),
        b"\xef\xbb\xbf# \xc3\xb6\n" + (HEAD + "x = 'größe'; net.eval\n").encode(),
        b"# -*- coding: cp1251 -*-\r\n" + (HEAD + "x = 'яблок'; net.eval\r\n").encode("cp1251"),
    ],
)
def test_flake8_and_the_command_line_agree_on_encodings(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "coded.py").write_bytes(data)
    assert shown(tmp_path, "flake8", "--select=BNE") == ["5:14"]
    assert shown(tmp_path, "flake8_bn_eval", "check") == ["5:14"]


def shown(folder: Path, module: str, *arguments: str) -> list[str]:
    """The positions of the findings in ``coded.py``."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments, "coded.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert re.fullmatch(r"(bn-eval: 1 finding in 1 of 1 files\b.*\n)?", done.stderr)
    lines = [line for line in done.stdout.splitlines() if line.startswith("coded.py:")]
    return [line.removeprefix("coded.py:").split(": ")[0] for line in lines]
