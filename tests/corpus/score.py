"""How the rules about other frameworks do on labelled places in public repositories.

usage: python tests/corpus/score.py --clones DIR [--misses] [LABELS.jsonl]

DIR holds clones, one folder ``owner+name`` a repository (a ``repo`` folder inside it, bare or
not, is accepted too).  The Python files of the labelled commit are unpacked and checked from
the root of the tree, so that other files are seen as a user's checkout has them.

A *defect* is found when a finding of its code lies within three lines of it or in the same
function; an *intended* place is a false alarm when any finding about these frameworks lies in
its statement (one line before or after).  *Suspicious* places are printed, never counted.
The repositories are in two halves by a hash of their names: ``seen`` was looked at while the
rules were written, ``kept`` only measured.  Nothing is judged here: the exit status is 0.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CODES = {
    "keras-training-inference": {"BNE501"},
    "keras-inference-training": {"BNE502"},
    "removed-learning-phase": {"BNE503"},
    "missing-update-ops": {"BNE504"},
    "keras-momentum": {"BNE505"},
    "dropped-training": {"BNE506"},
}
NEAR = 3
LABELS = Path(__file__).with_name("keras.jsonl")
Label = dict[str, Any]
Found = list[tuple[int, str]]


def half_of(repository: str) -> str:
    """The half that a repository is in."""
    odd = hashlib.sha256(repository.encode()).digest()[0] % 2
    return "kept" if odd else "seen"


def git_folder(clones: Path, repository: str) -> Path:
    """Where the history of a repository is."""
    folder = clones / repository.replace("/", "+")
    for each in (folder / "repo" / ".git", folder / "repo", folder / ".git", folder):
        if (each / "HEAD").is_file():
            return each
    raise SystemExit(f"{folder}: no clone of {repository}")


def unpack(git: Path, commit: str, target: Path) -> None:
    """Write the Python files of a commit."""

    def run(*arguments: str) -> bytes:
        command = ["git", f"--git-dir={git}", *arguments]
        return subprocess.run(command, capture_output=True, check=True).stdout

    for line in run("ls-tree", "-r", "-z", commit).decode(errors="replace").split("\0"):
        description, _, path = line.partition("\t")
        if path.endswith(".py") and description.startswith("100"):
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(run("cat-file", "blob", description.split()[2]))


def findings(root: Path, paths: list[str]) -> dict[str, Found]:
    """The findings in some files of a tree, by file."""
    options = ["--isolated", "--disable-noqa", "--select=BNE5"]
    command = [sys.executable, "-m", "flake8", *options, "--format=%(path)s\t%(row)d\t%(code)s"]
    done = subprocess.run(
        [*command, *paths], cwd=root, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{root}: {done.stderr}")
    found: dict[str, Found] = defaultdict(list)
    for row in done.stdout.splitlines():
        path, line, code = row.split("\t")
        found[path.removeprefix("./")].append((int(line), code))
    return found


def function_around(text: str, line: int) -> range:
    """The lines of the innermost function around a line; none outside of functions."""
    best = range(0)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            lines = range(node.lineno, (node.end_lineno or 0) + 1)
            best = lines if not best or len(lines) < len(best) else best
    return best


def is_hit(label: Label, found: Found, text: str) -> bool:
    """Whether a finding belongs to a label."""
    if label["verdict"] == "intended":
        return any(abs(line - label["line"]) <= 1 for line, _ in found)
    codes = CODES[label["kind"]] if label["kind"] in CODES else set[str]().union(*CODES.values())
    of_code = [line for line, code in found if code in codes]
    around = function_around(text, label["line"]) if of_code else range(0)
    return any(abs(line - label["line"]) <= NEAR or line in around for line in of_code)


def judged(
    clones: Path, by_tree: dict[tuple[str, str], list[Label]]
) -> Iterator[tuple[Label, bool]]:
    """Every label, and whether a finding belongs to it."""
    for (repository, commit), labels in sorted(by_tree.items()):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            unpack(git_folder(clones, repository), commit, root)
            found = findings(root, sorted({each["path"] for each in labels}))
            for label in labels:
                text = (root / label["path"]).read_text(encoding="utf-8", errors="replace")
                yield label, is_hit(label, found[label["path"]], text)


def main() -> None:
    """Print recall and false alarms of both halves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("labels", nargs="?", type=Path, default=LABELS)
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--half", choices=("seen", "kept"))
    parser.add_argument("--misses", action="store_true", help="name what went wrong")
    options = parser.parse_args()
    by_tree: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for row in options.labels.read_text(encoding="utf-8").splitlines():
        label = json.loads(row)
        if options.half in (None, half_of(label["repo"])):
            by_tree[label["repo"], label["commit"]].append(label)
    counts: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for label, hit in judged(options.clones, by_tree):
        half, verdict = half_of(label["repo"]), label["verdict"]
        counts[half, verdict].append(hit)
        if options.misses and (verdict == "suspicious" or hit is (verdict == "intended")):
            where = f"{label['repo']}/{label['path']}:{label['line']}"
            print(half, verdict, "hit" if hit else "silent", label["kind"], where, sep="  ")
    for half in ("seen", "kept"):
        for verdict, what in (("defect", "found"), ("intended", "false alarms")):
            hits = counts[half, verdict]
            print(f"{half}: {sum(hits)} of {len(hits)} {verdict} {what}")


if __name__ == "__main__":
    main()
