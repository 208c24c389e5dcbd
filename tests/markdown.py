"""Markdown pages that are tests: parsing them, judging them, rewriting their output.

A page under ``tests/`` is a sequence of headings.  A heading with a program below it is
one test, and its text is the sentence that the test proves:

    ## `eval()` returns the module itself

    ```python
    net = model.eval()
    reveal_mode(net)  # mode: eval
    ```

The rules of the format:

- All ``python`` fences below one heading are **one program**, in their order, so prose can
  stand between its parts.  Line numbers count through the fences.
- ``reveal_mode(x)  # mode: eval | train`` and ``reveal_grad()  # grad: off`` state what the
  analysis must know there; the comment belongs to the line of the call.  A reveal without
  such a comment fails: an assertion that asserts nothing is a mistake.
- ``# BNE101`` at the end of a line demands a finding of that code on that line; several
  codes are separated by spaces, a code written twice demands two findings.  Every finding
  that is not demanded fails, whatever the page is about.
- An ``output`` fence demands the exact report, as flake8 prints it, without the path:
  ``line:column: CODE headline``, below it each note and the help, indented by four spaces.
  ``pytest --update`` rewrites these fences (run it without ``-n``).
- A ``python`` fence with ``title="models.py"`` is a file of its own.  All titled fences below
  one heading are one project; each file is judged in it, and is a test by itself.
- Where PyTorch is installed each program with a reveal is also executed, and what is
  revealed while it runs must be what the page asserts: see `tests.observation` for the
  names that stand for the unseen world.  ``<!-- not executed: reason -->`` below the
  heading spares a program.
- A comment ``# mode: eval | train (imprecise: why)`` admits that the analysis allows for more
  than can happen.  Without it an assertion that claims too much fails as well.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flake8_bn_eval.findings import Finding

HEADING = re.compile(r"(#{1,6})\s+(.*\S)\s*$")
FENCE = re.compile(r"(`{3,})\s*(\w*)(?:\s+title=\"([^\"]+)\")?\s*$")
NOT_EXECUTED = re.compile(r"<!--\s*not executed:\s*(.*?)\s*-->")
STATED = re.compile(r"#\s*(mode|grad):\s*([a-z |]+?)\s*(\(imprecise: .*\))?$")
CODE = re.compile(r"\bBNE\d{3}\b")
REVEAL = re.compile(r"\breveal_(mode|grad)\s*\(")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a comment says about a reveal: the values, and whether it admits to be imprecise."""

    kind: str
    values: frozenset[str]
    imprecise: bool

    def __str__(self) -> str:
        return f"{self.kind}: {written(self.values)}"


@dataclass(frozen=True, slots=True)
class Output:
    """An ``output`` fence: its text and the lines of the page between its marks."""

    text: str
    first_line: int
    last_line: int


@dataclass(slots=True)
class Program:
    """The test below one heading."""

    page: Path
    heading: str
    line: int
    source: list[str] = field(default_factory=list)
    page_lines: list[int] = field(default_factory=list)
    output: Output | None = None
    not_executed: str | None = None
    title: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    """The files of the project, by their paths, where this is one of them."""

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.source)

    @property
    def name(self) -> str:
        """The identifier of the test: folder and page, then the sentence."""
        return f"{self.page.parent.name}/{self.page.stem}: {self.heading}"

    @property
    def statements(self) -> dict[int, Statement]:
        """What is stated about the reveals, by program line."""
        return {
            line: Statement(found[1], values_of(found[2]), found[3] is not None)
            for line, comment in comments(self.text)
            if (found := STATED.search(comment))
        }

    @property
    def demanded(self) -> Counter[tuple[int, str]]:
        """How often a finding of a code is demanded on a program line."""
        return Counter(
            (line, code)
            for line, comment in comments(self.text)
            if not STATED.search(comment)
            for code in CODE.findall(comment)
        )

    def complain(self, line: int, expected: str, got: str) -> str:
        """One problem, with all that is needed to find it."""
        place = self.page_lines[line - 1] if 0 < line <= len(self.page_lines) else self.line
        shown = self.source[line - 1].strip() if 0 < line <= len(self.source) else ""
        return (
            f"{self.page}:{place}: {self.heading}\n"
            f"    {shown}\n    expected: {expected}\n    got:      {got}"
        )


def values_of(text: str) -> frozenset[str]:
    """The values of ``eval | train``."""
    return frozenset(value.strip() for value in text.split("|"))


def written(values: Iterable[str]) -> str:
    """Values as a reveal writes them."""
    return " | ".join(sorted(values))


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Every comment of a program with its line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def programs(page: Path) -> list[Program]:
    """The tests of a page, in its order."""
    found: list[Program] = []
    for program in _sections(page):
        if program.source:
            found.append(program)
        elif program.output is not None:
            raise ValueError(f"{page}:{program.line}: an output fence without a program")
    repeated = [name for name, count in Counter(p.heading for p in found).items() if count > 1]
    if repeated:
        raise ValueError(f"{page}: heading used twice: {repeated[0]}")
    return found


def _sections(page: Path) -> Iterator[Program]:
    lines = page.read_text(encoding="utf-8").splitlines()
    current = Program(page, page.stem, 1)
    heading_text, files = page.stem, dict[str, str]()
    index = 0
    while index < len(lines):
        heading, fence = HEADING.match(lines[index]), FENCE.match(lines[index])
        if heading:
            yield current
            heading_text, files = heading[2], {}
            current = Program(page, heading_text, index + 1)
        elif fence:
            end = _closing(page, lines, index, fence[1])
            if fence[3]:
                yield current
                name = f"{heading_text} ({fence[3]})"
                current = Program(page, name, index + 1, title=fence[3], files=files)
                current.not_executed = "a project of several files"
                files[fence[3]] = "".join(f"{line}\n" for line in lines[index + 1 : end])
            _add_fence(current, fence[2], lines, index + 1, end)
            index = end
        elif excuse := NOT_EXECUTED.search(lines[index]):
            current.not_executed = excuse[1]
        index += 1
    yield current


def _closing(page: Path, lines: Sequence[str], start: int, mark: str) -> int:
    for index in range(start + 1, len(lines)):
        if lines[index].strip() == mark:
            return index
    raise ValueError(f"{page}:{start + 1}: fence is never closed")


def _add_fence(program: Program, language: str, lines: list[str], start: int, end: int) -> None:
    body = lines[start:end]
    if language == "python":
        program.source += body
        program.page_lines += range(start + 1, end + 1)
    elif language == "output":
        text = "".join(f"{line}\n" for line in body)
        program.output = Output(text, start, end)


def reveal_problems(program: Program, revealed: Mapping[int, frozenset[str]]) -> Iterator[str]:
    """Reveals that do not say what the page states."""
    statements = program.statements
    for line, text in enumerate(program.source, 1):
        if REVEAL.search(text.partition("#")[0]) and line not in statements:
            got = written(revealed.get(line, frozenset({"nothing"})))
            yield program.complain(line, "a comment that states what is revealed", got)
    for line, statement in statements.items():
        if line not in revealed:
            yield program.complain(line, str(statement), "nothing: never reached, or no reveal")
        elif revealed[line] != statement.values:
            got = f"{statement.kind}: {written(revealed[line])}"
            yield program.complain(line, str(statement), got)


def finding_problems(program: Program, findings: Sequence[Finding]) -> Iterator[str]:
    """Findings that are missing and findings that nobody demands."""
    demanded = program.demanded
    reported = Counter((finding.span.line, finding.code) for finding in findings)
    for (line, code), count in sorted((demanded - reported).items()):
        yield program.complain(line, f"{code}{_times(count)}", _codes_of_line(reported, line))
    for (line, code), count in sorted((reported - demanded).items()):
        said = next(f for f in findings if (f.span.line, f.code) == (line, code))
        got = f"{code}{_times(count)}\n{_indented(report([said]))}"
        yield program.complain(line, _codes_of_line(demanded, line), got)


def _times(count: int) -> str:
    return "" if count == 1 else f", {count} times"


def _codes_of_line(counter: Counter[tuple[int, str]], line: int) -> str:
    codes = sorted(code for (where, code), count in counter.items() if where == line and count)
    return " ".join(codes) or "no finding"


def _indented(text: str) -> str:
    return "".join(f"        {line}\n" for line in text.splitlines()).rstrip("\n")


def report(findings: Sequence[Finding]) -> str:
    """Findings as an ``output`` fence holds them."""
    return "".join(line for finding in sorted(findings) for line in _report_lines(finding))


def _report_lines(finding: Finding) -> Iterator[str]:
    span = finding.span
    yield f"{span.line}:{span.column + 1}: {finding.code} {finding.headline}\n"
    for note in finding.notes:
        path = f"{note.path}:" if note.path else ""
        yield f"    {path}{note.span.line}:{note.span.column + 1}: {note.message}\n"
    if finding.help is not None:
        yield f"    help: {finding.help}\n"


def output_problems(program: Program, findings: Sequence[Finding]) -> Iterator[str]:
    """An ``output`` fence that is not what is reported."""
    if program.output is not None and program.output.text != report(findings):
        yield (
            f"{program.page}:{program.output.first_line}: {program.heading}\n"
            f"    expected output:\n{_indented(program.output.text)}\n"
            f"    got:\n{_indented(report(findings))}"
        )


def rewrite_output(program: Program, findings: Sequence[Finding]) -> bool:
    """Put what is reported into the page; tells whether that changed it."""
    fresh = next(p for p in programs(program.page) if p.heading == program.heading)
    text = report(findings)
    if fresh.output is None or fresh.output.text == text:
        return False
    lines = fresh.page.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[fresh.output.first_line : fresh.output.last_line] = [text]
    fresh.page.write_text("".join(lines), encoding="utf-8")
    return True
