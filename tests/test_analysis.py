"""The composition: which rules run, and what becomes of errors of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flake8_bn_eval import analysis, source
from flake8_bn_eval.analysis import Followed, analyse, concerned_rules
from flake8_bn_eval.facts import Facts
from flake8_bn_eval.findings import Finding, Note, Remark, Report, Span
from flake8_bn_eval.interpret.records import Recorder
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.lower.program import lower_module
from flake8_bn_eval.options import Options
from flake8_bn_eval.rules.base import Rule

TEXT = "f(x)\ng(x)  # alpha\n"
"""Places: 0 and 1 in the first line, 2 and 3 in the second."""


def made(code: str, *words: str, reports: Callable[[], Any] = list, default: bool = True) -> Rule:
    triggers = (words,) if words else ()
    return Rule(code, "a-rule", "0.1", triggers, default, __name__, lambda _: iter(reports()))


def failing() -> Iterator[Report]:
    yield Report(0, "an early report")
    raise KeyError("surprise")


UNANALYSED = made("BNE901")


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put other rules into place, and facts that nobody reads."""

    def place(*rules: Rule) -> None:
        monkeypatch.delenv(analysis.RAISE, raising=False)
        monkeypatch.setattr(analysis, "all_rules", lambda: rules)
        program = lower_module(TEXT, source.parse(TEXT))
        facts = Facts(Recorder, Knowledge.for_packages(frozenset(), Options()), program)
        followed = Followed(TEXT, facts, program.positions)
        monkeypatch.setattr(analysis, "follow", lambda text, **_: followed)

    return place


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_reports_become_findings_with_spans(use: Callable[..., None]) -> None:
    remarks = (Remark(0, "it began here", "since"),)
    use(made("BNE998", "alpha", reports=lambda: [Report(3, "is wrong", remarks, "mend it")]))
    (found,) = analyse(TEXT)
    note = Note(Span(1, 0, 1, 4), "it began here", "since")
    assert found == Finding(Span(2, 0, 2, 4), "BNE998", "a-rule", "is wrong", (note,), "mend it")
    assert found.headline == "is wrong (since line 1)"


def test_findings_are_sorted_and_unique(use: Callable[..., None]) -> None:
    reports = [Report(3, "b"), Report(3, "a"), Report(1, "c"), Report(3, "b", help="twice")]
    use(made("BNE998", "alpha", reports=lambda: reports))
    assert [(it.span.line, it.message) for it in analyse(TEXT)] == [(1, "c"), (2, "a"), (2, "b")]
    assert analyse(TEXT)[2].help is None


def test_a_rule_is_asked_only_where_its_triggers_occur(use: Callable[..., None]) -> None:
    one = made("BNE997", "alpha", reports=lambda: [Report(0, "one")])
    two = made("BNE998", "beta", reports=lambda: [Report(0, "two")])
    use(one, two, UNANALYSED)
    assert codes(analyse(TEXT)) == ["BNE997"]
    assert codes(analyse(TEXT + "beta\n")) == ["BNE997", "BNE998"]
    assert analyse("f(x)\ng(x)\n") == []


def test_codes_choose_the_rules(use: Callable[..., None]) -> None:
    one = made("BNE997", "alpha", reports=lambda: [Report(0, "one")])
    two = made("BNE998", "alpha", reports=lambda: [Report(0, "two")], default=False)
    use(one, two)
    assert codes(analyse(TEXT)) == ["BNE997"]
    assert codes(analyse(TEXT, options=Options(opt_in=frozenset({"BNE998"})))) == [
        "BNE997",
        "BNE998",
    ]
    assert codes(analyse(TEXT, codes={"BNE998"})) == ["BNE998"]
    assert analyse(TEXT, codes=()) == []


def test_a_rule_without_triggers_asks_for_no_file(use: Callable[..., None]) -> None:
    use(made("BNE998", "alpha"), UNANALYSED)
    assert concerned_rules("beta", [UNANALYSED]) == []
    assert concerned_rules("alpha", [UNANALYSED]) == [UNANALYSED]


def test_a_broken_rule_is_named_and_silences_no_other(use: Callable[..., None]) -> None:
    sound = made("BNE998", "alpha", reports=lambda: [Report(2, "two")])
    use(made("BNE997", "alpha", reports=failing), sound, UNANALYSED)
    broken, found = analyse(TEXT)
    assert (broken.code, found.code) == ("BNE901", "BNE998")
    assert broken.message == (
        "this file is not analysed: BNE997: internal error KeyError: 'surprise'"
    )


def test_under_the_tests_it_is_raised(
    use: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(made("BNE997", "alpha", reports=failing), UNANALYSED)
    monkeypatch.setenv(analysis.RAISE, "1")
    with pytest.raises(KeyError, match="surprise"):
        analyse(TEXT)


def test_under_the_tests_a_circle_of_our_own_is_raised_where_the_file_is_followed_and_judged(
    use: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def circle() -> Any:  # Python 3.13.0 counts only calls of what has no defaults
        return circle()

    def in_a_circle(*_: Any, **__: Any) -> Any:
        return circle()

    use(made("BNE997", "alpha", reports=in_a_circle), UNANALYSED)
    monkeypatch.setenv(analysis.RAISE, "1")
    with pytest.raises(RecursionError):
        analyse(TEXT)
    monkeypatch.setattr(analysis, "follow", in_a_circle)
    with pytest.raises(RecursionError):
        analyse(TEXT)


@pytest.mark.parametrize(
    ("error", "line", "reason"),
    [
        (KeyError("surprise"), 1, "internal error KeyError: 'surprise'"),
        (RecursionError(), 3, "its statements nest too deeply"),
        (source.UnparsableError(2, 5, "it is too long"), 2, "it is too long"),
    ],
)
def test_giving_up_is_one_finding(
    use: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    line: int,
    reason: str,
) -> None:
    use(made("BNE998", "alpha"), UNANALYSED)

    def follow(*_: Any, **__: Any) -> Followed:
        raise error

    monkeypatch.setattr(analysis, "follow", follow)
    (found,) = analyse(TEXT + "x = ((1 + 2) + 3) + f(y + z)\n")
    assert (found.code, found.span.line) == ("BNE901", line)
    assert found.message == f"this file is not analysed: {reason}"
    assert analyse(TEXT, codes={"BNE998"}) == []


def test_what_python_refuses_has_no_findings(
    use: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(made("BNE998", "alpha"), UNANALYSED)
    monkeypatch.setattr(analysis, "follow", lambda text, **_: source.parse(text))
    assert analyse("alpha (") == []
