"""What is fixed and how: the pages of this folder, and every example of every rule."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.findings import Finding, Safety
from flake8_bn_eval.fix import fixes_for
from flake8_bn_eval.fix.edits import apply_edits
from flake8_bn_eval.fix.kinds import all_kinds, kinds_for
from flake8_bn_eval.fix.repair import repair
from flake8_bn_eval.rules import all_rules
from tests.fix.pages import Case, cases, declined_lines, rewrite

CASES = [case for page in sorted(Path(__file__).parent.glob("*.md")) for case in cases(page)]
EXAMPLES = [
    (f"{rule.code} {number}", example.text)
    for rule in all_rules()
    for number, example in enumerate(rule.page.examples)
    if example.expected and not example.is_executed
]
CODE = re.compile(r"BNE\d{3}")
EVERY_CODE = frozenset(rule.code for rule in all_rules())


@pytest.fixture(autouse=True)
def errors_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of our own would otherwise be a reason to decline."""
    monkeypatch.setenv("BNE_RAISE", "1")


def analysed(text: str) -> list[Finding]:
    """All findings, those of opt-in rules as well."""
    return analyse(text, codes=EVERY_CODE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_program_is_fixed_as_the_page_says(case: Case, request: pytest.FixtureRequest) -> None:
    safe, unsafe = repair(case.text, analyse), repair(case.text, analyse, unsafe=True)
    if request.config.getoption("--update"):
        rewrite(case, safe.text, unsafe.text, declined_lines(unsafe))
        return
    assert safe.text == case.safe
    assert unsafe.text == case.unsafe
    assert declined_lines(unsafe) == case.declined


@pytest.mark.parametrize(
    "text",
    [*(text for _, text in EXAMPLES), *(case.text for case in CASES)],
    ids=[*(name for name, _ in EXAMPLES), *(case.name for case in CASES)],
)
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_each_finding_is_gone_or_declined_and_a_second_run_changes_nothing(
    text: str, *, unsafe: bool
) -> None:
    repaired = repair(text, analysed, unsafe=unsafe)
    ast.parse(repaired.text)
    assert list(repaired.remaining) == analysed(repaired.text)
    assert [each.finding for each in repaired.declined] == list(repaired.remaining)
    assert all(each.reason for each in repaired.declined)
    assert len(repaired.remaining) + len(repaired.fixes) <= len(analysed(text))
    assert unsafe or all(fix.safety is Safety.SAFE for fix in repaired.fixes)
    again = repair(repaired.text, analysed, unsafe=unsafe)
    assert again.text == repaired.text
    assert not again.fixes


@pytest.mark.parametrize("text", [text for _, text in EXAMPLES], ids=[name for name, _ in EXAMPLES])
def test_fixes_are_given_without_being_made(text: str) -> None:
    """What an editor shows: against the text as it is, one for each finding at most."""
    found = analysed(text)
    tried = fixes_for(text, found, analyse=analysed)
    assert len({fix.finding for fix in tried}) == len(tried)
    for fix in tried:
        assert fix.finding in found
        assert len(analysed(apply_edits(text, fix.edits))) < len(found)
    untried = fixes_for(text, found)
    assert {fix.finding for fix in tried} <= {fix.finding for fix in untried}


def test_what_is_no_python_has_no_fixes() -> None:
    found = analysed("model.eval\n")
    assert fixes_for("model.eval(\n", found) == []


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.propose.__module__)
def test_a_kind_repairs_findings_of_rules_that_there_are(kind: object) -> None:
    codes = {code for code in EVERY_CODE if kind in kinds_for(code)}
    assert codes == set(getattr(kind, "codes"))  # noqa: B009
    assert codes


def test_the_page_of_fixes_names_the_rules_that_have_one_and_those_that_have_none() -> None:
    page = (Path(__file__).parents[2] / "docs" / "fixes.md").read_text(encoding="utf-8")
    table = page.partition("<!-- fixes: begin -->")[2].partition("<!-- fixes: end -->")[0]
    below = page.partition("The other rules have no fix")[2].partition("\n\n")[0]
    fixed = {code for code in EVERY_CODE if kinds_for(code)}
    assert set(CODE.findall(table)) == fixed
    assert EVERY_CODE - fixed <= set(CODE.findall(below))
