"""Writes the generated pages: ``python docs/build.py``; ``--check`` only tells what is stale.

Generated are the outputs of the samples and the rules table in README.md, the first sample in
docs/index.md, the modules table in docs/how-it-works.md, the truth table in docs/batchnorm.md
(where PyTorch is installed), a page for each rule, the pages of options and of knowledge.  Both
ways, every relative link of every page must lead somewhere.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from itertools import groupby
from pathlib import Path

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.files.units import Unit
from flake8_bn_eval.findings import flake8_texts
from flake8_bn_eval.knowledge.rows import (
    Argument,
    CallableRow,
    Child,
    Condition,
    LayerRow,
    MethodRow,
    RemovedRow,
)
from flake8_bn_eval.knowledge.schema import Table, read_table
from flake8_bn_eval.options import declarations
from flake8_bn_eval.report.results import FileResult, Reported
from flake8_bn_eval.report.text import Text
from flake8_bn_eval.rules import all_rules
from flake8_bn_eval.rules.base import Rule

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PACKAGE = ROOT / "flake8_bn_eval"
TABLES = PACKAGE / "knowledge"
GENERATED = "<!-- Written by docs/build.py. -->\n\n"
Row = CallableRow | MethodRow | LayerRow | RemovedRow
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Write the pages that differ, or name them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    checking: bool = parser.parse_args().check
    wanted = dict(pages())
    stale = [path for path, text in wanted.items() if not path.exists() or _read(path) != text]
    surplus = [path for path in (DOCS / "rules").glob("*.md") if path not in wanted]
    for path in stale + surplus:
        print(f"{path.relative_to(ROOT)}: {'stale' if checking else 'written'}")
    if not checking:
        _write(stale, wanted, surplus)
    broken = list(broken_links())
    print(*broken, sep="\n", end="\n" if broken else "")
    return 1 if broken or (checking and (stale or surplus)) else 0


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated page with its text."""
    rules = all_rules()
    readme = between(_read(ROOT / "README.md"), "rules", rules_table(rules))
    readme = between(readme, "sample", f"```text\n{sample_output()}```")
    yield ROOT / "README.md", with_first(readme)
    yield DOCS / "index.md", with_first(_read(DOCS / "index.md"))
    how = DOCS / "how-it-works.md"
    yield how, between(_read(how), "modules", modules_table())
    if importlib.util.find_spec("torch") is not None:
        yield DOCS / "batchnorm.md", between(_read(DOCS / "batchnorm.md"), "table", truth_table())
    for rule in rules:
        yield DOCS / "rules" / f"{rule.code}.md", rule_page(rule)
    yield DOCS / "options.md", GENERATED + options_page()
    yield DOCS / "knowledge.md", GENERATED + knowledge_page()


def between(page: str, mark: str, text: str) -> str:
    """The page with the text between two of its marks."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, rest = page.split(begin)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}"


def rules_table(rules: tuple[Rule, ...]) -> str:
    """A line for each rule."""
    rows = [
        f"| [{rule.code}](docs/rules/{rule.code}.md) | {rule.name} "
        f"| {'yes' if rule.default else 'opt-in'} | {rule.page.summary} |"
        for rule in rules
    ]
    return "\n".join(["| code | name | on | what it reports |", "| --- | --- | --- | --- |", *rows])


def truth_table() -> str:
    """What batch norm does, measured."""
    import batchnorm_table  # noqa: PLC0415 - it needs PyTorch

    return str(batchnorm_table.table())


def modules_table() -> str:
    """A line for each module that is no rule: the first sentence of its docstring."""
    is_rule = {rule.module.rpartition(".")[2] for rule in all_rules()}
    modules = [path for path in PACKAGE.rglob("*.py") if path.stem not in is_rule]
    rows = [
        f"| `{path.relative_to(PACKAGE).with_suffix('').as_posix()}` | {_first_sentence(path)} |"
        for path in sorted(modules)
        if not path.stem.startswith("__")
    ]
    return "\n".join(["| module | what it is |", "| --- | --- |", *rows])


def _first_sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(_read(path)))
    if docstring is None:
        sys.exit(f"{path.relative_to(ROOT)}: a module without a docstring")
    return " ".join(docstring.split("\n\n")[0].split()).replace("``", "`").split(". ")[0]


def with_first(page: str) -> str:
    """A page with a few lines of code, and with what flake8 says of them."""
    text = _read(DOCS / "first.py")
    findings = analyse(text)
    told = (
        f"first.py:{it.span.line}:{it.span.column + 1}: {said}"
        for it, said in zip(findings, flake8_texts(findings), strict=True)
    )
    page = between(page, "first", f"```py\n{text}```")
    return between(page, "said", "```text\n{}\n```".format("\n".join(told)))


def sample_output() -> str:
    """What ``bn-eval check docs/sample.py`` prints."""
    text = _read(DOCS / "sample.py")
    reported = tuple(Reported(finding, "") for finding in analyse(text))
    return Text().of_file(FileResult(Unit("docs/sample.py", text), reported))


def rule_page(rule: Rule) -> str:
    """The page of a rule: its docstring under a title."""
    state = "On by default." if rule.default else "Opt-in: name its full code to switch it on."
    title = f"# {rule.code} {rule.name}"
    return f"{GENERATED}{title}\n\n{rule.page.text}\n\n---\n\n{state} Since {rule.since}.\n"


def options_page() -> str:
    """Every option as it is declared."""
    parts = ["# Options\n\nOn the command line of flake8 and of `bn-eval`, in the `[flake8]`"]
    parts.append(" section of a configuration file without the leading dashes, or in\n")
    parts.append("[`[tool.bn-eval]`](configuration.md) without the leading `--bne-`.\n")
    for _, option in declarations():
        default = f"`{option.default}`" if option.default else "none"
        usage = option.flag if option.is_switch else f"{option.flag}={option.metavar}"
        no = option.flag.replace("--", "--no-", 1)
        switch = f"A switch: off by default, and with `{no}`."
        ending = switch if option.is_switch else f"Default: {default}."
        parts.append(f"\n## `{usage}`\n\n{option.help} {ending}\n")
    return "".join(parts)


def knowledge_page() -> str:
    """Every row of every table, rows with the same facts together."""
    parts = [
        "# What is known of libraries\n\n"
        "A callable without a row is unknown, and so is everything it may do to a module. The\n"
        "keys are explained in `flake8_bn_eval/knowledge/rows.py`.\n"
    ]
    for path in sorted(TABLES.glob("*.toml")):
        table = read_table(path)
        if table.callables or table.methods or table.layers:
            parts.append(f"\n## {path.stem}\n\n| names | facts | source |\n| --- | --- | --- |\n")
            parts += [f"{row}\n" for row in _rows_of(table)]
    return "".join(parts)


def _rows_of(table: Table) -> Iterator[str]:
    rows: list[Row] = [*table.callables.values(), *table.methods.values()]
    rows += [*table.layers.values(), *table.removed.values()]
    for (facts, source), group in groupby(rows, key=lambda row: (_facts(row), row.source)):
        names = ", ".join(f"`{_shown_name(row)}`" for row in group)
        yield f"| {names} | {facts} | {source.replace('|', '/')} |"


def _shown_name(row: Row) -> str:
    return f"{row.receiver}.{row.name}" if isinstance(row, MethodRow) else row.name


def _facts(row: Row) -> str:
    skipped = ("name", "source", "receiver")
    facts = [(it.name, getattr(row, it.name), it.default) for it in fields(row)]
    told = [
        f"{name}={_shown(value)}"
        for name, value, default in facts
        if name not in skipped and value != default
    ]
    return ", ".join(told) or "unknown"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " and ".join(map(_shown_item, value))
    return str(value).lower()


def _shown_item(item: object) -> str:
    match item:
        case Condition():
            return f"{item.parameter} > {item.above:g}"
        case Child():
            return item.name if item.sensitive == "yes" else f"{item.name} (sensitive=no)"
        case Argument():
            return item.parameter
    raise TypeError(f"not shown: {type(item).__name__}")


def broken_links() -> Iterator[str]:
    """Relative links that lead nowhere, in every page that people read."""
    for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]:
        for target in LINK.findall(FENCE.sub("", _read(path))):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{path.relative_to(ROOT)}: broken link to {target}"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _write(stale: list[Path], wanted: dict[Path, str], surplus: list[Path]) -> None:
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    for path in surplus:
        path.unlink()


if __name__ == "__main__":
    sys.exit(main())
