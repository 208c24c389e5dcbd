"""Writes random blocks: branches, loops, exceptions, contexts, and functions inside bodies."""

from __future__ import annotations

import random

from tests.soundness.expressions import PHASES
from tests.soundness.names import Library, Names
from tests.soundness.statements import SimpleStatements, Writer, leaves
from tests.soundness.tree import Block, Statement, compound, render, simple

COMPOUND = (0.4, 0.3, 0.2, 0.1, 0.0)
"""How often a statement is a compound one, by the depth at which it stands."""


class Statements(SimpleStatements):
    """Blocks of statements; a block never uses a name that may be unbound."""

    def __init__(self, chance: random.Random, library: Library) -> None:
        super().__init__(chance, library)
        self._compound_writers: list[tuple[float, Writer]] = [
            (8, self.branch),
            (4, self.loop),
            (3, self.while_loop),
            (3, self.phase_loop),
            (5, self.attempt),
            (7, self.in_context),
            (3, self.in_manager),
            (2, self.nested_function),
            (1, self.match_phase),
        ]

    def block(self, names: Names, size: int) -> Block:
        """About ``size`` statements, and at least one."""
        statements: Block = []
        for _ in range(size):
            is_compound = self.maybe(COMPOUND[min(names.depth, len(COMPOUND) - 1)])
            writers = self._compound_writers if is_compound else self.simple_writers
            weights = [weight for weight, _ in writers]
            writer = self.chance.choices([write for _, write in writers], weights)[0]
            statements += writer(names)
            if statements and leaves(statements[-1]):
                break
            if self.maybe(0.45):
                statements += self.forward(names)
        return statements or [simple("pass")]

    def small(self, names: Names, **changes: bool) -> Block:
        """A block inside a compound statement."""
        return self.block(names.inner(**changes), self.chance.choice([1, 1, 2, 2, 3]))

    def branch(self, names: Names) -> Block:
        more: list[tuple[str, Block]] = []
        first = self.small(names)
        if self.maybe(0.25):
            more.append((f"elif {self.condition(names)}:", self.small(names)))
        if self.maybe(0.55):
            more.append(("else:", self.small(names)))
        return [compound(f"if {self.condition(names)}:", first, *more)]

    def loop(self, names: Names) -> Block:
        inner = names.inner(loop=True)
        roll = self.chance.random()
        if roll < 0.35:
            header = "for batch in loader:"
        elif roll < 0.6:
            header = f"for _ in range({self.chance.randint(1, 3)}):"
        elif roll < 0.7:
            header = "for step, batch in enumerate(loader):"
        else:
            name = self.fresh("flag")
            inner.kinds[name] = "flag"
            header = f"for {name} in {self.chance.choice(['(True, False)', '[False, True]'])}:"
        return [self._looping(names, inner, header)]

    def while_loop(self, names: Names) -> Block:
        header = "while again():"
        if self.maybe(0.25):
            header = f"while again() and {self.condition(names)}:"
        if self.maybe(0.3):
            body = self.block(names.inner(loop=True), 2)
            # A `continue` must not jump over the only way out.
            place = 0 if "continue" in render(body) else self.chance.randint(0, len(body))
            body.insert(place, compound("if not again():", [simple("break")]))
            return [compound("while True:", body)]
        return [self._looping(names, names.inner(loop=True), header)]

    def phase_loop(self, names: Names) -> Block:
        name = self.fresh("phase")
        inner = names.inner(loop=True)
        inner.kinds[name] = "phase"
        path = self.module(names, "module")
        opening = self.chance.choice(
            [
                [simple(f'{path}.train({name} == "train")')],
                [
                    compound(
                        f'if {name} == "train":',
                        [simple(f"{path}.train()")],
                        ("else:", [simple(f"{path}.eval()")]),
                    )
                ],
            ]
        )
        body = self.block(inner, 2)
        if self.maybe(0.5):
            body = [compound(f'with torch.set_grad_enabled({name} == "train"):', body)]
        marks = self.chance.choice(["()", "[]"])
        phases = f'{marks[0]}"{PHASES[0]}", "{PHASES[1]}"{marks[1]}'
        return [compound(f"for {name} in {phases}:", opening + body)]

    def _looping(self, names: Names, inner: Names, header: str) -> Statement:
        body = self.block(inner, self.chance.choice([1, 2, 3]))
        if self.maybe(0.4):
            jump = [simple(self.chance.choice(["break", "continue"]))]
            place = self.chance.randint(0, len(body))
            ending = self.last_change(names) + jump
            body.insert(place, compound(f"if {self.condition(names)}:", ending))
        more = [("else:", self.small(names))] if self.maybe(0.25) else []
        return compound(header, body, *more)

    def attempt(self, names: Names) -> Block:
        body = self.small(names)
        body.insert(self.chance.randint(0, len(body)), simple("risky()"))
        more: list[tuple[str, Block]] = []
        if self.maybe(0.75):
            kind = self.chance.choice(
                ["except RuntimeError:", "except Exception:", "except (RuntimeError, KeyError):"]
                + ["except:", "except KeyError:"]
            )
            more.append((kind, self.small(names)))
            if self.maybe(0.3):
                more.append(("else:", self.small(names)))
        if not more or self.maybe(0.4):
            more.append(("finally:", self.small(names, loop=False)))
        return [compound("try:", body, *more)]

    def in_context(self, names: Names) -> Block:
        roll = self.chance.random()
        if roll < 0.15:
            name = self.fresh("context")
            make = simple(f"{name} = {self.context(names)}")
            return [make, compound(f"with {name}:", self.small(names))]
        items = self.context(names)
        if roll < 0.25:
            items = f"{items}, {self.context(names)}"
        if " if " in items:
            items = f"({items})" if "," not in items else "torch.no_grad()"
        return [compound(f"with {items}:", self.small(names))]

    def in_manager(self, names: Names) -> Block:
        """A home-made context manager around a block."""
        if not self.library.managers:
            return self.in_context(names)
        manager = self.chance.choice(self.library.managers)
        inner = names.inner()
        target = ""
        if manager.returns is not None and self.maybe(0.5):
            name = self.fresh("m")
            inner.kinds[name] = manager.returns
            target = f" as {name}"
        body = self.block(inner, self.chance.choice([1, 2]))
        return [compound(f"with {self.call(names, manager)}{target}:", body)]

    def nested_function(self, names: Names) -> Block:
        """A function inside the body, to be called later as an action."""
        name = self.fresh("f")
        if self.maybe(0.35):
            inner = names.nested({"v": "plain"}, None)
            body = self.block(inner, self.chance.choice([1, 2]))
            names.kinds[name] = "apply"
            return [compound(f"def {name}(v):", body)]
        inner = names.nested({}, None)
        body = self.block(inner, self.chance.choice([1, 2]))
        names.kinds[name] = "action"
        return [compound(f"def {name}():", body), simple(f"{name}()")]

    def match_phase(self, names: Names) -> Block:
        subject = self.chance.choice([*self.of_kind(names, "phase"), '"val"', "coin()"])
        first = '"train"' if subject != "coin()" else "True"
        cases = [Statement(parts=[(f"case {first}:", self.small(names))])]
        if self.maybe(0.7):
            cases.append(Statement(parts=[("case _:", self.small(names))]))
        return [compound(f"match {subject}:", cases)]
