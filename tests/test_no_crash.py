"""No file makes the analysis fail: the standard library and what is installed beside it.

Every file is followed, whether or not a rule would ask for it.  A file may be refused, by
Python or by the parser, because that is said in so many words (BNE901); it may not crash.
"""

from __future__ import annotations

import random
import sysconfig
import tokenize
from functools import cache
from pathlib import Path

import pytest

from flake8_bn_eval.analysis import analyse, follow
from flake8_bn_eval.source import RefusedByPythonError, UnparsableError

SAMPLED = 40
LONGEST = 200_000
ROOTS = {
    "standard library": Path(sysconfig.get_path("stdlib")),
    "site-packages": Path(sysconfig.get_path("purelib")),
    "torch": Path(sysconfig.get_path("purelib")) / "torch",
}

each_root = pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS.keys())


@cache
def sources(root: Path) -> tuple[Path, ...]:
    """The Python files below a directory, those of other packages left out of the library."""
    inner = () if "site-packages" in root.parts else ("site-packages",)
    found = (path for path in root.rglob("*.py") if not set(inner) & set(path.parts))
    return tuple(sorted(found))


def read(path: Path) -> str | None:
    """The text of a file, None if it is no valid text in its own encoding."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeDecodeError):
        return None


def check(path: Path) -> None:
    """Follow a file and judge it; a failure names the file."""
    text = read(path)
    if text is None or len(text) > LONGEST:
        return
    try:
        follow(text)
        analyse(text, filename=str(path))
    except (RefusedByPythonError, UnparsableError):
        pass
    except Exception as error:
        raise AssertionError(f"{path}: {type(error).__name__}: {error}") from error


@each_root
def test_a_sample_is_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNE_RAISE", "1")
    paths = sources(root)
    if not paths:
        pytest.skip(f"nothing is installed in {root}")
    for path in random.Random(0).sample(paths, min(SAMPLED, len(paths))):
        check(path)


@pytest.mark.slow
@each_root
def test_every_file_is_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNE_RAISE", "1")
    for path in sources(root):
        check(path)
