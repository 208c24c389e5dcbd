"""All fixes of one text, one after the other, each tried out before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.findings import Finding, Fix
from flake8_bn_eval.fix.proposals import Declined
from flake8_bn_eval.fix.site import File
from flake8_bn_eval.fix.trial import Analyse, Fixed, tried_out

Wanted = Callable[[Finding], bool]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text after its fixes.

    The findings in ``fixes`` stand where they stood when each was made, the edits as well;
    those in ``declined`` stand in ``text``.  ``remaining`` is all that is found there, with
    the findings that were not wanted.
    """

    text: str
    fixes: tuple[Fix, ...]
    declined: tuple[Declined, ...]
    remaining: tuple[Finding, ...]


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
