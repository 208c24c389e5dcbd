"""The flake8 plugin: options from flake8, one line a finding.

flake8 itself reports files that Python refuses (E999) and decides which of the lines
are shown.  What this module adds: opt-in rules stay off unless asked for by their full
code, and rules that flake8 would not show anyway are not run.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from flake8.options.manager import OptionManager
from flake8.style_guide import Decision, DecisionEngine

from flake8_bn_eval import __version__
from flake8_bn_eval.analysis import analyse, enabled_rules, problems_of
from flake8_bn_eval.options import Options, declarations, from_namespace


class Plugin:
    """What flake8 makes for every file."""

    name: ClassVar[str] = "flake8-bn-eval"
    version: ClassVar[str] = __version__
    options: ClassVar[Options] = Options()
    codes: ClassVar[frozenset[str] | None] = None

    def __init__(self, tree: ast.Module, filename: str, lines: list[str]) -> None:
        """Keep what flake8 hands over; nothing is done before `run`."""
        self.tree = tree
        self.filename = filename
        self.lines = lines

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        """Declare the options; each may stand in a configuration file."""
        for _, declaration in declarations():
            if declaration.is_switch:
                manager.add_option(
                    declaration.flag,
                    action="store_true",
                    help=declaration.help,
                    parse_from_config=True,
                )
                continue
            manager.add_option(
                declaration.flag,
                type=declaration.read,
                metavar=declaration.metavar,
                default=declaration.default,
                help=declaration.help,
                parse_from_config=True,
                comma_separated_list=declaration.names_files,
                normalize_paths=declaration.names_files,
            )

    @classmethod
    def parse_options(
        cls, manager: OptionManager, namespace: argparse.Namespace, _arguments: list[str]
    ) -> None:
        """Read the options, and what flake8 was told to select."""
        options = from_namespace(namespace)
        problems = problems_of(options)
        if problems:
            manager.parser.error("\nargument ".join(["", *problems]).strip())
        named = {*(namespace.select or ()), *(namespace.extend_select or ())}
        cls.options = replace(options, opt_in=options.opt_in | named)
        shown = DecisionEngine(namespace)
        cls.codes = frozenset(
            rule.code
            for rule in enabled_rules(cls.options)
            if shown.decision_for(rule.code) is Decision.Selected
        )

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """Line, column, text and type of every finding."""
        for finding in analyse(
            "".join(self.lines),
            filename=self.filename,
            options=self.options,
            tree=self.tree,
            codes=self.codes,
        ):
            text = f"{finding.code} {finding.headline}"
            yield finding.span.line, finding.span.column, text, type(self)
