"""The generated pages are fresh, the links lead somewhere, and each rule has a good page."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_bn_eval.rules import all_rules
from flake8_bn_eval.rules.base import Rule
from flake8_bn_eval.rules.page import parse_page

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(python|output)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN_BY_HAND = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXECUTED = [page for page in WRITTEN_BY_HAND if "```python\n" in page.read_text(encoding="utf-8")]
each_rule = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)


def test_generated_pages_are_fresh_and_links_lead_somewhere() -> None:
    done = subprocess.run(
        [sys.executable, "docs/build.py", "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_is_reached_from_the_navigation_of_the_site() -> None:
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r": ([\w/-]+\.md)$", site, re.MULTILINE))
    docs = ROOT / "docs"
    assert named == {str(page.relative_to(docs).as_posix()) for page in docs.rglob("*.md")}


def test_ci_runs_what_the_readme_says() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = re.findall(r"^```sh\n(.*?)\n```$", readme, re.MULTILINE | re.DOTALL)
    assert len(commands) == 2
    assert all(command in ci for command in commands)


@pytest.mark.parametrize("page", EXECUTED, ids=lambda page: page.stem)
def test_the_fences_of_a_page_print_what_stands_below_them(
    page: Path, request: pytest.FixtureRequest
) -> None:
    """All Python fences are one program; ``pytest --update`` rewrites the output fences."""
    text = page.read_text(encoding="utf-8")
    executed = with_outputs(text)
    if request.config.getoption("--update"):
        page.write_text(executed, encoding="utf-8")
    else:
        assert executed == text


def with_outputs(text: str) -> str:
    """A page with its Python fences executed and its output fences as they should be."""
    names: dict[str, object] = {"__name__": "a page"}
    printed = io.StringIO()

    def execute(fence: re.Match[str]) -> str:
        if fence[1] == "output":
            shown = printed.getvalue()
            printed.seek(0)
            printed.truncate()
            return f"```output\n{shown}```"
        assert not printed.getvalue(), f"it prints, and no output fence says what:\n{fence[2]}"
        with contextlib.redirect_stdout(printed):
            exec(compile(fence[2], "<a page>", "exec"), names)
        return fence[0]

    return FENCE.sub(execute, text)


@each_rule
def test_a_page_demands_findings_of_its_rule(rule: Rule) -> None:
    examples = [example for example in rule.page.examples if example.section == "Example"]
    demanded = {code for example in examples for _, code in example.expected}
    assert rule.code in demanded or not rule.triggers


@each_rule
def test_a_name_is_lower_case_words(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert re.fullmatch(r"BNE\d{3}", rule.code)
    assert rule.page.summary.endswith(".")


def test_a_page_without_its_sections_is_refused() -> None:
    with pytest.raises(ValueError, match="Example"):
        parse_page("A summary.\n\n## Why it matters\n\nIt does.\n")
    with pytest.raises(ValueError, match="Prof"):
        parse_page(page("Prof"))


def test_examples_know_what_they_demand() -> None:
    text = "```python\nx = 1  # BNE101\ny = 2  # BNE101, BNE201\n```"
    (example,) = parse_page(page("Proof", example=text)).examples
    assert example.expected == ((1, "BNE101"), (2, "BNE101"), (2, "BNE201"))
    assert not example.is_executed


def test_a_proof_is_executed() -> None:
    (example,) = parse_page(page("Proof", proof="```python\nassert True\n```")).examples
    assert example.is_executed


def page(last: str, example: str = "text", proof: str = "text") -> str:
    sections = {"Why it matters": "text", "Example": example, "Use instead": "text"}
    sections |= {"When not to fix": "text", last: proof}
    return "A summary.\n\n" + "".join(f"## {it}\n\n{text}\n\n" for it, text in sections.items())
