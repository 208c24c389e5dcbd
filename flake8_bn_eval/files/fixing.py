"""One file from its bytes to its fixed bytes; writing them is another matter."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flake8_bn_eval import source
from flake8_bn_eval.files.exact import exact_text
from flake8_bn_eval.files.units import InputError, Unit, read_unit
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.fix.edits import apply_edits
from flake8_bn_eval.fix.repair import Repaired, Wanted, repair

FindingsOf = Callable[[Unit], list[Finding]]
"""What is found in a unit and shown: without what a comment excuses."""


FIXERS = {".ipynb": "flake8_bn_eval.notebooks.fixing:fixed_notebook"}
"""What fixes files of another kind than Python's, as `fixed_file` does: ``module:name``.

Imported when such a file comes.
"""


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file and its fixes: its text before and after them, with the line ends of the file.

    The places of what is fixed, and of what is not, are those of ``unit``.
    """

    unit: Unit
    before: str
    after: str
    data: bytes
    """The bytes of the text after them."""
    repaired: Repaired

    @property
    def path(self) -> str:
        """What the user calls the file."""
        return self.unit.path

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after


def fixed_file(
    path: str, data: bytes, findings_of: FindingsOf, *, unsafe: bool, wanted: Wanted
) -> FixedFile:
    """Fix the wanted findings of a file; an `InputError` for bytes that are no text of its kind."""
    fixer = FIXERS.get(Path(path).suffix)
    if fixer is not None:
        module, _, name = fixer.partition(":")
        fixing = getattr(importlib.import_module(module), name)
        fixed: FixedFile = fixing(path, data, findings_of, unsafe=unsafe, wanted=wanted)
        return fixed
    unit, exact = read_unit(path, data), exact_text(path, data)

    def analyse(text: str) -> list[Finding]:
        return findings_of(Unit(path, text))

    repaired = repair(unit.text, analyse, unsafe=unsafe, wanted=wanted)
    after = exact.text
    for fix in repaired.fixes:
        after = apply_edits(after, fix.edits)
    if "\n".join(source.split_lines(after)) != repaired.text:
        raise InputError(f"{path}: its line ends do not let it be fixed: not changed")
    return FixedFile(unit, exact.text, after, exact.bytes_of(after), repaired)
