"""Every Python and every bound that the package claims: ``nox``, or ``nox -s tests-3.12``.

A Python that the machine does not have is skipped, and said.  Without PyTorch, which is
hundreds of megabytes a Python, the tests that execute programs are skipped: CI runs these in
an environment of its own.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
OLDEST_PYTHON = PYTHONS[0]

nox.options.error_on_missing_interpreters = False
nox.options.default_venv_backend = "venv"
nox.options.download_python = "never"


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The suite with the newest of what is needed."""
    session.install(".[tests,server]")
    _run_suite(session)


@nox.session(python=OLDEST_PYTHON)
def oldest(session: nox.Session) -> None:
    """The suite with the oldest of what the package says it works with."""
    session.install(".[tests,server]", *_lowest())
    _run_suite(session)


def _run_suite(session: nox.Session) -> None:
    session.run("python", "-m", "pip", "list", "--format=freeze")
    session.run("python", "-m", "pytest", "-q", "-n", "2", *session.posargs)


def _lowest() -> list[str]:
    """``flake8==7`` for ``flake8>=7``, for everything that is needed to run the package."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["server"]]
    return [each.partition(",")[0].replace(">=", "==") for each in needed]
