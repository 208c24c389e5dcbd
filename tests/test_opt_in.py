"""Opt-in rules: only the full code switches one on, whatever else is selected or ignored."""

from __future__ import annotations

import argparse

import pytest
from flake8.options.manager import OptionManager

from flake8_bn_eval import analysis
from flake8_bn_eval.flake8_plugin import Plugin
from flake8_bn_eval.rules.base import Rule

OPT_IN, DEFAULT = "BNE998", "BNE999"
DEFAULT_IGNORE = ["E121", "W503"]


def made(code: str, *, default: bool) -> Rule:
    return Rule(code, "a-rule", "0.1", (("torch",),), default, __name__, lambda facts: iter(()))


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (made(OPT_IN, default=False), made(DEFAULT, default=True))
    monkeypatch.setattr(analysis, "all_rules", lambda: rules)


def enabled(**chosen: list[str] | str) -> set[str]:
    manager = OptionManager(version="7", plugin_versions="", parents=[], formatter_names=[])
    asked = {"bne_opt_in": frozenset(chosen.get("opt_in", []))}
    namespace = argparse.Namespace(
        select=chosen.get("select"),
        extend_select=chosen.get("extend_select"),
        ignore=chosen.get("ignore"),
        extend_ignore=None,
        extended_default_select=["BNE", "C90", "E", "F", "W"],
        extended_default_ignore=[],
        isolated=True,
        **asked,
    )
    Plugin.parse_options(manager, namespace, [])
    return set(Plugin.choice.codes)


def test_the_family_does_not_switch_it_on() -> None:
    assert enabled() == {DEFAULT}
    assert enabled(select=["BNE"]) == {DEFAULT}
    assert enabled(select=["BNE9", "BNE99"]) == {DEFAULT}
    assert enabled(select=["BNE"], ignore=["E"]) == {DEFAULT}


def test_its_full_code_does() -> None:
    assert enabled(select=[OPT_IN]) == {OPT_IN}
    assert enabled(select=["BNE", OPT_IN]) == {OPT_IN, DEFAULT}
    assert enabled(extend_select=[OPT_IN]) == {OPT_IN, DEFAULT}
    assert enabled(select=["BNE"], extend_select=[OPT_IN], ignore=["E"]) == {OPT_IN, DEFAULT}


def test_the_option_does() -> None:
    assert enabled(opt_in=[OPT_IN]) == {OPT_IN, DEFAULT}
    assert enabled(select=["BNE"], opt_in=[OPT_IN]) == {OPT_IN, DEFAULT}


def test_what_flake8_would_not_show_is_not_run() -> None:
    assert enabled(select=["E"]) == set()
    assert enabled(ignore=["BNE"]) == set()
    assert enabled(select=["E"], opt_in=[OPT_IN]) == set()
