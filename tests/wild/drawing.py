"""Draws repositories that were never used, runs the linter on them, and draws reports."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import flake8_bn_eval
from tests.wild.records import Header, Place, Record

UNANALYSED = "BNE901"
MOST_ALIKE = 5
"""Reports of one code in one repository: they are often one mistake, copied."""
FORMAT = "%(path)s\t%(row)d\t%(col)d\t%(code)s"


class DrawError(Exception):
    """A draw that cannot be made; says why."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The files of a repository at a commit."""

    repository: str
    commit: str
    folder: Path


def checkouts(folder: Path) -> list[Checkout]:
    """The checkouts in a folder: subfolders ``owner+name``.

    The commit is that of the checkout if it is one of git, or stands in a file ``commits.txt``
    beside them, a line ``owner/name commit`` each.  Raises DrawError.
    """
    if not folder.is_dir():
        raise DrawError(f"{folder}: no such folder")
    listed = _listed(folder / "commits.txt")
    found = []
    for each in sorted(folder.iterdir()):
        owner, plus, name = each.name.partition("+")
        if each.is_dir() and plus and owner and name:
            repository = f"{owner}/{name}"
            commit = listed.get(repository) or _head(each)
            if commit is None:
                raise DrawError(f"{each}: no commit is known: no git checkout, nor in commits.txt")
            found.append(Checkout(repository, commit, each))
    return found


def _listed(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    commits: dict[str, str] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split()
        if len(parts) != 2:
            raise DrawError(f"{file}:{number}: expected `owner/name commit`: {line!r}")
        commits[parts[0]] = parts[1]
    return commits


def _head(folder: Path) -> str | None:
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout.strip() or None


def draw(
    available: Sequence[Checkout], used: Iterable[str], repositories: int, reports: int, seed: int
) -> Record:
    """Draw repositories and then reports.  Raises DrawError if there are too few repositories."""
    taken = {each.lower() for each in used}
    fresh = [each for each in available if each.repository.lower() not in taken]
    if len(fresh) < repositories:
        raise DrawError(f"{repositories} repositories are wanted, {len(fresh)} were never used")
    chance = random.Random(seed)
    chosen = chance.sample(fresh, repositories)
    found = [place for each in chosen for place in run(each)]
    header = Header(
        seed,
        flake8_bn_eval.__version__,
        tuple(sorted(each.repository for each in chosen)),
        dict(sorted(Counter(place.code for place in found).items())),
    )
    return Record(header, tuple(_drawn(found, reports, chance)))


def run(checkout: Checkout) -> list[Place]:
    """Every report of the default rules in a checkout.  Raises DrawError if flake8 fails."""
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=BNE", f"--format={FORMAT}"]
    done = subprocess.run(
        [*command, "."], cwd=checkout.folder, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode not in (0, 1):
        raise DrawError(f"{checkout.folder}: flake8 failed: {done.stderr.strip()[-500:]}")
    return [_place(checkout, line) for line in done.stdout.splitlines()]


def _place(checkout: Checkout, line: str) -> Place:
    path, row, column, code = line.rsplit("\t", 3)
    path = path.removeprefix("./")
    return Place(checkout.repository, checkout.commit, path, int(row), int(column), code)


def _drawn(found: list[Place], reports: int, chance: random.Random) -> list[Place]:
    """So many reports by chance, few of one code in one repository, in the order of reading."""
    groups: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in found:
        if place.code != UNANALYSED:
            groups[place.repository, place.code].append(place)
    few = [
        place
        for _, group in sorted(groups.items())
        for place in chance.sample(group, min(MOST_ALIKE, len(group)))
    ]
    drawn = chance.sample(few, min(reports, len(few)))
    return sorted(drawn, key=lambda place: (place.repository, place.path, place.line, place.code))
