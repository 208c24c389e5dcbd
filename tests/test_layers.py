"""A module imports only from the layers to its left, and few touch libcst or flake8."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import flake8_bn_eval

PACKAGE = Path(flake8_bn_eval.__file__).parent
LAYERS = """
flow findings options operations modes knowledge interpret facts rules source names lower
project fix report analysis cli flake8_plugin __main__
""".split()
ALLOWED = {
    "libcst": {"source", "names", "lower", "fix"},
    "flake8": {"cli", "flake8_plugin"},
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
