"""Which files a benchmark takes, and how it measures."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path


def python_files(where: str) -> list[Path]:
    """The Python files below a directory or of an installed package, or the file itself."""
    root = Path(where)
    if root.is_file():
        return [root]
    if not root.is_dir():
        found = importlib.util.find_spec(where) if where.isidentifier() else None
        if found is None or found.origin is None:
            print(f"bench: {where} is no file, directory or installed package", file=sys.stderr)
            sys.exit(2)
        root = Path(found.origin).parent
    return sorted(path for path in root.rglob("*.py") if path.is_file())


def seconds(work: Callable[[], object]) -> float:
    """Of the processor: other programs on the machine count less."""
    start = time.process_time()
    work()
    return time.process_time() - start


def average_seconds(work: Callable[[], object], at_least: float = 0.1) -> float:
    """The same for what may be shorter than the clock can tell: repeated for some time."""
    times, total = 0, 0.0
    while total < at_least:
        total += seconds(work)
        times += 1
    return total / times


def positive(text: str) -> int:
    """A number of times or files on the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number
