"""Comments that excuse findings, written where flake8 looks for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from flake8_bn_eval import source
from flake8_bn_eval.files.exact import exact_text
from flake8_bn_eval.files.units import InputError, Unit
from flake8_bn_eval.files.writing import replace_bytes
from flake8_bn_eval.findings import Edit, Finding, Span
from flake8_bn_eval.fix.edits import apply_edits

_NOQA = re.compile(r"#\s*noqa\s*:\s*[A-Z0-9, ]+", re.IGNORECASE)


def excuse(unit: Unit, finding: Finding) -> Edit | None:
    """A ``noqa`` comment at the end of a finding's line, or one more code in that of the line.

    None where a comment would be no comment: in a string, or behind a backslash.
    """
    line = finding.span.line
    text = source.split_lines(unit.text)[line - 1]
    if source.split_lines(unit.shown)[line - 1] != text:
        return None
    there = _NOQA.search(text)
    if there is not None:
        at = there.start() + len(there[0].rstrip(", "))
        comment = Edit(Span(line, at, line, at), f",{finding.code}")
    else:
        place = Span(line, len(text.rstrip()), line, len(text))
        comment = Edit(place, f"  # noqa: {finding.code}")
    return comment if _is_comment(unit.text, comment) else None


def _is_comment(text: str, edit: Edit) -> bool:
    """Whether the program is the same after an edit."""
    try:
        changed = source.parse(apply_edits(text, [edit]))
        return ast.dump(changed) == ast.dump(source.parse(text))
    except source.UnparsableError:
        return False


def excuse_in_file(unit: Unit, data: bytes, findings: Iterable[Finding]) -> Unit:
    """Write the comments into a file of Python, and give what it holds then.

    ``data`` are the bytes that were judged; everything but the ends of lines stays as it is.
    Raises `InputError` for a file that has changed since, or cannot be written.
    """
    exact = exact_text(unit.path, data)
    if "\n".join(source.split_lines(exact.text)) != unit.text:
        raise InputError(f"{unit.path}: it has changed since it was read: not overwritten")
    text = exact.text
    # No line is added: the places of all findings stay those of the text that was judged.
    for finding in {(each.span.line, each.code): each for each in findings}.values():
        comment = excuse(unit, finding)
        if comment is not None:
            text = apply_edits(text, [comment])
            unit = replace(unit, text=apply_edits(unit.text, [comment]))
    if text != exact.text:
        replace_bytes(unit.path, data, exact.bytes_of(text))
    return unit
