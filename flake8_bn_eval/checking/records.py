"""What is known of a file whatever is to be shown of it: this is what the cache keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flake8_bn_eval.findings import Finding, Note, Span


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, its fingerprint, and the text in which flake8 looks for ``noqa``."""

    finding: Finding
    fingerprint: str
    noqa_line: str


@dataclass(frozen=True, slots=True)
class Record:
    """All findings of a file; ``refusal`` says why Python takes it for no program."""

    found: tuple[Found, ...] = ()
    is_excused: bool = False
    """A comment says that flake8 is to leave the file alone."""
    refusal: str = ""

    def as_data(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return asdict(self)

    @staticmethod
    def from_data(data: dict[str, Any]) -> Record:
        """The record that `as_data` was made of; KeyError and TypeError for anything else."""
        found = tuple(
            Found(_finding(each["finding"]), each["fingerprint"], each["noqa_line"])
            for each in data["found"]
        )
        return Record(found, data["is_excused"], data["refusal"])


def _finding(data: dict[str, Any]) -> Finding:
    notes = tuple(Note(**each | {"span": Span(**each["span"])}) for each in data["notes"])
    return Finding(**data | {"span": Span(**data["span"]), "notes": notes})
