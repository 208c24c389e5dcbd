"""The rules, one module each, found by looking into this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from flake8_bn_eval.rules.base import Rule

DOCUMENTATION = "https://flake8-bn-eval.readthedocs.io/en/latest"
"""Where the documentation is published: what ``project.urls`` of the package says too."""

_NO_RULES = frozenset({"base", "page", "triggers"})


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    rules = [_rule_of(name) for name in names if name not in _NO_RULES]
    codes = [rule.code for rule in rules]
    if len(set(codes)) < len(codes):
        raise ValueError(f"two rules with one code: {sorted(codes)}")
    return tuple(sorted(rules, key=lambda rule: rule.code))


def _rule_of(name: str) -> Rule:
    module = importlib.import_module(f"{__name__}.{name}")
    rule: object = getattr(module, "check", None)
    if not isinstance(rule, Rule):
        raise TypeError(f"{module.__name__} has no function `check` decorated with @rule")
    return rule


def url_of(code: str) -> str:
    """The page of a rule, where the documentation is published."""
    return f"{DOCUMENTATION}/rules/{code}/"


def find_rule(code: str) -> Rule | None:
    """The rule of a code or a name."""
    wanted = code.casefold()
    return next((rule for rule in all_rules() if wanted in (rule.code.casefold(), rule.name)), None)
