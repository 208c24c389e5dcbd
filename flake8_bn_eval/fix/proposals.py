"""From findings to fixes: every kind of fix is asked, what it proposes becomes edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_bn_eval.findings import Finding, Fix
from flake8_bn_eval.fix.base import Change
from flake8_bn_eval.fix.edits import edits_between
from flake8_bn_eval.fix.kinds import kinds_for
from flake8_bn_eval.fix.site import DeclinedError, Site, Tree

NO_KIND = "there is no fix for this rule: see `bn-eval explain {}`"
NO_SHAPE = "no fix is known for this shape of it"


@dataclass(frozen=True, slots=True)
class Declined:
    """A finding that is not fixed, and why."""

    finding: Finding
    reason: str


def proposed(tree: Tree, finding: Finding) -> Iterator[Fix | Declined]:
    """All fixes for a finding that are known, the best first, and why there are no others."""
    kinds = kinds_for(finding.code)
    if not kinds:
        yield Declined(finding, NO_KIND.format(finding.code))
    reasons: list[str] = []
    known = False
    for kind in kinds:
        try:
            for change in kind(Site(tree, finding)):
                known = True
                yield _fix(tree.text, finding, change)
        except DeclinedError as declined:
            reasons.append(str(declined))
    if kinds and (reasons or not known):
        yield Declined(finding, "; ".join(reasons) or NO_SHAPE)


def _fix(text: str, finding: Finding, change: Change) -> Fix:
    return Fix(finding, change.title, change.safety, edits_between(text, change.text))
