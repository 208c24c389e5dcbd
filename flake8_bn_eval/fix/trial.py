"""Whether a fix holds: its finding is gone after it, and no other has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.findings import Edit, Finding, Fix, Safety
from flake8_bn_eval.fix.edits import apply_edits, moved_line
from flake8_bn_eval.fix.kinds import is_local
from flake8_bn_eval.fix.proposals import Declined, proposed
from flake8_bn_eval.fix.site import File

Analyse = Callable[[str], list[Finding]]
"""The findings of a text, as they are shown: without those that a comment excuses.

It may raise `UnwritableError` for a text that the file cannot have.
"""
Key = tuple[str, str, int]

NEEDS_UNSAFE = "there is a fix only with `--unsafe-fixes`: {}"


class UnwritableError(Exception):
    """A text that cannot be written into its file, such as a notebook; the message says why."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Fixes that hold, the text after them, and what is found there.

    Each fix is against the text that the one before it gives.
    """

    fixes: Sequence[Fix]
    text: str
    findings: Sequence[Finding]


def tried_out(
    file: File,
    finding: Finding,
    findings: Sequence[Finding],
    analyse: Analyse,
    *,
    unsafe: bool = True,
) -> Fixed | Declined:
    """The first fix that holds of those allowed, or why none does.

    ``findings`` are all of the file, the one to fix among them.
    """
    reasons: list[str] = []
    left_out: list[str] = []
    for proposal in proposed(file, finding):
        if isinstance(proposal, Declined):
            reasons.append(proposal.reason)
        elif proposal.safety is Safety.UNSAFE and not unsafe:
            left_out.append(NEEDS_UNSAFE.format(proposal.title))
        else:
            result = _tried(file.text, [proposal], findings, analyse)
            if isinstance(result, Fixed):
                return result
            reasons.append(f"dropped, to {proposal.title}: {result}")
    said = "; ".join([*dict.fromkeys(reasons), *left_out[:1]])
    return Declined(finding, said, needs_unsafe=bool(left_out))


def tried_together(
    file: File,
    wanted: Iterable[Finding],
    findings: Sequence[Finding],
    analyse: Analyse,
    *,
    unsafe: bool = True,
) -> Fixed | None:
    """All fixes at once of findings that depend on nothing but their places, if all hold.

    It saves an analysis a fix.  None are left, or there are too few to save anything.
    """
    first = (_first_allowed(file, each, unsafe=unsafe) for each in wanted if is_local(each.code))
    fixes = _apart(fix for fix in first if fix is not None)
    if len(fixes) < 2:
        return None
    result = _tried(file.text, fixes, findings, analyse)
    return result if isinstance(result, Fixed) else None


def key_of(finding: Finding, edits: Sequence[Edit] = ()) -> Key:
    """What makes a finding the same after edits: the rule, the message, the line."""
    return finding.code, finding.message, moved_line(finding.span, edits)


def _first_allowed(file: File, finding: Finding, *, unsafe: bool) -> Fix | None:
    for proposal in proposed(file, finding):
        if isinstance(proposal, Fix) and (unsafe or proposal.safety is Safety.SAFE):
            return proposal
    return None


def _apart(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes of one edit that touch no other, the last in the text first.

    In that order each of them is against the text that the one before it gives.
    """
    ordered = sorted(
        (fix for fix in fixes if len(fix.edits) == 1), key=lambda fix: fix.edits[0], reverse=True
    )
    chosen: list[Fix] = []
    for fix in ordered:
        span = fix.edits[0].span
        following = chosen[-1].edits[0].span if chosen else None
        if following is None or (span.end_line, span.end_column) < (
            following.line,
            following.column,
        ):
            chosen.append(fix)
    return chosen


def _tried(
    text: str, fixes: Sequence[Fix], findings: Sequence[Finding], analyse: Analyse
) -> Fixed | str:
    """What fixes of one text give, or what is wrong with them."""
    edits = [edit for fix in fixes for edit in fix.edits]
    repaired = apply_edits(text, edits)
    try:
        source.parse(repaired)
    except source.UnparsableError as error:
        return f"the file would not parse: {error.message}"
    try:
        after = analyse(repaired)
    except UnwritableError as error:
        return str(error)
    expected = Counter(key_of(found, edits) for found in findings)
    counted = Counter(key_of(found) for found in after)
    targets = Counter(key_of(fix.finding, edits) for fix in fixes)
    if any(counted[key] > expected[key] - number for key, number in targets.items()):
        return "the finding stays"
    brought = [found for found in after if counted[key_of(found)] > expected[key_of(found)]]
    if brought:
        other = min(brought, key=lambda found: (found.span, found.code))
        return f"it brings another finding, line {other.span.line}: {other.code} {other.headline}"
    return Fixed(fixes, repaired, after)
