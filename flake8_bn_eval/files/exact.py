"""The text of a file exactly as it stands there, and the bytes of a changed text."""

from __future__ import annotations

import codecs
import io
import tokenize
from dataclasses import dataclass

from flake8_bn_eval import source
from flake8_bn_eval.files.units import InputError


@dataclass(frozen=True, slots=True)
class ExactText:
    """A text with the line ends of its file, its encoding, and the mark before it."""

    text: str
    encoding: str
    mark: bytes = b""

    def bytes_of(self, text: str) -> bytes:
        """The bytes of a text in this file; a UnicodeEncodeError if its encoding lacks some."""
        return self.mark + text.encode(self.encoding)


def exact_text(path: str, data: bytes) -> ExactText:
    """The text of a Python file.

    Raises `InputError` where decoding and encoding would change bytes that nobody has edited.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    rest = data.removeprefix(mark)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(rest).readline)
        exact = ExactText(rest.decode(encoding), encoding, mark)
        same = exact.bytes_of(exact.text) == data
    except (UnicodeError, SyntaxError) as error:
        raise InputError(f"{path}: {error}") from error
    if not same or "\n".join(source.split_lines(exact.text)) != source.decode(data):
        raise InputError(f"{path}: its encoding does not give back the same bytes: not changed")
    return exact
