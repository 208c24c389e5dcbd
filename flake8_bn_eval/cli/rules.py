"""``bn-eval rules``: a line for each rule."""

from __future__ import annotations

from collections.abc import Sequence

from flake8_bn_eval.cli.outcome import CLEAN, parser
from flake8_bn_eval.rules import all_rules


def main(arguments: Sequence[str]) -> int:
    """Print every rule."""
    parser("rules", "List the rules.").parse_args(arguments)
    for rule in all_rules():
        print(f"{rule.code} {rule.name} {'on' if rule.default else 'opt-in'} {rule.page.summary}")
    return CLEAN
