"""What is said at the end of a run."""

from __future__ import annotations

from collections import Counter

from flake8_bn_eval.rules import find_rule


def statistics(codes: Counter[str]) -> str:
    """A line for each rule that was reported, with how often, as flake8 prints it."""
    lines = []
    for code in sorted(codes):
        rule = find_rule(code)
        lines.append(f"{codes[code]:<5} {code} {rule.page.summary if rule else ''}\n")
    return "".join(lines)


def summary(codes: Counter[str], files: int, with_findings: int, unread: int, known: int) -> str:
    """How many findings there are in how many files, and where more is said.

    ``unread`` counts files that could not be judged, ``known`` findings of the baseline.
    """
    count = codes.total()
    parts = [f"{_counted(count, 'finding')} in {_files(files, with_findings)}"]
    if known:
        parts.append(f"{_counted(known, 'known finding')} of the baseline not shown")
    if unread:
        parts.append(f"{_counted(unread, 'problem')} named above")
    if count:
        parts.append(f"`bn-eval explain {min(codes)}` tells more about the first rule")
    return "; ".join(parts)


def _files(files: int, with_findings: int) -> str:
    if not with_findings:
        return _counted(files, "file")
    return f"{with_findings} of {files} files"


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
