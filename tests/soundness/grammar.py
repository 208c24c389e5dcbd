"""Writes a random program: classes, helpers, context managers, decorators, and a main part.

Everything that is defined is used: what only an unseen caller could do is the pages' matter.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator

from tests.soundness.classes import GRADIENT_DECORATORS
from tests.soundness.names import Function, Library, Names
from tests.soundness.shapes import Shapes
from tests.soundness.tree import Block, Statement, compound, render, simple

HEADER = ("import contextlib", "import copy", "import functools", "import sys", "", "import torch")


class Grammar(Shapes):
    """One program; ``write`` is called once."""

    def write(self) -> Block:
        program: Block = [simple(line) for line in (*HEADER, "from torch import nn")]
        classes = self.chance.choice([0, 1, 1, 2])
        for index in range(classes):
            write_class = self.derived_class if index and self.maybe(0.6) else self.module_class
            program.append(write_class(f"Net{index}"))
        if self.maybe(0.2):
            program += self.diamond(classes)
        names = Names()
        for name, kind in (("g0", "leaf"), ("g1", self.chance.choice(list(self.library.shapes)))):
            program.append(simple(f"{name} = {self.new(names, kind)}"))
            names.kinds[name] = kind
        names.kinds["flag0"] = "flag"
        program.append(simple(f"flag0 = {self.chance.choice(['coin()', 'True', 'False'])}"))
        for write, count in self._definitions():
            for _ in range(count):
                program.append(write(names))
        program += self.main(names)
        while prune(program):
            pass
        return program

    def _definitions(self) -> list[tuple[Callable[[Names], Statement], int]]:
        choose = self.chance.choice
        return [
            (self.manager, choose([0, 0, 1, 1, 2])),
            (self.decorator, choose([0, 0, 0, 1])),
            (self.loader_function, choose([0, 0, 1, 1, 2])),
            (self.function, choose([0, 1, 2, 2, 3])),
            (self.generator, choose([0, 0, 0, 1])),
            (self.trainer, choose([0, 0, 1, 1])),
            (self.derived_trainer, choose([0, 0, 0, 1])),
        ]

    def main(self, names: Names) -> Block:
        size = self.chance.choice([4, 6, 8, 10])
        if self.maybe(0.6):
            return self.block(names, size)
        body = self.block(names.nested({}, None), size)
        call = simple("main()")
        if self.maybe(0.5):
            call = compound('if __name__ == "__main__":', [call])
        return [compound("def main():", body), call]

    # Functions

    def function(self, names: Names) -> Statement:
        """A helper: it sets modes, calls forwards, returns modules, or all of that."""
        name = self.fresh("helper")
        kind = self.chance.choice([*self.library.shapes, "plain", "plain", "module"])
        parameters = [("net", kind)]
        optional = 0
        extra = self.chance.choice(
            ["", "flag", "flag", "phase", "list", "apply", "action", "default"]
        )
        if extra == "default":
            parameters.append(("flag", "flag"))
            optional = 1
        elif extra:
            parameters.append(("nets" if extra == "list" else extra, extra))
        returns = self.chance.choice([None, None, kind])
        inner = names.nested(dict(parameters), returns)
        header: Block = []
        if self.maybe(0.15):
            header = [simple("global g0")]
            inner.fixed -= {"g0"}
        body = header + self.block(inner, self.chance.choice([1, 2, 3]))
        function = Function(name, tuple(parameters), returns, optional)
        if self.maybe(0.06):
            body.append(compound("if coin():", [simple(self.call(inner, function))]))
        if returns is not None:
            body.append(simple(f"return {self.expression(inner, returns)}"))
        default = f"={self.chance.choice(['True', 'False'])}" if optional else ""
        listed = ", ".join(parameter for parameter, _ in parameters)
        definition = compound(f"def {name}({listed}{default}):", body)
        self.library.functions.append(function)
        return self._decorated(definition)

    def _decorated(self, definition: Statement) -> Statement:
        marks = []
        if self.maybe(0.2):
            marks.append(self.chance.choice(GRADIENT_DECORATORS))
        if self.library.decorators and self.maybe(0.5):
            marks.append(f"@{self.chance.choice(self.library.decorators)}")
        header, body = definition.parts[0]
        definition.parts[0] = ("\n".join([*marks, header]), body)
        return definition

    def manager(self, names: Names) -> Statement:
        """A home-made context manager over a module, over gradients, or over both."""
        if self.maybe(0.25):
            return self.manager_class()
        name = self.fresh("manager")
        inner = names.nested({"net": "plain"}, None)
        inner.in_function = False  # a generator that returns before it yields is no manager
        restore = self.chance.choice(
            ["net.train(was)", "net.train()", "net.eval()", "net.train(was)"]
        )
        before = [simple("was = net.training"), simple(f"net.{self._plain_setting()}")]
        middle: Block = [simple(self.chance.choice(["yield net", "yield net", "yield"]))]
        if self.maybe(0.4):
            middle = [compound(f"with {self.context(inner)}:", middle)]
        if self.maybe(0.2):
            before += self.block(inner, 1)
        returns = "plain" if "yield net" in _first_line(middle) else None
        after: Block = [simple(restore)]
        if self.maybe(0.6):
            ending: Block = [compound("try:", middle, ("finally:", after))]
        else:
            ending = middle + after
        self.library.managers.append(Function(name, (("net", "plain"),), returns))
        definition = compound(f"def {name}(net):", before + ending)
        header, body = definition.parts[0]
        definition.parts[0] = (f"@contextlib.contextmanager\n{header}", body)
        return definition

    def generator(self, names: Names) -> Statement:
        """A generator of modules, to be looped over."""
        name = self.fresh("walk")
        inner = names.nested({"nets": "list"}, None)
        inner.kinds["net"] = "plain"
        inner.in_loop = True
        before = self.block(inner, 1) if self.maybe(0.5) else []
        after = [simple(f"net.{self._plain_setting()}")] if self.maybe(0.3) else []
        loop = compound("for net in nets:", [*before, simple("yield net"), *after])
        body: Block = [loop]
        if self.maybe(0.25):
            body = [compound("try:", body, ("finally:", self.set_mode(inner)))]
        elif self.maybe(0.3):
            body.append(simple("yield from nets"))
        self.library.generators.append(Function(name, (("nets", "list"),)))
        return compound(f"def {name}(nets):", body)

    def decorator(self, names: Names) -> Statement:
        """A decorator of functions whose first argument is a module, perhaps with a flag."""
        name = self.fresh("decorator")
        call: Block = [simple("return function(net, *args, **kwargs)")]
        if self.maybe(0.4):
            call = [compound("with torch.no_grad():", call)]
        if self.maybe(0.5):
            call = [compound("try:", call, ("finally:", [simple(f"net.{self._plain_setting()}")]))]
        takes_flag = self.maybe(0.35)
        first = "train(mode)" if takes_flag else self._plain_setting()
        body = [simple(f"net.{first}"), *call]
        header = "def wrapper(net, *args, **kwargs):"
        if self.maybe(0.5):
            header = f"@functools.wraps(function)\n{header}"
        wrapping = [compound(header, body), simple("return wrapper")]
        if takes_flag:
            self.library.decorators += [f"{name}(True)", f"{name}(mode=False)"]
            inner = compound("def decorate(function):", wrapping)
            return compound(f"def {name}(mode):", [inner, simple("return decorate")])
        self.library.decorators.append(name)
        return compound(f"def {name}(function):", wrapping)


def prune(program: Block) -> bool:
    """Remove definitions that nothing mentions; tells whether there were any.

    A function that nobody calls is judged as if somebody unseen did, and so are those that
    it calls: no run can show what happens then.
    """
    mentions = words_of(program)
    return any(_prune_block(block, mentions) for block in _blocks(program))


def words_of(block: Block) -> Counter[str]:
    """How often each word occurs in the text of a block."""
    return Counter(re.findall(r"\w+", render(block)))


def _prune_block(block: Block, mentions: Counter[str]) -> bool:
    kept = [statement for statement in block if not _is_unmentioned(statement, mentions)]
    changed = len(kept) < len(block)
    block[:] = kept
    return changed


def _is_unmentioned(statement: Statement, mentions: Counter[str]) -> bool:
    header = statement.parts[0][0] if statement.is_compound else ""
    found = re.search(r"^(?:def|class) (\w+)", header, re.MULTILINE)
    if found is None or not _is_ours(found[1]):
        return False
    # A function that mentions itself is not used by that.
    return mentions[found[1]] == words_of([statement])[found[1]]


def _is_ours(name: str) -> bool:
    """Names that are numbered are unique in a program; `forward` and `train` are not ours."""
    return name[-1].isdigit()


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for statement in block:
        for _, inner in statement.parts:
            yield from _blocks(inner)


def _first_line(block: Block) -> str:
    statement = block[0]
    return statement.line if not statement.is_compound else _first_line(statement.parts[0][1])


def write_program(seed: int) -> Block:
    """The program of a seed."""
    return Grammar(random.Random(seed), Library()).write()
