"""Where statements begin in text that is not yet Python, such as a cell with magics.

A line that looks like a magic may be a line of a string, or go on with what the line before
has begun.  What this module does not know: magics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NEXT = re.compile(r"#|'''|\"\"\"|'|\"|[\[({]|[\])}]|\\$")
_END_OF_STRING = {
    quote: re.compile(rf"\\.|{re.escape(quote)}|\\$") for quote in ("'", '"', "'''", '"""')
}


@dataclass(slots=True)
class Reader:
    """Reads lines one after the other, and knows whether the next one begins a statement."""

    depth: int = 0
    """How many brackets are open."""
    quote: str = ""
    """What ends the string that is open."""
    goes_on: bool = False
    """Whether the last line ended with a backslash."""

    @property
    def is_between(self) -> bool:
        """Whether a statement may begin here."""
        return not (self.depth or self.quote or self.goes_on)

    def read(self, line: str) -> None:
        """Take in a line of Python, without its end."""
        self.goes_on = False
        position = 0
        while position < len(line):
            position = self._string(line, position) if self.quote else self._code(line, position)
        if self.quote and len(self.quote) == 1 and not self.goes_on:
            self.quote = ""  # Python would refuse it

    def _code(self, line: str, position: int) -> int:
        found = _NEXT.search(line, position)
        if found is None or found[0] == "#":
            return len(line)
        if found[0] == "\\":
            self.goes_on = True
        elif found[0] in "[({":
            self.depth += 1
        elif found[0] in "])}":
            self.depth = max(self.depth - 1, 0)
        else:
            self.quote = found[0]
        return found.end()

    def _string(self, line: str, position: int) -> int:
        found = _END_OF_STRING[self.quote].search(line, position)
        if found is None:
            return len(line)
        if found[0] == self.quote:
            self.quote = ""
        elif found[0] == "\\":
            self.goes_on = True
        return found.end()
