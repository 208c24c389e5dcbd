"""``bn-eval explain CODE``: the page of a rule, rendered where somebody looks at it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flake8_bn_eval.cli.outcome import CLEAN, InputError, parser
from flake8_bn_eval.rules import all_rules, find_rule, url_of
from flake8_bn_eval.rules.base import Rule


def main(arguments: Sequence[str]) -> int:
    """Print the page of the rule that is named."""
    commands = parser("explain", "Print the page of a rule.")
    commands.add_argument("code", metavar="CODE", help="a code such as BNE101, or a rule's name")
    code = commands.parse_args(arguments).code
    rule = find_rule(code)
    if rule is None:
        known = ", ".join(rule.code for rule in all_rules())
        raise InputError(f"no rule {code}; there are {known}")
    page = _page(rule)
    if sys.stdout.isatty():
        _render(page)
    else:
        print(page)
    return CLEAN


def _page(rule: Rule) -> str:
    state = "on by default" if rule.default else "opt-in"
    title = f"# {rule.code} {rule.name}\n\nSince {rule.since}, {state}."
    return f"{title}\n\n{rule.page.text}\n\n---\n\nThis page: {url_of(rule.code)}"


def _render(page: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - only for those who look
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(page))
