"""The flake8 plugin: options from flake8 and ``[tool.bn-eval]``, one line a finding.

flake8 itself reports files that Python refuses (E999) and decides which of the lines
are shown.  What this module adds: opt-in rules stay off unless asked for by their full
code, and rules that flake8 would not show anyway are not run.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from flake8.options.manager import OptionManager

from flake8_bn_eval import __version__, source
from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.configuration.choice import Choice, choose
from flake8_bn_eval.configuration.section import ConfigurationError
from flake8_bn_eval.configuration.table import table_above
from flake8_bn_eval.findings import Note, flake8_texts, where_in_file
from flake8_bn_eval.options import OptionError, argparse_arguments, declarations


class Plugin:
    """What flake8 makes for every file."""

    name: ClassVar[str] = "flake8-bn-eval"
    version: ClassVar[str] = __version__
    choice: ClassVar[Choice]

    def __init__(self, tree: ast.Module, filename: str, lines: list[str]) -> None:
        """Keep what flake8 hands over; nothing is done before `run`."""
        self.tree = tree
        self.filename = filename
        self.lines = lines

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        """Declare the options; each may stand in a configuration file."""
        for _, declaration in declarations():
            arguments = argparse_arguments(declaration)
            if declaration.names_files:
                arguments |= {"comma_separated_list": True, "normalize_paths": True}
            manager.add_option(declaration.flag, parse_from_config=True, **arguments)

    @classmethod
    def parse_options(
        cls, manager: OptionManager, namespace: argparse.Namespace, _arguments: list[str]
    ) -> None:
        """Read the options, and what flake8 was told to select."""
        # flake8 keeps to itself that it was told to read no configuration.
        isolated = "--isolated" in sys.argv
        try:
            table = None if isolated else table_above(os.getcwd())  # noqa: PTH109 - costs less
            cls.choice = choose(namespace, table)
        except ConfigurationError as error:
            manager.parser.error(str(error))
        except OptionError as error:
            manager.parser.error(f"argument {error}".replace("\n", "\nargument "))

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """Line, column, text and type of every finding."""
        findings = analyse(
            "".join(self.lines),
            filename=self.filename,
            options=self.choice.options,
            tree=self.tree,
            codes=self.choice.codes_in(self.filename),
        )
        texts = flake8_texts(findings, self._where() if findings else where_in_file)
        for finding, text in zip(findings, texts, strict=True):
            yield finding.span.line, finding.span.column, text, type(self)

    def _where(self) -> Callable[[Note], str]:
        """What names the lines of notes: nbqa hands over a notebook as a file of Python."""
        if not self.lines[0].startswith(source.NBQA_SEPARATOR):
            return where_in_file
        from flake8_bn_eval.notebooks.nbqa import where_for_nbqa  # noqa: PLC0415

        return where_for_nbqa(self.filename, self.lines)
