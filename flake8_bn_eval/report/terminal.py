"""The text report on a terminal: colours, and lines that end where the terminal does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult
from flake8_bn_eval.report.text import Kind, Line, finding_lines

if TYPE_CHECKING:
    from flake8_bn_eval.findings import Finding

INDENTATION = 4
_STYLES = {
    Kind.HEADLINE: "",
    Kind.CODE: "",
    Kind.MARKS: "bold red",
    Kind.MARKS_OF_NOTE: "cyan",
    Kind.NOTE: "",
    Kind.HELP: "green",
}
_HEADS = {Kind.HEADLINE: "bold", Kind.CODE: "dim", Kind.NOTE: "cyan", Kind.HELP: "bold green"}


class Terminal(Format):
    """The report for a console, whose width and colours count."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def of_file(self, result: FileResult) -> str:
        """The findings of a file, with the codes that the terminal understands."""
        return "".join(self._finding(result, finding) for finding in result.findings)

    def _finding(self, result: FileResult, finding: Finding) -> str:
        with self._console.capture() as captured:
            for line in finding_lines(result, finding, self._console.width):
                self._print(line, finding.code)
        return captured.get()

    def _print(self, line: Line, code: str) -> None:
        text = Text(line.text, style=_STYLES[line.kind])
        text.stylize(_HEADS.get(line.kind, ""), 0, line.head)
        if line.kind is Kind.HEADLINE:
            text.stylize("bold red", line.head + 1, line.head + 1 + len(code))
        elif line.kind not in (Kind.NOTE, Kind.HELP):
            self._console.print(text, no_wrap=True, overflow="crop", soft_wrap=True)
            return
        first, *more = text.wrap(self._console, self._console.width - INDENTATION) or [text]
        self._console.print(first, no_wrap=True, soft_wrap=True)
        for each in more:
            self._console.print(Text(" " * INDENTATION) + each, no_wrap=True, soft_wrap=True)
