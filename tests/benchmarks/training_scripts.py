"""What training scripts cost: the files that this linter is for, and those it is slowest on.

A training script is a file with ``.eval()`` and ``backward``.  In every round flake8's tree is
made anew and counted nowhere; then come, in one process and in turns, `libcst.parse_module`,
the analysis of the file alone, and the analysis with its project, where the caches of a
process are filled by the files before as when flake8 goes through a directory.  What a process
imports for the first file that it judges, whatever that is, is told apart.
"""

from __future__ import annotations

import math
import resource
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import libcst
from measuring import python_files, seconds

from flake8_bn_eval import source
from flake8_bn_eval.analysis import UNANALYSED, analyse
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import projects

WORDS = (".eval()", "backward")
ALONE, TOGETHER = "alone", "with its project"
DISTRIBUTION = "flake8-bn-eval"

SMALL = """\
import torch
net = torch.nn.Dropout().eval()
with torch.no_grad():
    print(net(torch.load("data.pt")))
"""
"""A program that is judged in no time, once the analysis and its tables are there."""

FLAKE8 = """\
import importlib.metadata, sys
hidden = sys.argv.pop(1)
found = importlib.metadata.distributions
importlib.metadata.distributions = lambda **key: (
    each for each in found(**key) if each.metadata["Name"] != hidden
)
from flake8.main.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""flake8 as it were if a distribution was not installed."""


@dataclass(slots=True)
class Script:
    """A file with the best times of all rounds, in seconds of the processor."""

    path: Path
    text: str
    parse: float = math.inf
    analysis: dict[str, float] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)

    def ratio(self, way: str) -> float:
        """How many times its parse the analysis costs."""
        return self.analysis[way] / self.parse

    def unanalysed(self, way: str) -> list[str]:
        """What BNE901 says of the file."""
        return [found.message for found in self.findings[way] if found.code == UNANALYSED]


def report_scripts(where: Sequence[str], rounds: int, slowest: int, *, inside_flake8: bool) -> bool:
    """Measure the training scripts of folders and files, print the result.

    False where there is none, or flake8 fails.
    """
    scripts = training_scripts(where)
    print(f"{len(scripts)} training scripts")
    if not scripts:
        return False
    if inside_flake8:
        return report_flake8([script.path for script in scripts], rounds)
    print(f"start of a process: {seconds(lambda: analyse(SMALL)):.2f} s")
    for _ in range(rounds):
        projects.forget()
        for script in scripts:
            measure(script)
    for way in (ALONE, TOGETHER):
        report_way(scripts, way, slowest)
    changed = sum(script.findings[ALONE] != script.findings[TOGETHER] for script in scripts)
    print(f"the project changes the findings of {changed} files")
    return True


def training_scripts(where: Iterable[str]) -> list[Script]:
    """The training scripts that Python and libcst take, each text once."""
    scripts: dict[str, Script] = {}
    for path in (path for each in where for path in python_files(each)):
        try:
            text = source.decode(path.read_bytes())
            if all(word in text for word in WORDS) and text not in scripts:
                source.parse(text)
                libcst.parse_module(text)
                scripts[text] = Script(path, text)
        except (OSError, source.UnreadableError, source.UnparsableError) as error:
            print(f"left out: {path}: {error}", file=sys.stderr)
        except libcst.ParserSyntaxError:
            print(f"left out: {path}: libcst refuses it", file=sys.stderr)
    return list(scripts.values())


def measure(script: Script) -> None:
    """One round."""
    script.parse = min(script.parse, seconds(lambda: libcst.parse_module(script.text)))
    for way, options in ((ALONE, Options(single_file=True)), (TOGETHER, Options())):
        judge(script, way, options)


def judge(script: Script, way: str, options: Options) -> None:
    """What the analysis finds in one of the ways, and how long it takes."""
    tree = source.parse(script.text)

    def work() -> None:
        script.findings[way] = analyse(
            script.text, filename=str(script.path), options=options, tree=tree
        )

    script.analysis[way] = min(script.analysis.get(way, math.inf), seconds(work))


def report_way(scripts: list[Script], way: str, slowest: int) -> None:
    """The figures of the files alone, or with their projects."""
    ratios = sorted(script.ratio(way) for script in scripts)
    parse, analysis = sum(it.parse for it in scripts), sum(it.analysis[way] for it in scripts)
    unanalysed = [script for script in scripts if script.unanalysed(way)]
    print(f"\n{way}: {analysis:.1f} s, parse_module {parse:.1f} s")
    print(
        f"ratio: median {median(ratios):.2f}  of sums {analysis / parse:.2f}  "
        f"p99 {nearest_rank(ratios, 0.99):.1f}  worst {ratios[-1]:.1f}"
    )
    print(f"{UNANALYSED}: {len(unanalysed)} files")
    for script in unanalysed:
        print(f"    {script.path}: {script.unanalysed(way)[0]}")
    for script in sorted(scripts, key=lambda it: it.ratio(way), reverse=True)[:slowest]:
        print(f"{script.ratio(way):8.1f}  {script.analysis[way]:8.3f} s  {script.path}")


def nearest_rank(ordered: list[float], share: float) -> float:
    """The least value that the share of all values does not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def report_flake8(paths: list[Path], rounds: int) -> bool:
    """`flake8 --select BNE` and flake8 without the plugin, in processes of their own."""
    without, plugin = math.inf, math.inf
    for _ in range(rounds):
        for hidden in (DISTRIBUTION, ""):
            taken = flake8_seconds(paths, hidden)
            if taken is None:
                return False
            if hidden:
                without = min(without, taken)
            else:
                plugin = min(plugin, taken)
    print(f"{without:8.1f} s  flake8 without the plugin")
    print(f"{plugin:8.1f} s  flake8 --select BNE")
    print(f"ratio {plugin / without:.2f}")
    return True


def flake8_seconds(paths: list[Path], hidden: str) -> float | None:
    """The processor time of one run of flake8 in one process; None if it fails.

    Both ways select only BNE: what flake8 prints of its own checks is no part of the difference.
    """
    options = ["--isolated", "--jobs=1", "--exit-zero", "--select=BNE"]
    command = [sys.executable, "-c", FLAKE8, hidden, *options]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, *map(str, paths)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(f"bench: flake8 fails: {done.stderr.strip()}", file=sys.stderr)
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
