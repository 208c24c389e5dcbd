"""Which rules run where: what flake8 was told, and what ``[tool.bn-eval]`` adds to it.

The command line comes first, then flake8's own configuration, then the table.  Lists of what
is left out are added up: what one of them leaves out stays out.
"""

from __future__ import annotations

import argparse
import copy
import logging
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from flake8.formatting.default import Nothing
from flake8.style_guide import Decision, DecisionEngine, StyleGuideManager
from flake8.utils import matches_filename

from flake8_bn_eval.analysis import enabled_rules, problems_of
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.options import CODE, OptionError, Options, from_namespace

if TYPE_CHECKING:
    from flake8_bn_eval.configuration.reading import Table

_BETWEEN = re.compile(r"[\s,:]")
_LOG = logging.getLogger(__name__)


class Choice:
    """What was asked for.

    ``codes`` are of the rules that may be shown in some file; ``namespace`` has flake8's
    options with those of the table.
    """

    def __init__(
        self,
        options: Options,
        codes: frozenset[str],
        namespace: argparse.Namespace,
        table: Table | None = None,
    ) -> None:
        self.options = options
        self.codes = codes
        self.namespace = namespace
        self.table = table

    def unused(self) -> Choice:
        """The same, without what it has made of it: for another process."""
        return Choice(self.options, self.codes, self.namespace, self.table)

    def codes_in(self, filename: str) -> frozenset[str]:
        """The codes of the rules that the table lets be shown in a file."""
        if self.table is None:
            return self.codes
        if self.table.exclude and self._is_excluded(filename, self.table):
            return frozenset()
        if not self.table.per_file_ignores:
            return self.codes
        guide = self.guides.style_guide_for(filename)
        return frozenset(
            code for code in self.codes if guide.should_report_error(code) is Decision.Selected
        )

    def check(self) -> None:
        """Let flake8 read what it reads last; its ExecutionError names a mistake."""
        self.guides.style_guide_for("")

    @cached_property
    def guides(self) -> StyleGuideManager:
        """What flake8 shows in which file."""
        return StyleGuideManager(self.namespace, Nothing(self.namespace))

    def _is_excluded(self, filename: str, table: Table) -> bool:
        """Whether a pattern names the file or a directory around it: flake8 skips those whole."""
        message = '"%(path)s" is %(whether)sleft out'
        path, top = os.path.abspath(filename), os.path.dirname(table.path)
        while path.startswith(top) and path != top:
            if matches_filename(path, table.exclude, message, _LOG):
                return True
            path = os.path.dirname(path)
        return False


def choose(namespace: argparse.Namespace, table: Table | None) -> Choice:
    """What flake8's options and the table ask for together.

    Raises `OptionError`, with a line for each mistake.
    """
    merged = namespace if table is None else _merged(namespace, table)
    options = from_namespace(namespace, None if table is None else table.options)
    problems = problems_of(options)
    if problems:
        raise OptionError("\n".join(problems))
    named = {*(merged.select or ()), *(merged.extend_select or ())}
    options = replace(options, opt_in=options.opt_in | {it for it in named if CODE.fullmatch(it)})
    shown = DecisionEngine(merged)
    codes = (rule.code for rule in enabled_rules(options))
    selected = frozenset(it for it in codes if shown.decision_for(it) is Decision.Selected)
    return Choice(options, selected, merged, table)


def _merged(namespace: argparse.Namespace, table: Table) -> argparse.Namespace:
    merged = copy.copy(namespace)
    if merged.select is None and table.select is not None:
        merged.select = list(table.select)
    merged.extend_select = [*(merged.extend_select or ()), *table.extend_select]
    merged.extend_ignore = [*(merged.extend_ignore or ()), *table.ignore]
    merged.extend_exclude = [*(merged.extend_exclude or ()), *table.exclude]
    theirs = merged.per_file_ignores
    # A path may hold what flake8 separates paths with: there any character does.
    ours = [f"{_BETWEEN.sub('?', it)}:{','.join(codes)}" for it, codes in table.per_file_ignores]
    merged.per_file_ignores = "\n".join([theirs] if isinstance(theirs, str) else theirs)
    merged.per_file_ignores = "\n".join([merged.per_file_ignores, *ours]).strip()
    return merged
