"""What the whole plugin costs, measured against ``libcst.parse_module`` alone.

``python tests/benchmarks/bench.py torchvision`` takes the Python files of an installed
package, or of a directory.  Both are timed in one process, alternating, on the files that
concern some rule; flake8's own tree is made before and counted on neither side.

With ``--project`` it measures what the other files of a project add: all files are judged
twice in one process, each alone and each with the others, as flake8 goes through a directory.

With ``--scripts`` it measures training scripts, alone and with their projects, and with
``--flake8`` besides what they add to a run of flake8; see `training_scripts`.
"""

from __future__ import annotations

import argparse
import ast
import gc
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import libcst
from measuring import positive, python_files, seconds
from training_scripts import report_scripts

from flake8_bn_eval import source
from flake8_bn_eval.analysis import analyse, concerned_rules, enabled_rules
from flake8_bn_eval.flake8_plugin import Plugin
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import projects


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
    """Measure and print; the exit status is 2 where there is nothing to measure."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        fromfile_prefix_chars="@",
        epilog="@FILE reads arguments from a file, one a line",
    )
    parser.add_argument("where", nargs="+", help="an installed package, a directory or a file")
    parser.add_argument("--rounds", type=positive, default=3, help="times each file is measured")
    parser.add_argument("--most", type=positive, default=400, help="measure at most so many files")
    parser.add_argument(
        "--slowest", type=positive, default=5, help="print so many of the slowest files"
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--project", action="store_true", help="measure what other files add")
    way.add_argument("--scripts", action="store_true", help="measure training scripts")
    parser.add_argument(
        "--flake8", action="store_true", help="with --scripts: compare runs of flake8"
    )
    arguments = parser.parse_args()
    if arguments.flake8 and not arguments.scripts:
        parser.error("--flake8 goes with --scripts")
    rounds, slowest = arguments.rounds, arguments.slowest
    if arguments.scripts:
        measured = report_scripts(arguments.where, rounds, slowest, inside_flake8=arguments.flake8)
        sys.exit(0 if measured else 2)
    files = [file for where in arguments.where for file in python_files(where)]
    if arguments.project:
        report_project(files, rounds, slowest)
        return
    concerned = [file for file in files if is_concerned(file)]
    chosen = concerned[:: max(len(concerned) // arguments.most, 1)]
    print(f"{len(files)} files, {len(concerned)} parsed by the plugin, {len(chosen)} measured")
    results = [measured for file in chosen if (measured := measure(file, rounds))]
    report(results, slowest)


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
        projects.forget()
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
    projects.forget()
    return [judging(*each, options) for each in parsed]


def parsed_lines(path: Path) -> Parsed | None:
    """What flake8 has read of a file before it asks a plugin."""
    try:
        text = source.decode(path.read_bytes())
        return path, source.parse(text), text.splitlines(keepends=True)
    except (source.UnreadableError, source.UnparsableError):
        return None


def judging(path: Path, tree: ast.Module, lines: list[str], options: Options) -> float:
    """The processor time that the plugin takes for a file."""
    text = "".join(lines)
    return seconds(lambda: analyse(text, filename=str(path), options=options, tree=tree))


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
