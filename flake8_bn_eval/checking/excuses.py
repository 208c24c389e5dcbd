"""Where flake8 looks for ``noqa``: the whole statement's lines, as flake8 finds them."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterable

from flake8.processor import FileProcessor

from flake8_bn_eval.findings import Finding


class Excuses:
    """The comments of one text that excuse findings."""

    def __init__(self, path: str, text: str, namespace: argparse.Namespace) -> None:
        """Nothing is read of a text in which the word does not occur."""
        self._processor: FileProcessor | None = None
        if "noqa" in text.casefold():
            heeding = argparse.Namespace(**vars(namespace) | {"disable_noqa": False})
            lines = io.StringIO(text).readlines()
            self._processor = FileProcessor(path, heeding, lines=lines)

    @property
    def excuse_all(self) -> bool:
        """Whether flake8 leaves the file alone."""
        return self._processor is not None and bool(self._processor.should_ignore_file())

    def lines(self, findings: Iterable[Finding]) -> list[str]:
        """The text that flake8 searches for each finding."""
        if self._processor is None:
            return ["" for _ in findings]
        return [self._processor.noqa_line_for(it.span.line) or "" for it in findings]
