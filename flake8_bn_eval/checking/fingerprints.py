"""What stays the same of a finding when lines move: how baselines and services know it again."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from flake8_bn_eval import source
from flake8_bn_eval.findings import Finding

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def fingerprints(text: str, findings: Sequence[Finding]) -> list[str]:
    """A fingerprint for each finding of a text, in their order, no two alike.

    It is made of the rule, the line without its indentation, the function or class that the
    line is in, and a number for those that are alike in all of this.
    """
    if not findings:
        return []
    lines = source.split_lines(text)
    scopes = list(_scopes(text))
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for finding in findings:
        line = finding.span.line
        written = " ".join(lines[line - 1].split()) if line <= len(lines) else ""
        key = finding.code, finding.rule, _enclosing(scopes, line), written
        seen[key] += 1
        parts = "\0".join([*key, str(seen[key])])
        found.append(blake2b(parts.encode(errors="surrogatepass"), digest_size=16).hexdigest())
    return found


def _enclosing(scopes: list[tuple[int, int, str]], line: int) -> str:
    """The qualified name of the innermost scope: it is the last one that the line is in."""
    names = [name for first, last, name in scopes if first <= line <= last]
    return names[-1] if names else ""


def _scopes(text: str) -> Iterator[tuple[int, int, str]]:
    try:
        waiting: list[tuple[ast.AST, str]] = [(source.parse(text), "")]
    except source.UnparsableError:
        return
    while waiting:
        node, prefix = waiting.pop()
        if isinstance(node, _Scope):
            first = min(node.lineno, *(it.lineno for it in node.decorator_list), node.lineno)
            yield first, node.end_lineno or node.lineno, f"{prefix}{node.name}"
            prefix = f"{prefix}{node.name}."
        waiting += ((child, prefix) for child in reversed([*ast.iter_child_nodes(node)]))
