"""A rule's page: the docstring of its module, which is Markdown.

The first paragraph is the summary; ``## Heading`` lines begin the sections.  Python
fences are examples and are tested: a line that ends in ``# BNE101`` demands exactly
that finding on that line, and a fence without such a comment demands silence.  The
fences of the section *Proof* are executed instead.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

SECTIONS = ("Why it matters", "Example", "Use instead", "When not to fix", "Proof")
REQUIRED = SECTIONS[:4]
EXECUTED = "Proof"

_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPECTED = re.compile(r"#\s*(BNE\d{3}(?:,\s*BNE\d{3})*)\s*$")


@dataclass(frozen=True, slots=True)
class Example:
    """A Python fence of a page, with the codes that it demands by line, counted from 1."""

    section: str
    text: str
    expected: tuple[tuple[int, str], ...]

    @property
    def is_executed(self) -> bool:
        """Whether it is a proof, to be run, and no example, to be analysed."""
        return self.section == EXECUTED


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of a page; ``text`` is the whole of it."""

    text: str
    summary: str
    sections: tuple[tuple[str, str], ...]

    @property
    def examples(self) -> list[Example]:
        """The Python fences of all sections, in order."""
        return [
            Example(title, match[1], expected_findings(match[1]))
            for title, body in self.sections
            for match in _FENCE.finditer(body)
        ]


def parse_page(docstring: str) -> Page:
    """The page that a docstring is; an unknown or missing section is a ValueError."""
    text = inspect.cleandoc(docstring)
    preface, *pieces = _HEADING.split(text)
    titles, bodies = pieces[::2], pieces[1::2]
    unknown = [title for title in titles if title not in SECTIONS]
    missing = [title for title in REQUIRED if title not in titles]
    if unknown or missing or not preface.strip():
        raise ValueError(f"a rule's page: {unknown=} {missing=} summary={preface.strip()!r}")
    sections = tuple(zip(titles, (body.strip() for body in bodies), strict=True))
    return Page(text, " ".join(preface.split("\n\n")[0].split()), sections)


def expected_findings(text: str) -> tuple[tuple[int, str], ...]:
    """The ``# BNE101`` comments at the ends of lines."""
    return tuple(
        (number, code)
        for number, line in enumerate(text.split("\n"), start=1)
        if (match := _EXPECTED.search(line))
        for code in re.split(r",\s*", match[1])
    )
