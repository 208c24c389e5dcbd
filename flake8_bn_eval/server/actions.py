"""What an editor offers to do: fixes of a finding, comments that excuse it, all safe fixes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lsprotocol import types

from flake8_bn_eval import source
from flake8_bn_eval.checking.commenting import excuse
from flake8_bn_eval.findings import Edit, Finding, Fix, Safety
from flake8_bn_eval.fix.edits import edits_between
from flake8_bn_eval.server.documents import Part, range_in, touches
from flake8_bn_eval.server.judging import Checked, Office
from flake8_bn_eval.server.messages import Messages

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.bn-eval"
KINDS = (types.CodeActionKind.QuickFix.value, FIX_ALL)


@dataclass(frozen=True, slots=True)
class Actions:
    """Makes the actions for one document."""

    checked: Checked
    office: Office
    messages: Messages

    def at(
        self, uri: str, place: types.Range, kinds: Sequence[str] | None
    ) -> list[types.CodeAction]:
        """The actions at a place of a part; ``kinds`` are those the editor asks for."""
        part = self.checked.document.part_at(uri)
        if part is None:
            return []
        found: list[types.CodeAction] = []
        if _is_wanted(KINDS[0], kinds):
            for finding in self._findings_at(part[0], place):
                found += self._of(finding)
        if kinds is not None and _is_wanted(FIX_ALL, kinds):
            found += self._fix_all()
        return found

    def _findings_at(self, part: Part, place: types.Range) -> Iterator[Finding]:
        for finding in self.checked.result.findings:
            own, before = self.checked.document.part_of(finding.span)
            if own is part and touches(
                range_in(part.text, finding.span, self.messages.codec, before), place
            ):
                yield finding

    def _of(self, finding: Finding) -> Iterator[types.CodeAction]:
        diagnostics = [self.messages.diagnostic(self.checked, finding)]
        fix = self.office.fix_for(self.checked, finding)
        if fix is not None:
            is_safe = fix.safety is Safety.SAFE
            yield types.CodeAction(
                title=_title(fix),
                kind=types.CodeActionKind.QuickFix,
                diagnostics=diagnostics,
                is_preferred=is_safe,
                edit=self._edit(fix.edits),
            )
        comment = excuse(self.checked.document.unit, finding)
        if comment is not None:
            yield types.CodeAction(
                title=f"Disable {finding.code} for this line",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=diagnostics,
                edit=self._edit((comment,)),
            )

    def _fix_all(self) -> Iterator[types.CodeAction]:
        before = self.checked.document.unit.text
        repaired = self.office.repaired(self.checked)
        if repaired.text != before:
            yield types.CodeAction(
                title="Make all safe fixes of bn-eval",
                kind=FIX_ALL,
                edit=self._edit(edits_between(before, repaired.text)),
            )

    def _edit(self, edits: tuple[Edit, ...]) -> types.WorkspaceEdit:
        """Edits of the parts, for the very version that was looked at."""
        changed: list[
            types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile
        ] = [
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(part.uri, part.version),
                [self._text_edit(part, edit) for edit in own],
            )
            for part, own in self.checked.document.edits(edits)
        ]
        return types.WorkspaceEdit(document_changes=changed)

    def _text_edit(self, part: Part, edit: Edit) -> types.TextEdit:
        """Lines behind the last one begin with the end of it, which a text may lack."""
        place, text = range_in(part.text, edit.span, self.messages.codec), edit.replacement
        if edit.span.line > len(source.split_lines(part.text)):
            text = "\n" + text.removesuffix("\n")
        return types.TextEdit(place, text)


def _title(fix: Fix) -> str:
    looked_at = "" if fix.safety is Safety.SAFE else " (changes what is computed)"
    return f"{fix.title[:1].upper()}{fix.title[1:]}{looked_at}"


def _is_wanted(kind: str, kinds: Sequence[str] | None) -> bool:
    """Whether one of the kinds is this one or an outer one: ``source`` is all of ``source.x``."""
    return kinds is None or any(
        kind == each or kind.startswith(f"{each}.") or not each for each in kinds
    )
