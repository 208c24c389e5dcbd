"""Whether a fix holds: its finding is gone after it, and no other has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.findings import Edit, Finding, Fix, Safety
from flake8_bn_eval.fix.edits import apply_edits
from flake8_bn_eval.fix.proposals import Declined, proposed
from flake8_bn_eval.fix.site import Tree

Analyse = Callable[[str], list[Finding]]
"""The findings of a text, as they are shown: without those that a comment excuses."""
Key = tuple[str, str, int]

NEEDS_UNSAFE = "there is a fix only with `--unsafe-fixes`: {}"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fix that holds, the text after it, and what is found there."""

    fix: Fix
    text: str
    findings: Sequence[Finding]


def tried_out(
    tree: Tree,
    finding: Finding,
    findings: Sequence[Finding],
    analyse: Analyse,
    *,
    unsafe: bool = True,
) -> Fixed | Declined:
    """The first fix that holds of those allowed, or why none does.

    ``findings`` are all of the text of the tree, the one to fix among them.
    """
    reasons: list[str] = []
    left_out: list[str] = []
    for proposal in proposed(tree, finding):
        if isinstance(proposal, Declined):
            reasons.append(proposal.reason)
        elif proposal.safety is Safety.UNSAFE and not unsafe:
            left_out.append(NEEDS_UNSAFE.format(proposal.title))
        else:
            result = _tried(tree.text, proposal, findings, analyse)
            if isinstance(result, Fixed):
                return result
            reasons.append(result)
    return Declined(finding, "; ".join([*dict.fromkeys(reasons), *left_out[:1]]))


def _tried(text: str, fix: Fix, findings: Sequence[Finding], analyse: Analyse) -> Fixed | str:
    """What the fix gives, or what is wrong with it."""
    repaired = apply_edits(text, fix.edits)
    try:
        source.parse(repaired)
    except source.UnparsableError as error:
        return f"dropped, to {fix.title}: the file would not parse: {error.message}"
    after = analyse(repaired)
    expected = Counter(_key(found, fix.edits) for found in findings)
    counted = Counter(_key(found) for found in after)
    target = _key(fix.finding, fix.edits)
    if counted[target] >= expected[target]:
        return f"dropped, to {fix.title}: the finding stays"
    brought = sorted(found for found in after if counted[_key(found)] > expected[_key(found)])
    if brought:
        other = brought[0]
        said = f"line {other.span.line}: {other.code} {other.headline}"
        return f"dropped, to {fix.title}: it brings another finding, {said}"
    return Fixed(fix, repaired, after)


def _key(finding: Finding, edits: Iterable[Edit] = ()) -> Key:
    """What makes a finding the same after edits: the rule, the message, the line."""
    line, column = finding.span.line, finding.span.column
    moved = sum(
        edit.replacement.count("\n") - (edit.span.end_line - edit.span.line)
        for edit in edits
        if (edit.span.end_line, edit.span.end_column) <= (line, column)
    )
    return finding.code, finding.message, line + moved
