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
flow findings lazily process resolution options operations wording variables modes knowledge
interpret facts rules source names lower project fix files notebooks report analysis configuration
flake8_plugin settings checking flake8_formatters server cli __main__
""".split()
ALLOWED = {
    "libcst": {"fix"},
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


def test_no_modules_import_each_other_when_they_run() -> None:
    """What is imported for its type alone ties nothing together."""
    modules = _modules()
    imported = {name: set(_run_time_imports(path, modules)) for name, path in modules.items()}
    while imported:
        free = {name for name, names in imported.items() if not names & imported.keys()}
        assert free, f"import circle among {sorted(imported)}"
        imported = {name: names for name, names in imported.items() if name not in free}


def _modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def _run_time_imports(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    waiting: list[list[ast.AST]] = [list(ast.parse(path.read_text(encoding="utf-8")).body)]
    while waiting:
        for node in waiting.pop():
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                continue
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield inner if inner in modules else str(node.module)
            waiting.append(list(ast.iter_child_nodes(node)))
