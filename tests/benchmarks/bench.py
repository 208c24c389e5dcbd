"""What the whole plugin costs, measured against ``libcst.parse_module`` alone.

``python tests/benchmarks/bench.py torchvision`` takes the Python files of an installed
package, or of a directory.  Both are timed in one process, alternating, on the files that
concern some rule; flake8's own tree is made before and counted on neither side.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import libcst

from flake8_bn_eval import source
from flake8_bn_eval.analysis import concerned_rules, enabled_rules
from flake8_bn_eval.flake8_plugin import Plugin
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import programs


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds for one file, the best of the rounds."""

    path: Path
    parse: float
    plugin: float

    @property
    def ratio(self) -> float:
        return self.plugin / self.parse


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("where", help="an installed package or a directory")
    parser.add_argument("--rounds", type=int, default=3, help="times each file is measured")
    parser.add_argument("--most", type=int, default=400, help="measure at most so many files")
    parser.add_argument("--slowest", type=int, default=5, help="print so many of the slowest files")
    arguments = parser.parse_args()
    files = python_files(arguments.where)
    concerned = [file for file in files if is_concerned(file)]
    chosen = concerned[:: max(len(concerned) // arguments.most, 1)]
    print(f"{len(files)} files, {len(concerned)} parsed by the plugin, {len(chosen)} measured")
    results = [measured for file in chosen if (measured := measure(file, arguments.rounds))]
    report(results, arguments.slowest)


def python_files(where: str) -> list[Path]:
    """The Python files below a directory or of a package."""
    root = Path(where)
    if not root.is_dir():
        found = importlib.util.find_spec(where)
        if found is None or found.origin is None:
            sys.exit(f"bench: {where} is neither a directory nor an installed package")
        root = Path(found.origin).parent
    return sorted(root.rglob("*.py"))


def is_concerned(path: Path) -> bool:
    try:
        text = source.decode(path.read_bytes())
    except source.UnreadableError:
        return False
    return bool(concerned_rules(text, enabled_rules(Options())))


def measure(path: Path, rounds: int) -> Measurement | None:
    """Both times, or nothing for a file that Python or libcst refuses."""
    text = source.decode(path.read_bytes())
    try:
        tree = ast.parse(text)
        libcst.parse_module(text)
    except (SyntaxError, libcst.ParserSyntaxError):
        return None
    lines = text.splitlines(keepends=True)
    parse, plugin = [], []
    for _ in range(rounds):
        parse.append(seconds(lambda: libcst.parse_module(text)))
        programs.forget()
        plugin.append(seconds(lambda: list(Plugin(tree, str(path), lines).run())))
    return Measurement(path, min(parse), min(plugin))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(results: list[Measurement], slowest: int) -> None:
    """The medians, the sums and the files that stand out."""
    if not results:
        sys.exit("bench: no file to measure")
    parse, plugin = [it.parse for it in results], [it.plugin for it in results]
    print(f"parse_module  median {median(parse) * 1e3:8.1f} ms   sum {sum(parse):7.2f} s")
    print(f"plugin        median {median(plugin) * 1e3:8.1f} ms   sum {sum(plugin):7.2f} s")
    print(f"ratio         median {median(it.ratio for it in results):8.2f}", end="      ")
    print(f"of sums {sum(plugin) / sum(parse):.2f}")
    for it in sorted(results, key=lambda it: it.ratio, reverse=True)[:slowest]:
        print(f"{it.ratio:8.2f}  {it.plugin * 1e3:8.1f} ms  {it.path}")


if __name__ == "__main__":
    main()
