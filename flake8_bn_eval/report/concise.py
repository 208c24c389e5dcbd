"""One line a finding, the very line that flake8 prints."""

from __future__ import annotations

from flake8_bn_eval.findings import flake8_texts
from flake8_bn_eval.report.formats import Format
from flake8_bn_eval.report.results import FileResult


class Concise(Format):
    """``file.py:3:1: BNE101 what is wrong: what helps``."""

    def of_file(self, result: FileResult) -> str:
        """The lines of a file."""
        texts = flake8_texts(result.findings, result.where)
        return "".join(
            f"{result.path}:{result.place(finding.span)}: {text}\n"
            for finding, text in zip(result.findings, texts, strict=True)
        )
