"""Runs the Markdown pages: what the analysis says about each program, and whether it is true."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from flake8_bn_eval.analysis import analyse
from tests.installed import imported, is_installed
from tests.markdown import (
    Program,
    Statement,
    finding_problems,
    output_problems,
    programs,
    reveal_problems,
    rewrite_output,
    written,
)
from tests.prediction import predict

HERE = Path(__file__).parent
PROGRAMS = [program for page in sorted(HERE.rglob("*.md")) for program in programs(page)]
STATES = frozenset({"train", "eval", "on", "off", "not a module"})
REVEALING = [program for program in PROGRAMS if program.statements]
WITH_TORCH = importlib.util.find_spec("torch") is not None


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_analysis(program: Program, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The analysis says what the page says: every reveal, every finding, the output."""
    filename = _written(program, tmp_path)
    problems = list(reveal_problems(program, predict(program.text, filename).reveals))
    findings = analyse(program.text, filename=filename)
    problems += finding_problems(program, findings)
    if request.config.getoption("--update"):
        rewrite_output(program, findings)
    else:
        problems += output_problems(program, findings)
    assert not problems, "\n\n" + "\n\n".join(problems)


def _written(program: Program, folder: Path) -> str | None:
    """Write the files of a project; where the one that is judged is."""
    if program.title is None:
        return None
    (folder / "setup.cfg").touch()
    for path, text in program.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return str(folder / program.title)


@pytest.mark.skipif(not WITH_TORCH, reason="PyTorch is not installed: nothing to execute with")
@pytest.mark.parametrize("program", REVEALING, ids=lambda program: program.name)
def test_truth(program: Program) -> None:
    """What PyTorch does lies in what the page asserts, and the page asserts no more."""
    if program.not_executed is not None:
        pytest.skip(program.not_executed)
    missing = sorted(package for package in imported(program.text) if not is_installed(package))
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    from tests.observation import observe

    seen = observe(program.text)
    assert seen.crash is None, f"{program.page}:{program.line}: {seen.crash!r}"
    problems = []
    for line, statement in program.statements.items():
        happened = frozenset(seen.reveals.get(line, ()))
        if happened and not _tells_the_truth(statement, happened):
            got = f"{statement.kind}: {written(happened)}, when executed"
            problems.append(program.complain(line, str(statement), got))
    assert not problems, "\n\n" + "\n\n".join(problems)


def _tells_the_truth(statement: Statement, happened: frozenset[str]) -> bool:
    """A value that is no state (unset, unknown, caller) allows for everything."""
    if not statement.values <= STATES:
        return True
    return happened <= statement.values if statement.imprecise else happened == statement.values
