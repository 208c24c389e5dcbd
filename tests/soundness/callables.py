"""Writes random function values: lambdas, bound methods, partials, closures."""

from __future__ import annotations

from tests.soundness.expressions import Expressions
from tests.soundness.names import Names
from tests.soundness.tree import Block, compound, simple


class Callables(Expressions):
    """Functions as values: made at one place, called at another."""

    def make_action(self, names: Names) -> Block:
        """A function value without a parameter."""
        name, path = self.fresh("f"), self.module(names, "module")
        values = [
            f"lambda: {path}.{self.setting(names)}",
            f"lambda: {path}(x)",
            f"{path}.eval",
            f"{path}.train",
            f"functools.partial({path}, x)",
            f"functools.partial({path}.train, {self.flag(names)})",
        ]
        names.kinds[name] = "action"
        return [simple(f"{name} = {self.chance.choice(values)}")]

    def run_action(self, names: Names) -> Block:
        actions, applications = self.of_kind(names, "action"), self.of_kind(names, "apply")
        if actions and self.maybe(0.7):
            return [simple(f"{self.chance.choice(actions)}()")]
        if applications:
            value = self.module(names, "plain")
            return [simple(f"{self.chance.choice(applications)}({value})")]
        return self.make_action(names)

    def make_closure(self, names: Names) -> Block:
        """A function that is made by a function and keeps what that one was given."""
        maker, made, name = self.fresh("make"), self.fresh("f"), self.fresh("f")
        inner = names.nested({"kept": "plain"}, None)
        inner.depth = 2
        inner.fixed |= {"kept"}
        before: Block = []
        changing: Block = []
        if self.maybe(0.5):
            seen = self.fresh("seen")
            before = [simple(f"{seen} = {self.flag(names)}")]
            changing = [simple(f"nonlocal {seen}"), simple(f"{seen} = not {seen}")]
            inner.kinds[seen] = "flag"
            inner.fixed |= {seen}
        body = changing + self.block(inner, self.chance.choice([1, 2]))
        given = self.module(names, "plain")
        names.kinds[name] = "action"
        closure = [*before, compound(f"def {made}():", body), simple(f"return {made}")]
        return [compound(f"def {maker}(kept):", closure), simple(f"{name} = {maker}({given})")]
