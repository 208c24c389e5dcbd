"""Repairing what is found: from findings to edits of the text.

`fixes_for` is the door for whoever shows fixes (editors, SARIF), `repair` the one for
whoever makes them.  Importing this costs what libcst costs.  What this package does not
know: the analysis, which is handed in, files other than one text, and command lines.
"""

from __future__ import annotations

from collections.abc import Iterable

from flake8_bn_eval import source
from flake8_bn_eval.findings import Finding, Fix
from flake8_bn_eval.fix.edits import apply_edits
from flake8_bn_eval.fix.proposals import Declined, proposed
from flake8_bn_eval.fix.repair import Repaired, repair
from flake8_bn_eval.fix.site import File
from flake8_bn_eval.fix.trial import Analyse, Fixed, tried_out

__all__ = ["Analyse", "Declined", "Repaired", "apply_edits", "fixes_for", "repair"]


def fixes_for(
    text: str, findings: Iterable[Finding], *, analyse: Analyse | None = None
) -> list[Fix]:
    """At most one fix for each finding, safe and unsafe ones, each against the text as it is.

    ``findings`` are all of ``text``, which is what was analysed (`source.decode`).  With
    ``analyse`` a fix is given only if its finding is gone after it and no other has come,
    which costs an analysis a fix; without it nothing is tried out.  A text that is not parsed
    has no fixes.
    """
    found = list(findings)
    try:
        file = File(text)
    except source.UnparsableError:
        return []
    if analyse is None:
        first = (next(proposed(file, each)) for each in found)
        return [fix for fix in first if isinstance(fix, Fix)]
    tried = (tried_out(file, each, found, analyse) for each in found)
    return [fix for each in tried if isinstance(each, Fixed) for fix in each.fixes]
