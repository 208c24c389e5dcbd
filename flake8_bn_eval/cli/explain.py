"""``bn-eval explain CODE``: the page of a rule."""

from __future__ import annotations

from collections.abc import Sequence

from flake8_bn_eval.cli.outcome import CLEAN, InputError, parser
from flake8_bn_eval.rules import all_rules, find_rule


def main(arguments: Sequence[str]) -> int:
    """Print the page of the rule that is named."""
    commands = parser("explain", "Print the page of a rule.")
    commands.add_argument("code", metavar="CODE", help="a code such as BNE101, or a rule's name")
    code = commands.parse_args(arguments).code
    rule = find_rule(code)
    if rule is None:
        known = ", ".join(rule.code for rule in all_rules())
        raise InputError(f"no rule {code}; there are {known}")
    state = "on by default" if rule.default else "opt-in"
    print(f"# {rule.code} {rule.name}\n\nSince {rule.since}, {state}.\n\n{rule.page.text}")
    return CLEAN
