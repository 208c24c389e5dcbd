"""Every safe fix over many projects: ``python -m tests.fix.corpus FOLDER...``, a project each.

A copy of each project is checked, fixed, checked again and fixed again, by the commands that
a user has.  What must hold: a fixed file is Python, as many findings are gone from it as were
fixed, no file has got a finding, and the second run changes nothing.  Real code is not at hand
where the tests run, so this is run by hand; a small project of the tests shows that it counts.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.client import run

_FOUND = re.compile(r"^(?P<path>.+?):\d+:\d+: (?P<code>BNE\d{3}) ", re.MULTILINE)
_FIXED = re.compile(r"^(?P<path>.+?):\d+: (?P<code>BNE\d{3}) fixed(?:, unsafe)?: ", re.MULTILINE)

Found = Counter[tuple[str, str]]
"""How often a rule speaks in a file, by path and code."""


@dataclass
class Outcome:
    """What came of some projects."""

    projects: int = 0
    files: int = 0
    """Files that were changed."""
    before: Counter[str] = field(default_factory=Counter)
    fixed: Counter[str] = field(default_factory=Counter)
    """Findings by code: all there were, and those that were fixed."""
    failures: list[str] = field(default_factory=list)

    def add(self, project: Path, *, unsafe: bool = False) -> None:
        """Fix a copy of a project, and look at what has come of it."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copytree(project, Path(folder, "project"), symlinks=True))
            self._judge(project.name, copy, ["--unsafe-fixes"] if unsafe else [])
        self.projects += 1

    def _judge(self, name: str, copy: Path, arguments: list[str]) -> None:
        texts = _texts(copy)
        before = _found(copy)
        fixed = _fix(copy, arguments)
        after, changed = _found(copy), _texts(copy)
        self.files += len(_differing(texts, changed))
        self.before.update(_by_code(before))
        self.fixed.update(_by_code(fixed))
        wrong = [it for it in _differing(texts, changed) if not _is_python(changed.get(it, b"("))]
        self.failures += [f"{name}/{path}: is no Python any more" for path in wrong]
        for place, count in (after - (before - fixed)).items():
            self.failures.append(f"{name}/{place[0]}: {place[1]} is there, {count} too often")
        _fix(copy, arguments)
        for path in _differing(changed, _texts(copy)):
            self.failures.append(f"{name}/{path}: a second run changes it")

    def table(self) -> str:
        """Findings and fixes by code, and a line for each failure."""
        lines = ["code    findings  fixed"]
        codes = sorted(self.before)
        lines += [f"{code}  {self.before[code]:8}  {self.fixed[code]:5}" for code in codes]
        total = f"{self.fixed.total()} of {self.before.total()} findings fixed"
        told = f"{total} in {self.files} files of {self.projects} projects"
        return "\n".join([*lines, f"{told}, {len(self.failures)} failures", *self.failures])



def _found(folder: Path) -> Found:
    done = run(folder, "check", "--output-format=concise", ".")
    return Counter((each["path"], each["code"]) for each in _FOUND.finditer(done.stdout))


def _fix(folder: Path, arguments: list[str]) -> Found:
    done = run(folder, "fix", *arguments, ".")
    return Counter((each["path"], each["code"]) for each in _FIXED.finditer(done.stdout))


def _by_code(found: Found) -> Counter[str]:
    counted = Counter[str]()
    for (_, code), count in found.items():
        counted[code] += count
    return counted


def _texts(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*.py") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _differing(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _is_python(text: bytes) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 if a fix does not hold."""
    parser = argparse.ArgumentParser("python -m tests.fix.corpus", description=__doc__)
    parser.add_argument("projects", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--unsafe-fixes", action="store_true")
    given = parser.parse_args(arguments)
    outcome = Outcome()
    for project in given.projects:
        outcome.add(project, unsafe=given.unsafe_fixes)
        told = f"{project.name}: {outcome.fixed.total()} of {outcome.before.total()} fixed"
        print(f"{told}, {len(outcome.failures)} failures", file=sys.stderr, flush=True)
    print(outcome.table())
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
