"""From what is reported to what an editor shows: ranges, and notes as further places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path
from pygls.workspace import PositionCodec

from flake8_bn_eval import source
from flake8_bn_eval.files.units import InputError, read_bytes
from flake8_bn_eval.findings import Finding, Note, Span
from flake8_bn_eval.rules import url_of
from flake8_bn_eval.server.documents import Part, range_in
from flake8_bn_eval.server.judging import Checked

NAME = "bn-eval"


@dataclass(frozen=True, slots=True)
class Messages:
    """Makes diagnostics for one editor."""

    codec: PositionCodec
    shows_related: bool
    """Whether it can show the places of notes; otherwise they stand in the text."""
    unsaved: Mapping[str, str]

    def by_part(self, checked: Checked) -> dict[Part, list[types.Diagnostic]]:
        """The diagnostics of every part, of those without any too."""
        found: dict[Part, list[types.Diagnostic]] = {it: [] for it in checked.document.parts}
        for finding in checked.result.findings:
            part, _ = checked.document.part_of(finding.span)
            found[part].append(self.diagnostic(checked, finding))
        return found

    def diagnostic(self, checked: Checked, finding: Finding) -> types.Diagnostic:
        """One finding."""
        part, before = checked.document.part_of(finding.span)
        related = [self._related(checked, note) for note in finding.notes]
        text = [checked.result.headline(finding)]
        if not self.shows_related:
            text += [f"{checked.result.where(note)}: {note.message}" for note in finding.notes]
        text += [f"help: {finding.help}"] if finding.help else []
        return types.Diagnostic(
            range=range_in(part.text, finding.span, self.codec, before),
            message="\n".join(text),
            severity=types.DiagnosticSeverity.Warning,
            code=finding.code,
            code_description=types.CodeDescription(url_of(finding.code)),
            source=NAME,
            related_information=related if related and self.shows_related else None,
        )

    def _related(self, checked: Checked, note: Note) -> types.DiagnosticRelatedInformation:
        if not note.path:
            part, before = checked.document.part_of(note.span)
            place = types.Location(part.uri, range_in(part.text, note.span, self.codec, before))
            return types.DiagnosticRelatedInformation(place, note.message)
        path = str(Path(checked.result.root, note.path))
        uri = from_fs_path(path) or Path(path).as_uri()
        place = types.Location(uri, self._range_elsewhere(path, note.span))
        return types.DiagnosticRelatedInformation(place, note.message)

    def _range_elsewhere(self, path: str, span: Span) -> types.Range:
        text = self.unsaved.get(path)
        if text is None:
            try:
                text = source.decode(read_bytes(path))
            except (InputError, source.UnreadableError):  # it was there a moment ago
                text = "\n" * span.end_line
        return range_in(text, span, self.codec)


def nothing(parts: Iterable[Part]) -> dict[Part, list[types.Diagnostic]]:
    """No diagnostics for any part."""
    return {part: [] for part in parts}
