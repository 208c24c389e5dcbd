"""All fixes of one text, one after the other, each tried out before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.findings import Finding, Fix, Span
from flake8_bn_eval.fix.edits import moved_line
from flake8_bn_eval.fix.proposals import Declined
from flake8_bn_eval.fix.site import File
from flake8_bn_eval.fix.trial import Analyse, Fixed, tried_out

Wanted = Callable[[Finding], bool]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text after its fixes.

    ``fixes`` are in the order in which they were made, each against the text that the one
    before gave.  The findings in ``declined`` stand in ``text``, so do those in ``remaining``,
    which is all that is found there, wanted or not.
    """

    text: str
    fixes: tuple[Fix, ...]
    declined: tuple[Declined, ...]
    remaining: tuple[Finding, ...]

    @property
    def lines(self) -> list[int]:
        """The line in ``text`` of what each fix repaired."""
        return [self._line(number) for number in range(len(self.fixes))]

    def _line(self, number: int) -> int:
        span = self.fixes[number].finding.span
        for fix in self.fixes[number:]:
            line = moved_line(span, fix.edits)
            span = Span(line, span.column, line + span.end_line - span.line, span.end_column)
        return span.line


def repair(
    text: str,
    analyse: Analyse,
    *,
    unsafe: bool = False,
    wanted: Wanted = lambda finding: True,
) -> Repaired:
    """Fix the wanted findings of a text, and say of the others why they are not fixed.

    It ends because each fix leaves one finding less, and what it gives it leaves as it is
    when it is done again.  Text that is not parsed stays as it is.
    """
    findings: Sequence[Finding] = analyse(text)
    fixes: list[Fix] = []
    while True:
        result = _first_that_holds(text, findings, analyse, unsafe=unsafe, wanted=wanted)
        if not isinstance(result, Fixed):
            return Repaired(text, tuple(fixes), tuple(result), tuple(findings))
        fixes.append(result.fix)
        text, findings = result.text, result.findings


def _first_that_holds(
    text: str, findings: Sequence[Finding], analyse: Analyse, *, unsafe: bool, wanted: Wanted
) -> Fixed | list[Declined]:
    pending = [finding for finding in findings if wanted(finding)]
    declined: list[Declined] = []
    if not pending:
        return declined
    try:
        file = File(text)
    except source.UnparsableError as error:
        return [Declined(each, f"the file is not parsed: {error.message}") for each in pending]
    for finding in pending:
        result = tried_out(file, finding, findings, analyse, unsafe=unsafe)
        if isinstance(result, Fixed):
            return result
        declined.append(result)
    return declined
