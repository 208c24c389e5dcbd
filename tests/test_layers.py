"""A module imports only from the layers to its left, and few touch libcst or flake8."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import flake8_bn_eval

PACKAGE = Path(flake8_bn_eval.__file__).parent
LAYERS = """
flow findings lazily process resolution options operations variables modes knowledge interpret facts
rules source names lower project fix files notebooks report analysis configuration flake8_plugin
settings checking flake8_formatters server cli __main__
""".split()
ALLOWED = {
    "libcst": {"process", "source", "names", "lower", "fix"},
    "flake8": {
        "files", "configuration", "flake8_plugin", "settings", "checking", "flake8_formatters",
    },
    "rich": {"report", "cli"},
    "pygls": {"server"},
    "lsprotocol": {"server"},
    "pathspec": {"files"},
    "torch": set(),
}


def test_a_module_imports_only_from_the_layers_to_its_left() -> None:
    ours = [(layer, name.split(".")[1]) for layer, name in imports() if "flake8_bn_eval." in name]
    assert not {
        (layer, imported)
        for layer, imported in ours
        if layer not in ("__init__", imported) and LAYERS.index(imported) >= LAYERS.index(layer)
    }


def test_few_layers_touch_other_packages_and_none_torch() -> None:
    theirs = [(layer, name.split(".")[0]) for layer, name in imports()]
    assert not {
        (layer, package) for layer, package in theirs if layer not in ALLOWED.get(package, {layer})
    }


def imports() -> Iterator[tuple[str, str]]:
    """The layer of every import statement of the package, and the dotted name it imports."""
    for path in sorted(PACKAGE.rglob("*.py")):
        layer = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((layer, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are absolute"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                yield from ((layer, name) for name in names if not name.endswith("__version__"))


def test_finding_the_rules_imports_neither_the_parser_nor_the_interpreter() -> None:
    """flake8 does it in every process, for files that never concern a rule."""
    program = (
        "import sys\nfrom flake8_bn_eval.rules import all_rules\nall_rules()\n"
        "heavy = {'libcst', 'flake8_bn_eval.interpret', 'flake8_bn_eval.facts'}\n"
        "print(sorted(heavy & {*sys.modules}))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=PACKAGE.parent, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "[]\n"
