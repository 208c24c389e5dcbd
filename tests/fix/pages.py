"""Pages of fixes: a program, what safe fixes make of it, what all make of it, and why not more.

Below a heading and a ``python`` fence, which is a test of the analysis as well (see
`tests.markdown`), stand at least one of

- a ``safe`` fence: the program after its safe fixes; without one it stays as it is,
- an ``unsafe`` fence: the program after all fixes; without one it is as after the safe ones,
- a ``declined`` fence: ``line: CODE reason`` for what is left then, in that order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flake8_bn_eval.fix.repair import Repaired

HEADING = re.compile(r"^## (.+)\n", re.MULTILINE)
FENCE = re.compile(r"^```(python|safe|unsafe|declined)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """The test below one heading."""

    page: Path
    heading: str
    fences: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.page.stem}: {self.heading}"

    @property
    def text(self) -> str:
        return self.fences["python"]

    @property
    def safe(self) -> str:
        return self.fences.get("safe", self.text)

    @property
    def unsafe(self) -> str:
        return self.fences.get("unsafe", self.safe)

    @property
    def declined(self) -> str:
        return self.fences.get("declined", "")


def cases(page: Path) -> list[Case]:
    """The tests of a page."""
    _, *parts = HEADING.split(page.read_text(encoding="utf-8"))
    return [
        Case(page, heading, dict(FENCE.findall(body)))
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    ]


def declined_lines(repaired: Repaired) -> str:
    """What a ``declined`` fence holds."""
    return "".join(
        f"{each.finding.span.line}: {each.finding.code} {each.reason}\n"
        for each in repaired.declined
    )


def rewrite(case: Case, safe: str, unsafe: str, declined: str) -> None:
    """Put what is done into the page, in the place of all fences below the program."""
    fences = {"safe": safe, "unsafe": unsafe, "declined": declined}
    superfluous = {"safe": case.text, "unsafe": safe, "declined": ""}
    written = [
        f"\n```{kind}\n{text}```\n" for kind, text in fences.items() if text != superfluous[kind]
    ]
    page = case.page.read_text(encoding="utf-8")
    start = page.index(f"```python\n{case.text}```\n", page.index(f"## {case.heading}\n"))
    start += len(f"```python\n{case.text}```\n")
    following = HEADING.search(page, start)
    end = following.start() if following else len(page)
    separator = "\n" if following else ""
    case.page.write_text(page[:start] + "".join(written) + separator + page[end:], encoding="utf-8")
