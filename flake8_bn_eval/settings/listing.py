"""All settings of a run as ``[tool.bn-eval]`` would have them, whatever they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flake8.utils import parse_files_to_codes_mapping

from flake8_bn_eval.configuration.choice import Choice
from flake8_bn_eval.files.discovery import Search
from flake8_bn_eval.options import declarations


def listing(choice: Choice, search: Search, cache_dir: str | None) -> list[str]:
    """A line of TOML for each setting."""
    settings = _settings(choice, search, cache_dir)
    return [f"{key} = {_written(value)}" for key, value in settings]


def _settings(
    choice: Choice, search: Search, cache_dir: str | None
) -> Iterator[tuple[str, object]]:
    namespace = choice.namespace
    if namespace.select is not None:
        yield "select", namespace.select
    yield "extend-select", namespace.extend_select or ()
    yield "ignore", [*(namespace.ignore or ()), *(namespace.extend_ignore or ())]
    yield "exclude", search.exclude
    yield "per-file-ignores", dict(parse_files_to_codes_mapping(namespace.per_file_ignores))
    yield "all-files", search.all_files
    if cache_dir is not None:
        yield "cache-dir", cache_dir
    if choice.table is not None and choice.table.baseline is not None:
        yield "baseline", choice.table.baseline
    for name, declaration in declarations():
        value = getattr(choice.options, name)
        if name == "torch_version":
            yield declaration.key, ".".join(map(str, value))
        elif value != "":
            yield declaration.key, value


def _written(value: object) -> str:
    """A value of TOML, which writes texts, numbers and truth as JSON does."""
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key)} = {_written(it)}" for key, it in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple | frozenset):
        each_once = sorted(value) if isinstance(value, frozenset) else dict.fromkeys(value)
        return f"[{', '.join(map(_written, each_once))}]"
    return json.dumps(value if isinstance(value, bool | int) else str(value))
