"""From the bytes of a file to what is reported of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flake8_bn_eval import source
from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.checking.cache import Cache, Key
from flake8_bn_eval.checking.excuses import Excuses
from flake8_bn_eval.checking.fingerprints import fingerprints
from flake8_bn_eval.checking.records import Found, Record
from flake8_bn_eval.configuration.choice import Choice
from flake8_bn_eval.files.units import STDIN, InputError, Unit, read_bytes, read_unit
from flake8_bn_eval.findings import Finding, Fix
from flake8_bn_eval.project.projects import Project
from flake8_bn_eval.report.results import FileResult, Reported


@dataclass(frozen=True)
class Judge:
    """Judges files, one after the other."""

    choice: Choice
    cache: Cache | None = None
    wants_fixes: bool = False
    unsaved: Mapping[str, str] = field(default_factory=dict)
    """Texts of files by their absolute paths, newer than what is on disk."""

    @property
    def stdin_name(self) -> str:
        """What standard input is called."""
        return str(self.choice.namespace.stdin_display_name)

    def unused(self) -> Judge:
        """The same judge before it has judged anything, for another process."""
        cache = None if self.cache is None else Cache(self.cache.folder)
        return Judge(self.choice.unused(), cache, self.wants_fixes)

    def known(self, path: str) -> FileResult | None:
        """What is reported of a file if the cache has it; this never costs more than reading."""
        if self.cache is None or path == STDIN:
            return None
        try:
            unit = read_unit(path, read_bytes(path))
        except InputError as error:
            return _unread(path, error)
        record = self.cache.find(self._key(unit))
        if record is None or (self.wants_fixes and record.found):  # fixes are not kept
            return None
        return self._shown(unit, record)

    def judge(self, path: str) -> FileResult:
        """What is reported of a file."""
        name = self.stdin_name if path == STDIN else path
        try:
            unit = read_unit(name, read_bytes(path))
        except InputError as error:
            return _unread(name, error)
        cache = None if path == STDIN else self.cache
        record = None if cache is None else cache.find(self._key(unit))
        if record is None:
            asked: list[Project] = []
            record = self._found(unit, asked)
            if cache is not None and not any(project.was_late for project in asked):
                cache.keep(self._key(unit), record, asked[0].tree if asked else None)
        return self._shown(unit, record)

    def result_of(self, unit: Unit) -> FileResult:
        """What is reported of a text that need not be that of its file.  Nothing is kept."""
        return self._shown(unit, self._found(unit, []))

    def shown_in(self, unit: Unit) -> list[Finding]:
        """What is shown of a text; an `InputError` where Python refuses it.  Nothing is kept."""
        record = self._found(unit, [])
        if record.refusal:
            raise InputError(f"{unit.path}:{record.refusal}")
        if record.is_excused and not self.choice.namespace.disable_noqa:
            return []
        return [each.finding for each in record.found if self._is_shown(unit.path, each)]

    def _key(self, unit: Unit) -> Key:
        return Key(unit.path, unit.text, self.choice.options, self.choice.codes)

    def _found(self, unit: Unit, asked: list[Project]) -> Record:
        try:
            tree = source.parse(unit.text)
        except source.RefusedByPythonError as error:
            return Record(refusal=f"{error.line}:{error.column + 1}: {error.message}")
        except source.UnparsableError:
            tree = None

        def watch(project: Project) -> None:
            asked.append(project)
            project.tree.give(self.unsaved)

        findings = analyse(
            unit.text,
            filename=unit.path,
            options=self.choice.options,
            tree=tree,
            codes=self.choice.codes,
            watch=watch,
        )
        if not findings:
            return Record()
        excuses = Excuses(unit.path, unit.text, self.choice.namespace)
        marks = fingerprints(unit.text, findings)
        found = zip(findings, marks, excuses.lines(findings), strict=True)
        return Record(tuple(Found(*each) for each in found), excuses.excuse_all)

    def _shown(self, unit: Unit, record: Record) -> FileResult:
        """What flake8 shows of what was found."""
        problems = list(unit.problems)
        if record.refusal:
            problems.append(f"{unit.path}:{record.refusal}")
        if record.is_excused and not self.choice.namespace.disable_noqa:
            return FileResult(Unit(unit.path, ""), problems=tuple(problems))
        shown = [each for each in record.found if self._is_shown(unit.path, each)]
        if not shown:
            return FileResult(Unit(unit.path, ""), problems=tuple(problems))
        place = self._key(unit).place
        fixes = self._fixes(unit, [each.finding for each in shown])
        reported = (Reported(it.finding, it.fingerprint, fixes.get(it.finding)) for it in shown)
        root = "" if place is None else place.root
        return FileResult(unit, tuple(reported), tuple(problems), root)

    def _fixes(self, unit: Unit, findings: list[Finding]) -> dict[Finding, Fix]:
        """Fixes that were tried out; none for a file of which the text is only a part."""
        if not self.wants_fixes or unit.cells:
            return {}
        from flake8_bn_eval.fix import fixes_for  # noqa: PLC0415 - costs what libcst costs

        def shown(text: str) -> list[Finding]:
            return self.shown_in(replace(unit, text=text))

        made = fixes_for(unit.text, findings, analyse=shown)
        return {fix.finding: fix for fix in made}

    def _is_shown(self, path: str, found: Found) -> bool:
        span, finding = found.finding.span, found.finding
        return bool(
            self.choice.guides.handle_error(
                finding.code, path, span.line, span.column, finding.message, found.noqa_line
            )
        )


def _unread(path: str, error: InputError) -> FileResult:
    return FileResult(Unit(path, ""), problems=(str(error),))
