"""Writes random simple statements: what may change or show a mode or a gradient mode."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.soundness.callables import Callables
from tests.soundness.containers import Containers
from tests.soundness.names import Function, Library, Names
from tests.soundness.tree import Block, Statement, compound, simple

Writer = Callable[[Names], Block]


class SimpleStatements(Containers, Callables):
    """Statements of one line, and those that only look like several."""

    def __init__(self, chance: random.Random, library: Library) -> None:
        super().__init__(chance, library)
        self.simple_writers: list[tuple[float, Writer]] = [
            (16, self.forward),
            (12, self.set_mode),
            (5, self.rebind),
            (4, self.introduce),
            (2, self.swap),
            (3, self.container),
            (3, self.over_container),
            (2, self.grow),
            (1, self.take_apart),
            (3, self.new_flag),
            (1, self.replace_child),
            (1, self.assign_flag),
            (2, self.save_and_restore),
            (14, self.call_function),
            (10, self.call_method),
            (2, self.make_action),
            (3, self.run_action),
            (2, self.optional_module),
            (2, self.comprehension),
            (2, self.make_closure),
            (1, self.short_circuit),
            (3, self.set_gradient),
            (2, self.save_and_restore_gradients),
            (2, self.reveal),
            (2, self.risk),
            (2, self.leave),
            (3, self.test_twice),
            (2, self.walk),
            (1, self.by_name),
        ]

    def forward(self, names: Names) -> Block:
        path = self.module(names, "module")
        roll = self.chance.random()
        if roll < 0.6:
            return [simple(f"{path}(x)")]
        if roll < 0.7:
            return [simple(f"{path}.forward(x)")]
        if roll < 0.8:
            return [simple(f"{path}({self.module(names, 'module')}(x))")]
        if roll < 0.9:
            return [simple(f"{self.fresh('y')} = {path}(x)")]
        return [simple(f"print_nothing = {path}(x).sum().item()")]

    def set_mode(self, names: Names) -> Block:
        return [simple(f"{self.module(names, 'module')}.{self.setting(names)}")]

    def rebind(self, names: Names) -> Block:
        """A variable gets another module of the same kind."""
        targets = [
            (name, kind)
            for name, kind in names.kinds.items()
            if name not in names.fixed and self.library.fits(kind, "module")
        ]
        if not targets:
            return self.introduce(names)
        name, kind = self.chance.choice(targets)
        return [simple(f"{name} = {self.expression(names, kind)}")]

    def introduce(self, names: Names) -> Block:
        """A new variable: a new module, an alias, a copy, a wrapper."""
        kind = self.chance.choice([*self.library.shapes, "plain", "plain", "module", "wrapper"])
        name = self.fresh("m")
        roll = self.chance.random()
        value = self.new(names, kind) if roll < 0.5 else self.expression(names, kind)
        line = f"{name} = {value}"
        if roll > 0.9:
            line = f"({name} := {value}).{self.setting(names)}"
        names.kinds[name] = kind
        return [simple(line)]

    def swap(self, names: Names) -> Block:
        """Two variables at once."""
        kind = self.chance.choice([*self.library.shapes, "plain"])
        own = [name for name in self.of_kind(names, kind) if name not in names.fixed]
        same = [name for name in own if names.kinds[name] == kind]
        if len(same) >= 2 and self.maybe(0.6):
            first, second = self.chance.sample(same, 2)
            return [simple(f"{first}, {second} = {second}, {first}")]
        first, second = self.fresh("m"), self.fresh("m")
        values = f"{self.expression(names, kind)}, {self.module(names, kind)}"
        names.kinds[first] = names.kinds[second] = kind
        return [simple(f"{first}, {second} = {values}")]

    def new_flag(self, names: Names) -> Block:
        own = [name for name in self.of_kind(names, "flag") if name not in names.fixed]
        name = self.chance.choice(own) if own and self.maybe(0.4) else self.fresh("flag")
        value = self.chance.choice(["coin()", "coin()", "True", "False", self.truth(names)])
        plain = self.places(names, "plain")
        if plain and self.maybe(0.15):
            value = f"{self.chance.choice(plain)}.training"
        names.kinds[name] = "flag"
        return [simple(f"{name} = {value}")]

    def replace_child(self, names: Names) -> Block:
        """Another module in the place of a child."""
        paths = [
            (owner + suffix, kind)
            for shape in self.library.shapes.values()
            for owner in self.of_kind(names, shape.kind)
            for suffix, kind in shape.children
        ]
        if not paths:
            return self.set_mode(names)
        path, kind = self.chance.choice(paths)
        return [simple(f"{path} = {self.new(names, kind, alone=True)}")]

    def assign_flag(self, names: Names) -> Block:
        return [simple(f"{self.module(names, 'plain')}.training = {self.truth(names)}")]

    def save_and_restore(self, names: Names) -> Block:
        places = self.places(names, "plain")
        if not places:
            return self.set_mode(names)
        flag, path = self.fresh("flag"), self.chance.choice(places)
        statements = [simple(f"{flag} = {path}.training"), simple(f"{path}.eval()")]
        statements += self.block(names.inner(), 1)
        if leaves(statements[-1]):
            return statements
        restore = simple(f"{path}.train({flag})")
        if self.maybe(0.4):
            restore = compound(f"if {flag}:", [simple(f"{path}.train()")])
        return [*statements, restore]

    def call_function(self, names: Names) -> Block:
        """A call of a function of the program, sometimes by way of `partial`."""
        if not self.library.functions:
            return self.set_mode(names)
        function = self.chance.choice(self.library.functions)
        if self.maybe(0.12) and function.parameters:
            bound = self.argument(names, function.parameters[0][1])
            rest = Function("", function.parameters[1:], optional=function.optional)
            action = self.fresh("f")
            return [
                simple(f"{action} = functools.partial({function.name}, {bound})"),
                simple(self.call(names, rest, action)),
            ]
        call = self.call(names, function)
        if function.returns is not None and self.maybe(0.7):
            name = self.fresh("m")
            names.kinds[name] = function.returns
            return [simple(f"{name} = {call}")]
        return [simple(call)]

    def call_method(self, names: Names) -> Block:
        """A method of a trainer, or a new trainer."""
        trainers = [name for name, kind in names.kinds.items() if kind in self.library.trainers]
        if not self.library.trainers:
            return self.forward(names)
        if not trainers or self.maybe(0.15):
            kind = self.chance.choice(list(self.library.trainers))
            held = self.module(names, self.library.trainers[kind].holds)
            name = self.fresh("t")
            names.kinds[name] = kind
            return [simple(f"{name} = {kind}({held})")]
        name = self.chance.choice(trainers)
        trainer = self.library.trainers[names.kinds[name]]
        if self.maybe(0.1) and name != "self":
            held = self.module(names, trainer.holds)
            return [simple(f"{name}.{trainer.attribute} = {held}")]
        if not trainer.methods:
            return [simple(f"{name}.{trainer.attribute}(x)")]
        method = self.chance.choice(trainer.methods)
        return [simple(self.call(names, method, f"{name}.{method.name}"))]

    def optional_module(self, names: Names) -> Block:
        """A module that may be None."""
        name, value = self.fresh("m"), self.module(names, "plain")
        inner = names.inner()
        inner.kinds[name] = "plain"
        body = self.block(inner, 2)
        if self.maybe(0.5):
            start = [simple(f"{name} = {value} if {self.condition(names)} else None")]
        else:
            bind = compound(f"if {self.condition(names)}:", [simple(f"{name} = {value}")])
            start = [simple(f"{name} = None"), bind]
        return [*start, compound(f"if {name} is not None:", body)]

    def set_gradient(self, names: Names) -> Block:
        return [simple(f"torch.set_grad_enabled({self.truth(names)})")]

    def save_and_restore_gradients(self, names: Names) -> Block:
        flag = self.fresh("was")
        statements = [simple(f"{flag} = torch.is_grad_enabled()"), *self.set_gradient(names)]
        statements += self.block(names.inner(), 1)
        if leaves(statements[-1]):
            return statements
        return [*statements, simple(f"torch.set_grad_enabled({flag})")]

    def short_circuit(self, names: Names) -> Block:
        """An effect that only the first operand decides."""
        path = self.module(names, "module")
        act = self.chance.choice([f"{path}.{self.setting(names)}", f"{path}(x) is None"])
        operator = self.chance.choice(["and", "or"])
        lines = [
            f"({self.condition(names)}) {operator} {act}",
            f"{path}.eval() if {self.condition(names)} else {path}.train()",
        ]
        return [simple(self.chance.choice(lines))]

    def by_name(self, names: Names) -> Block:
        """What is usually written as an attribute or a method, spelt by name."""
        path = self.module(names, "plain")
        lines = [
            f'getattr({path}, "{self.chance.choice(["eval", "train"])}")()',
            f"nn.Module.train({path}, {self.flag(names)})",
            f'setattr({path}, "training", {self.flag(names)})',
        ]
        return [simple(self.chance.choice(lines))]

    def reveal(self, names: Names) -> Block:
        if self.maybe(0.4):
            return [simple("reveal_grad()")]
        return [simple(f"reveal_mode({self.module(names, 'module')})")]

    def risk(self, names: Names) -> Block:
        if self.maybe(0.3):
            return [compound(f"if {self.condition(names)}:", [simple("raise RuntimeError")])]
        return [simple("risky()")]

    def leave(self, names: Names) -> Block:
        """A jump, mostly under a condition."""
        choices = ["break", "continue"] if names.in_loop else []
        if names.in_function:
            value = f" {self.expression(names, names.returns)}" if names.returns else ""
            choices.append(f"return{value}")
        choices.append(self.chance.choice(["sys.exit()", "raise RuntimeError"]))
        jump = simple(self.chance.choice(choices))
        if self.maybe(0.15) and names.depth > 1:
            return [jump]
        return [compound(f"if {self.condition(names)}:", [*self.last_change(names), jump])]

    def last_change(self, names: Names) -> Block:
        """What may be done just before a jump, so that its state differs from the others."""
        if self.maybe(0.5):
            return self.set_mode(names)
        return self.set_gradient(names) if self.maybe(0.2) else []

    def test_twice(self, names: Names) -> Block:
        """A flag that is tested, perhaps assigned, and tested again."""
        flags = [name for name in self.of_kind(names, "flag") if name not in names.fixed]
        flag, path = self.fresh("flag"), self.module(names, "module")
        statements: Block = [simple(f"{flag} = coin()")]
        if flags and self.maybe(0.5):
            flag, statements = self.chance.choice(flags), []
        names.kinds[flag] = "flag"
        first = self.set_mode(names) if self.maybe(0.4) else [simple(f"{path}.eval()")]
        statements.append(compound(f"if {flag}:", first))
        if self.maybe(0.5):
            value = self.chance.choice(["coin()", f"not {flag}", "True", "False"])
            statements.append(simple(f"{flag} = {value}"))
        more = [("else:", self.forward(names))] if self.maybe(0.5) else []
        return [*statements, compound(f"if {flag}:", [simple(f"{path}(x)")], *more)]

    def walk(self, names: Names) -> Block:
        """All modules below one."""
        path, what = self.module(names, "plain"), self.chance.choice(["modules()", "children()"])
        if self.maybe(0.3):
            return [simple(f"{path}.apply(lambda v: v.{self.setting(names)})")]
        # A name of its own: in a function, a parameter of this name would be hidden.
        name = self.fresh("v")
        body = [simple(f"{name}.{self.setting(names)}")]
        if self.maybe(0.5):
            body = [compound(f"if isinstance({name}, nn.Dropout):", body)]
        return [compound(f"for {name} in {path}.{what}:", body)]


def leaves(statement: Statement) -> bool:
    """Whether nothing can run behind the statement."""
    return statement.line.split(" ")[0] in ("break", "continue", "return", "raise", "sys.exit()")
