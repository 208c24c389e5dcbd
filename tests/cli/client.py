"""The command line as a process of its own, as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DEFECT = """\
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
net.eval
"""
SPOT = "4:1: BNE303 "
INFERENCE = """\
import torch
from torch import nn


def validate(model, loader):
    total = 0
    for inputs, targets in loader:
        total += (model(inputs).argmax(1) == targets).sum().item()
    return total


def main(train_loader, val_loader):
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(9):
        model.train()
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
        print(validate(model, val_loader))
"""
"""Two findings: BNE101 with notes, BNE201."""

CLEARED = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "BN_EVAL_CACHE_DIR", "BNE_RAISE"}


def environment(**more: str) -> dict[str, str]:
    """The environment, without what changes the output."""
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    return kept | {"PYTHONPATH": str(ROOT)} | more


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(
    folder: Path, *arguments: str, module: str = "flake8_bn_eval", stdin: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """A command in a folder, with more variables in its environment."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment(**more),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def check(folder: Path, *arguments: str, stdin: str = "", **more: str) -> list[str]:
    """The lines of ``check --output-format concise``; what it says beside them must be clean."""
    done = run(
        folder, "check", "--output-format=concise", *arguments, stdin=stdin, **more
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


def flake8(folder: Path, *arguments: str, stdin: str = "") -> list[str]:
    """The lines of flake8; `check` writes no ``./`` in front of a path."""
    done = run(folder, *arguments, module="flake8", stdin=stdin)
    assert not done.stderr, done.stderr
    return sorted(line.removeprefix("./") for line in done.stdout.splitlines())
