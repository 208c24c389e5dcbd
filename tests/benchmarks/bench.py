"""What the whole plugin costs, measured against ``libcst.parse_module`` alone.

``python tests/benchmarks/bench.py torchvision`` takes the Python files of an installed
package, or of a directory.  Both are timed in one process, alternating, on the files that
concern some rule; flake8's own tree is made before and counted on neither side.

With ``--project`` it measures what the other files of a project add: all files are judged
twice in one process, each alone and each with the others, as flake8 goes through a directory.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import libcst

from flake8_bn_eval import source
from flake8_bn_eval.analysis import analyse, concerned_rules, enabled_rules
from flake8_bn_eval.flake8_plugin import Plugin
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import programs


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds of the processor for one file, the best of the rounds."""

    path: Path
    parse: float
    plugin: float

    @property
    def ratio(self) -> float:
        return self.plugin / self.parse


Parsed = tuple[Path, ast.Module, list[str]]
"""A file as flake8 has read it."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("where", help="an installed package or a directory")
    parser.add_argument("--rounds", type=int, default=3, help="times each file is measured")
    parser.add_argument("--most", type=int, default=400, help="measure at most so many files")
    parser.add_argument("--slowest", type=int, default=5, help="print so many of the slowest files")
    parser.add_argument("--project", action="store_true", help="measure what other files add")
    arguments = parser.parse_args()
    files = python_files(arguments.where)
    if arguments.project:
        report_project(files, arguments.rounds, arguments.slowest)
        return
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


def report_project(files: list[Path], rounds: int, slowest: int) -> None:
    """What each file costs alone and with the others, as seconds of the processor.

    In every round flake8 goes twice through all files; of a file its best rounds count.
    """
    parsed = [tree for file in files if (tree := parsed_lines(file)) is not None]
    gc.freeze()  # flake8 does not hold the trees of all files, which somebody would walk here
    before, after = [], []
    for _ in range(rounds):
        before.append(judging_all(parsed, replace(Options(), single_file=True)))
        after.append(judging_all(parsed, Options()))
    first = [min(each) for each in zip(*before, strict=True)]
    second = [min(each) for each in zip(*after, strict=True)]
    print(f"{len(parsed)} files, alone {sum(first):.2f} s, with the others {sum(second):.2f} s")
    print(f"ratio of sums {sum(second) / sum(first):.3f}")
    added = [after - before for before, after in zip(first, second, strict=True)]
    paths = [path for path, _, _ in parsed]
    for more, path in sorted(zip(added, paths, strict=True), reverse=True)[:slowest]:
        print(f"{more * 1e3:+8.1f} ms  {path}")


def judging_all(parsed: list[Parsed], options: Options) -> list[float]:
    """The same for every file, where none has been parsed before."""
    programs.forget()
    return [judging(*each, options) for each in parsed]


def parsed_lines(path: Path) -> Parsed | None:
    """What flake8 has read of a file before it asks a plugin."""
    try:
        text = source.decode(path.read_bytes())
        return path, source.parse_ast(text), text.splitlines(keepends=True)
    except (source.UnreadableError, source.UnparsableError):
        return None


def judging(path: Path, tree: ast.Module, lines: list[str], options: Options) -> float:
    """The processor time that the plugin takes for a file."""
    text = "".join(lines)
    return seconds(lambda: analyse(text, filename=str(path), options=options, tree=tree))


def seconds(work: Callable[[], object]) -> float:
    """Of the processor: other programs on the machine count less."""
    start = time.process_time()
    work()
    return time.process_time() - start


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
