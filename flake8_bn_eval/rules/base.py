"""What a rule is: a pure function from facts to reports, and its page.

A rule module holds one function, decorated with `rule`, and a docstring that is the
rule's page (see `page`).  Nothing here runs a rule or knows which rules there are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_bn_eval.findings import Report
from flake8_bn_eval.rules.page import Page, parse_page
from flake8_bn_eval.rules.triggers import Triggers

if TYPE_CHECKING:
    from flake8_bn_eval.facts import Facts

LAST_OF_MODES = "BNE5"
"""Rules with smaller codes speak of modules that have a mode, or of gradients."""
GRADIENTS = ("BNE2",)
"""Rules that speak of recorded gradients."""

Check = Callable[["Facts"], Iterator[Report]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.  ``triggers``: the rule cannot fire unless one word of every group occurs.

    ``also`` are such groups for a file of a project: the rest may stand in other files.
    """

    code: str
    name: str
    since: str
    triggers: Triggers
    default: bool
    module: str
    check: Check
    also: Triggers = ()

    def __call__(self, facts: Facts) -> Iterator[Report]:
        """The reports of this rule; none where the frameworks of the file cannot have them."""
        if self.code < LAST_OF_MODES and not facts.has_modes:
            return iter(())
        if self.code[:4] in GRADIENTS and not facts.records_gradients:
            return iter(())
        return self.check(facts)

    @property
    def page(self) -> Page:
        """The rule's documentation, from the docstring of its module."""
        return parse_page(sys.modules[self.module].__doc__ or "")


def rule(
    code: str,
    name: str,
    *,
    since: str,
    triggers: Triggers,
    default: bool = True,
    also: Triggers = (),
) -> Callable[[Check], Rule]:
    """Make a rule of the function below; the name states the bad thing and names the file."""

    def decorate(check: Check) -> Rule:
        module = check.__module__
        if module.rpartition(".")[2] != name.replace("-", "_"):
            raise ValueError(f"rule {name} must stand in {name.replace('-', '_')}.py: {module}")
        return Rule(code, name, since, triggers, default, module, check, also)

    return decorate
