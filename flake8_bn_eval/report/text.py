"""Findings for people at a terminal: flake8's line, then what led to it, then the advice."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bn_eval.findings import Finding, Span


def finding_lines(path: str, lines: list[str], finding: Finding) -> Iterator[str]:
    """One finding with its notes; ``lines`` are those of its file."""
    yield summary_line(path, finding)
    yield from marked_line(lines, finding.span)
    for note in finding.notes:
        yield f"  {note.where}: {note.message}"
        if not note.path:
            yield from marked_line(lines, note.span)
    if finding.help is not None:
        yield f"  help: {finding.help}"


def summary_line(path: str, finding: Finding) -> str:
    """The line that flake8 prints: columns count from 1."""
    span = finding.span
    return f"{path}:{span.line}:{span.column + 1}: {finding.code} {finding.headline}"


def marked_line(lines: list[str], span: Span) -> Iterator[str]:
    """The line of a span with carets under it; of a longer piece only its first line."""
    if not 0 < span.line <= len(lines) or not lines[span.line - 1].strip():
        return
    line = lines[span.line - 1].rstrip()
    end = span.end_column if span.end_line == span.line else len(line)
    blank = "".join(character if character == "\t" else " " for character in line[: span.column])
    yield f"{span.line:6} | {line}"
    yield f"{'':6} | {blank}{'^' * max(end - span.column, 1)}"
