"""``bn-eval rules``: all rules, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from flake8_bn_eval.cli.outcome import CLEAN, parser
from flake8_bn_eval.rules import all_rules, url_of
from flake8_bn_eval.rules.base import Rule


def main(arguments: Sequence[str]) -> int:
    """Print every rule."""
    commands = parser("rules", "List the rules.")
    commands.add_argument(
        "--output-format", choices=("text", "json"), default="text", help="default: %(default)s"
    )
    if commands.parse_args(arguments).output_format == "json":
        print(json.dumps([_as_data(rule) for rule in all_rules()], indent=2))
    elif sys.stdout.isatty():
        _render()
    else:
        width = max(len(rule.name) for rule in all_rules())
        for rule in all_rules():
            print(f"{rule.code}  {rule.name:{width}}  {_state(rule):6}  {rule.page.summary}")
    return CLEAN


def _as_data(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.page.summary,
        "default": rule.default,
        "since": rule.since,
        "url": url_of(rule.code),
    }


def _state(rule: Rule) -> str:
    return "on" if rule.default else "opt-in"


def _render() -> None:
    from rich import box  # noqa: PLC0415 - only for those who look
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("code", "name", "", "what it reports", box=box.SIMPLE)
    for rule in all_rules():
        table.add_row(rule.code, rule.name, _state(rule), rule.page.summary)
    Console().print(table)
