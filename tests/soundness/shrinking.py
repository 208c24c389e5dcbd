"""Makes a failing program small: drops statements and unwraps blocks while it still fails."""

from __future__ import annotations

from collections.abc import Callable

from tests.soundness.tree import Block, Statement, render

DEFINITIONS = ("def ", "class ", "@", "async def ")


class Shrinker:
    """Shrinks a program in place; a pass tries every statement, from the end to the start."""

    def __init__(self, program: Block, fails: Callable[[str], bool], attempts: int) -> None:
        self._program = program
        self._fails = fails
        self._attempts = attempts

    def shrink(self) -> str:
        """Passes until one of them finds nothing to drop."""
        while self._shrink_block(self._program):
            pass
        return render(self._program)

    def _shrink_block(self, block: Block) -> bool:
        progress = False
        for index in reversed(range(len(block))):
            statement = block[index]
            if self._replace(block, index, []):
                progress = True
                continue
            if self._unwrap(block, index, statement):
                progress = True
                continue
            while statement.optional and self._drop_last_part(statement):
                progress = True
            for _, body in statement.parts:
                progress |= self._shrink_block(body)
        return progress

    def _unwrap(self, block: Block, index: int, statement: Statement) -> bool:
        """Put the body in the place of the compound statement."""
        if not statement.is_compound or statement.parts[0][0].startswith(DEFINITIONS):
            return False
        return any(self._replace(block, index, body) for _, body in statement.parts)

    def _replace(self, block: Block, index: int, new: Block) -> bool:
        before = list(block)
        block[index : index + 1] = new
        if self._still_fails():
            return True
        block[:] = before
        return False

    def _drop_last_part(self, statement: Statement) -> bool:
        part = statement.parts.pop()
        statement.optional -= 1
        if self._still_fails():
            return True
        statement.parts.append(part)
        statement.optional += 1
        return False

    def _still_fails(self) -> bool:
        if self._attempts <= 0:
            return False
        self._attempts -= 1
        text = render(self._program)
        try:
            compile(text, "<shrunk>", "exec")
        except SyntaxError:
            return False
        return self._fails(text)


def shrink(program: Block, fails: Callable[[str], bool], attempts: int = 1_500) -> str:
    """The smallest text found for which ``fails`` still holds; ``program`` is changed."""
    return Shrinker(program, fails, attempts).shrink()
