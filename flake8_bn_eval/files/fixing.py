"""One file from its bytes to its fixed bytes; writing them is another matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.files.exact import ExactText, exact_text
from flake8_bn_eval.files.units import InputError, Unit, read_unit
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.fix.edits import apply_edits
from flake8_bn_eval.fix.repair import Repaired, Wanted, repair

FindingsOf = Callable[[Unit], list[Finding]]
"""What is found in a unit and shown: without what a comment excuses."""


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file and its fixes; ``text`` is that after them, with the line ends of the file."""

    path: str
    before: ExactText
    text: str
    repaired: Repaired

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return self.text != self.before.text

    @property
    def data(self) -> bytes:
        """The bytes to write."""
        return self.before.bytes_of(self.text)


def fixed_file(
    path: str, data: bytes, findings_of: FindingsOf, *, unsafe: bool, wanted: Wanted
) -> FixedFile:
    """Fix the wanted findings of a file.

    Raises `InputError` for bytes that are no Python text, and for a notebook: what is found in
    its cells is shown by ``check``, and repaired by hand.
    """
    unit = read_unit(path, data)
    if unit.cells:
        raise InputError(f"{path}: fixes are made in Python files, not in notebooks")
    exact = exact_text(path, data)

    def analyse(text: str) -> list[Finding]:
        return findings_of(Unit(path, text))

    repaired = repair(unit.text, analyse, unsafe=unsafe, wanted=wanted)
    text = exact.text
    for fix in repaired.fixes:
        text = apply_edits(text, fix.edits)
    if "\n".join(source.split_lines(text)) != repaired.text:
        raise InputError(f"{path}: its line ends do not let it be fixed: not changed")
    return FixedFile(path, exact, text, repaired)
