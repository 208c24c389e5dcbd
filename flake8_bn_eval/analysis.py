"""From text to findings: every front end calls this and nothing below it.

The parser and the interpreter are imported only for a file that some rule may concern,
because importing them costs more than most runs of flake8 take; so is what only they need.
What this module does not know: files, command lines, and how a finding is printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_bn_eval import source
from flake8_bn_eval.findings import Finding, Note, Remark, Report, Span
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.options import Options
from flake8_bn_eval.process import (
    deep_recursion,
    with_room_for_frames,
    without_garbage_collection,
)
from flake8_bn_eval.project.projects import Project
from flake8_bn_eval.rules import all_rules
from flake8_bn_eval.rules.base import Rule

if TYPE_CHECKING:
    import ast

    from flake8_bn_eval.facts import Facts
    from flake8_bn_eval.interpret.records import Recorder
    from flake8_bn_eval.operations import Place, Position
    from flake8_bn_eval.project.together import Together

Elsewhere = Callable[["Place"], tuple[str, Span]]
"""The file and the span of a place of another file."""

UNANALYSED = "BNE901"
RAISE = "BNE_RAISE"
"""Environment variable: with it an error of our own is raised and no finding."""

BEGINNING = Span(1, 0, 1, 0)


@dataclass(frozen=True)
class Followed:
    """What is known of a file, before any rule: the facts, and where their places are."""

    text: str
    facts: Facts
    positions: Sequence[Position]
    """Of every place of the file."""
    base: Place = 0
    """The first place of the file."""
    elsewhere: Elsewhere | None = None
    """Where the places of other files are."""

    @cached_property
    def spans(self) -> list[Span]:
        """The span of every place."""
        return source.spans(self.text, self.positions)

    def is_here(self, place: Place) -> bool:
        """Whether a place is one of this file."""
        from flake8_bn_eval.operations import file_of  # noqa: PLC0415

        return file_of(place) == self.base

    def span(self, place: Place) -> Span:
        """Where a place of this file is; a file without any has only its beginning."""
        return self.spans[place - self.base] if self.spans else BEGINNING

    def note(self, remark: Remark) -> Note:
        """A remark about a place of this file or of another one."""
        if self.is_here(remark.place) or self.elsewhere is None:
            return Note(self.span(remark.place), remark.message, remark.short)
        path, span = self.elsewhere(remark.place)
        return Note(span, remark.message, remark.short, path)

    def line(self, place: int) -> int:
        """The line of a place, from 1."""
        return self.span(place).line


def analyse(
    text: str,
    *,
    filename: str | None = None,
    options: Options | None = None,
    tree: ast.Module | None = None,
    codes: Collection[str] | None = None,
    watch: Callable[[Project], None] = lambda project: None,
) -> list[Finding]:
    """The findings of one file, in the order of the text.

    ``text`` is the source as one string.  ``filename`` is where it belongs: other files of
    that project are read, unless it is missing or ``options.single_file`` is set.  ``tree``
    is the `ast` of the text, if the caller has it.  ``codes`` names the rules to run; without
    it they are those on by default and those in ``options.opt_in``.  ``watch`` is given the
    project before anything is asked of it, and may look afterwards what was.

    Text that Python itself refuses has no findings.  Nothing is written.  Several threads may
    call this at once; `process` says what is changed for all of them meanwhile.
    """
    options = options or Options()
    project = Project.around(filename, text, options)
    if project is not None:
        watch(project)
    enabled, left_out = enabled_rules(options, codes), list[Finding]()
    try:
        rules = concerned_rules(text, enabled, project)
    except Exception as error:  # ours, not the user's: what the file itself says still counts
        rules, project = concerned_rules(text, enabled), None
        left_out = _said_once(rules, BEGINNING, _left_out(error))
    if not rules:
        return []
    with without_garbage_collection():
        judged = partial(_judged, text, rules, options, tree, project, left_out)
        findings = with_room_for_frames(judged)
    unique = {(found.span, found.code, found.message): found for found in reversed(findings)}
    return [unique[key] for key in sorted(unique)]


def _judged(
    text: str,
    rules: list[Rule],
    options: Options,
    tree: ast.Module | None,
    project: Project | None,
    left_out: list[Finding],
) -> list[Finding]:
    """What the rules find; everything else is garbage when this has returned."""
    try:
        followed = follow(text, options=options, tree=tree, project=project)
    except source.RefusedByPythonError:
        return []
    except source.UnparsableError as error:
        place = Span(error.line, error.column, error.line, error.column)
        return _unanalysed(rules, place, error.message)
    except RecursionError as error:
        return _too_deep(rules, text, error)
    except Exception as error:  # ours, not the user's: the run over other files goes on
        return _unanalysed(rules, BEGINNING, _internal_error(error))
    # Whether the analysis gave up is known when the other rules have asked.
    in_turn = sorted(rules, key=lambda rule: rule.code == UNANALYSED)
    with deep_recursion():
        found = [finding for rule in in_turn for finding in _findings(rule, rules, followed)]
    return found + left_out


def follow(
    text: str,
    *,
    filename: str | None = None,
    options: Options | None = None,
    tree: ast.Module | None = None,
    project: Project | None = None,
) -> Followed:
    """What the facts of a file rest on; modes and gradients are followed when one is asked for.

    Raises `source.UnparsableError` for text that is not parsed or nests too deeply.
    """
    from flake8_bn_eval.facts import Facts  # noqa: PLC0415
    from flake8_bn_eval.interpret.run import interpret  # noqa: PLC0415
    from flake8_bn_eval.knowledge.lookup import Knowledge  # noqa: PLC0415
    from flake8_bn_eval.project.neighbours import ProjectNeighbours  # noqa: PLC0415
    from flake8_bn_eval.project.programs import lowered  # noqa: PLC0415
    from flake8_bn_eval.project.together import Together  # noqa: PLC0415

    options = options or Options()
    project = project or Project.around(filename, text, options)
    with deep_recursion():
        program = lowered("" if project is None else project.path, text, tree)
    knowledge = Knowledge.for_packages(program.imported, options)
    interpreting, elsewhere, neighbours = partial(interpret, program, knowledge), None, None
    if project is not None:
        neighbours = ProjectNeighbours(project)
        together = Together(project, program, knowledge, interpreting)
        interpreting, elsewhere = partial(_followed_together, together), together.span
    path = "" if project is None else project.path
    facts = Facts(deep_recursion()(interpreting), knowledge, program, options, neighbours, path)
    return Followed(text, facts, program.positions, program.base, elsewhere)


def _followed_together(together: Together) -> Recorder:
    """What is seen with other files, and of the file alone where that goes wrong."""
    try:
        return together.recorder()
    except Exception as error:  # ours, not the user's: what the file itself says still counts
        seen = together.alone
        seen.failures.append(Remark(together.program.base, _left_out(error)))
        return seen


def enabled_rules(options: Options, codes: Collection[str] | None = None) -> list[Rule]:
    """The rules of the codes given, or those on by default and those opted in."""
    if codes is not None:
        return [rule for rule in all_rules() if rule.code in codes]
    return [rule for rule in all_rules() if rule.default or rule.code in options.opt_in]


def problems_of(options: Options) -> list[str]:
    """What no analysis can use: codes that no rule has, no directory, tables with a mistake."""
    unknown = sorted(options.opt_in - {rule.code for rule in all_rules()})
    problems = [f"--bne-opt-in: no such rule: {', '.join(unknown)}"] if unknown else []
    if options.project_root and not Path(options.project_root).is_dir():
        problems.append(f"--bne-project-root: {options.project_root} is no directory")
    if options.knowledge:
        from flake8_bn_eval.knowledge.lookup import mistakes  # noqa: PLC0415

        problems += [f"--bne-knowledge: {mistake}" for mistake in mistakes(options)]
    return problems


def concerned_rules(text: str, rules: list[Rule], project: Project | None = None) -> list[Rule]:
    """The rules that may fire, none if the file need not be parsed.

    A rule without triggers runs on every file that is parsed and never asks for it; when
    only such rules are wanted, the default rules say which files those are.
    """
    asking = [rule for rule in rules if rule.triggers]
    asking = asking or ([rule for rule in all_rules() if rule.default] if rules else [])
    elsewhere = (lambda: "") if project is None else (lambda: project.telling_text)
    occurring = cache(lambda triggers: source.may_concern(text, triggers, elsewhere))
    concerned = {
        rule.code
        for rule in asking
        if project is not None
        and rule.also
        and occurring(rule.also)
        or rule.triggers
        and occurring(rule.triggers)
    }
    if not concerned:
        return []
    return [rule for rule in rules if not rule.triggers or rule.code in concerned]


def _findings(rule: Rule, rules: list[Rule], followed: Followed) -> list[Finding]:
    try:
        return [
            _finding(rule, report, followed)
            for report in rule(followed.facts)
            if followed.is_here(report.place)
        ]
    except RecursionError as error:
        return _too_deep(rules, followed.text, error)
    except Exception as error:  # one broken rule does not silence the others
        reason = _internal_error(error)
        if not followed.facts.gave_up:
            reason = f"{rule.code}: {reason}"
        return _unanalysed(rules, BEGINNING, reason)


def _finding(rule: Rule, report: Report, followed: Followed) -> Finding:
    notes = tuple(followed.note(remark) for remark in report.remarks)
    span = followed.span(report.place)
    return Finding(span, rule.code, rule.name, report.message, notes, report.help)


def _unanalysed(rules: list[Rule], span: Span, reason: str) -> list[Finding]:
    """The one finding about a file that was not analysed, if that rule is enabled."""
    return _said_once(rules, span, f"this file is not analysed: {reason}")


def _said_once(rules: list[Rule], span: Span, message: str) -> list[Finding]:
    return [
        Finding(span, rule.code, rule.name, message) for rule in rules if rule.code == UNANALYSED
    ]


def _too_deep(rules: list[Rule], text: str, error: RecursionError) -> list[Finding]:
    """It may be the file that is too deep, or ourselves going in a circle."""
    _raise_for_tests(error)
    with deep_recursion():
        line = source.depth(source.parse(text))[1]
    return _unanalysed(rules, Span(line, 0, line, 0), "its statements nest too deeply")


def _left_out(error: Exception) -> str:
    return f"other files of the project are left out: {_internal_error(error)}"


def _internal_error(error: Exception) -> str:
    """Name an error of our own."""
    _raise_for_tests(error)
    return f"internal error {type(error).__name__}: {error}"


def _raise_for_tests(error: Exception) -> None:
    """The tests see an error of our own instead of a finding about it."""
    if os.environ.get(RAISE):
        raise error
