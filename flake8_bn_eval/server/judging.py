"""Judges what is open, with the configuration of its folder; in one thread, one at a time.

The configuration counts from the working directory, as on the command line: it is changed
for each document, which is why nothing else may run beside this.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flake8_bn_eval.checking.judge import Judge
from flake8_bn_eval.files.discovery import Search
from flake8_bn_eval.files.units import Unit
from flake8_bn_eval.findings import Finding, Fix
from flake8_bn_eval.fix.repair import Repaired, repair
from flake8_bn_eval.fix.trial import Fixed
from flake8_bn_eval.report.results import FileResult
from flake8_bn_eval.server.documents import Document
from flake8_bn_eval.settings.reading import settings_of


@dataclass(frozen=True, slots=True)
class Checked:
    """A document with what is reported of it."""

    document: Document
    result: FileResult
    folder: str
    """Where the configuration was read."""


@dataclass
class Office:
    """Knows the flags of the command line, and the configuration of every folder."""

    given: argparse.Namespace
    unsaved: Mapping[str, str] = field(default_factory=dict)
    """The texts of open files by their paths, which count instead of what is on disk."""
    _judges: dict[str, Judge] = field(default_factory=dict)

    def forget_configuration(self) -> None:
        """Read it again when it is needed."""
        self._judges.clear()

    def check(self, document: Document, folder: str) -> Checked:
        """What is reported of a document; an `InputError` for a configuration with mistakes."""
        with contextlib.chdir(folder):
            judge = self._judge(folder)
            if _is_left_out(document, judge):
                return Checked(document, FileResult(Unit(document.path, "")), folder)
            return Checked(document, judge.result_of(document.unit), folder)

    def fix_for(self, checked: Checked, finding: Finding) -> Fix | None:
        """The first fix that holds, whether it is safe or not."""
        from flake8_bn_eval.fix.site import File  # noqa: PLC0415 - costs what libcst costs
        from flake8_bn_eval.fix.trial import tried_out  # noqa: PLC0415

        with contextlib.chdir(checked.folder):
            file = File(checked.document.unit.text)
            tried = tried_out(file, finding, checked.result.findings, self._analyse(checked))
        return tried.fixes[0] if isinstance(tried, Fixed) else None

    def repaired(self, checked: Checked) -> Repaired:
        """All safe fixes."""
        with contextlib.chdir(checked.folder):
            return repair(checked.document.unit.text, self._analyse(checked))

    def _judge(self, folder: str) -> Judge:
        if folder not in self._judges:
            given = argparse.Namespace(**vars(self.given))
            self._judges[folder] = Judge(settings_of(given), unsaved=self.unsaved)
        return self._judges[folder]

    def _analyse(self, checked: Checked) -> Callable[[str], list[Finding]]:
        judge = self._judge(checked.folder)
        return lambda text: judge.shown_in(checked.document.unit_with(text))


def _is_left_out(document: Document, judge: Judge) -> bool:
    """Whether the configuration excludes the file."""
    namespace = judge.choice.namespace
    search = Search((), (*namespace.exclude, *namespace.extend_exclude))
    return not Path(document.path).is_dir() and not search.files([document.path])


def folder_of(path: str, folders: Sequence[str]) -> str:
    """The innermost of the editor's folders that a file lies in, or else its own."""
    above = [each for each in folders if path.startswith(each.rstrip(os.sep) + os.sep)]
    if above:
        return max(above, key=len)
    own = Path(path).parent
    return str(own if own.is_dir() else Path.cwd())
