"""What the advice of a finding says to write: the part of it that is code."""

from __future__ import annotations

import re
from dataclasses import dataclass

import libcst as cst

from flake8_bn_eval.findings import Finding
from flake8_bn_eval.fix.tree import DeclinedError

_CALL = re.compile(r"call `(?P<subject>.+?)\.(?P<method>\w+)\(\)`")
_ARGUMENT = re.compile(r"pass `(?P<name>\w+)=[^`]+`")
_NUMBER = re.compile(r"write (?P<number>[0-9.eE+-]+)\Z")


@dataclass(frozen=True, slots=True)
class ModeCall:
    """The call that is missing: ``subject.method()``."""

    subject: str
    method: str

    @property
    def written(self) -> str:
        """The call as a statement."""
        return f"{self.subject}.{self.method}()"


def advised_call(finding: Finding) -> ModeCall:
    """``call `model.eval()` before``; a `DeclinedError` if the module has no name there."""
    found = _CALL.search(finding.help or "")
    if found is None or not _is_name(found["subject"]):
        raise DeclinedError("the module has no name there, on which to call it")
    return ModeCall(found["subject"], found["method"])


def advised_argument(finding: Finding) -> str:
    """The name of the argument in ``pass `training=self.training```."""
    found = _ARGUMENT.search(finding.help or "")
    if found is None:
        raise DeclinedError("the advice names no argument")
    return found["name"]


def advised_number(finding: Finding) -> str | None:
    """The number in ``write 0.01``, if there is one."""
    found = _NUMBER.search(finding.help or "")
    return None if found is None else found["number"]


def _is_name(text: str) -> bool:
    """Whether a text is a name, an attribute or an element of one, and no call."""
    try:
        node: cst.CSTNode = cst.parse_expression(text)
    except cst.ParserSyntaxError:
        return False
    while isinstance(node, cst.Attribute | cst.Subscript):
        node = node.value
    return isinstance(node, cst.Name)
