"""Sums up what was decided in records, by code."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.wild.records import Record, Verdict


def table(records: Sequence[Record]) -> list[str]:
    """A Markdown table: how many of each verdict, and the share that a maintainer would act on."""
    verdicts: dict[str, Counter[Verdict | None]] = defaultdict(Counter)
    for record in records:
        for place in record.places:
            verdicts[place.code][place.verdict] += 1
    total = sum(verdicts.values(), Counter[Verdict | None]())
    rows = [*sorted(verdicts.items()), ("all", total)]
    return [
        "| code | act | harmless | false | no verdict yet | would act |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(code, counts) for code, counts in rows),
    ]


def _row(code: str, counts: Counter[Verdict | None]) -> str:
    judged = sum(count for verdict, count in counts.items() if verdict is not None)
    share = f"{counts[Verdict.ACT] / judged:.0%}" if judged else "-"
    cells = [counts[each] for each in (Verdict.ACT, Verdict.HARMLESS, Verdict.FALSE, None)]
    return f"| {code} | {' | '.join(map(str, cells))} | {share} |"
