"""Writes random statements: everything that may change or show a mode or a gradient mode."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from tests.soundness.expressions import KEYS, PHASES, Expressions
from tests.soundness.names import Function, Library, Names
from tests.soundness.tree import Block, Statement, compound, render, simple

Writer = Callable[[Names], Block]
COMPOUND = (0.4, 0.3, 0.2, 0.1, 0.0)
"""How often a statement is a compound one, by the depth at which it stands."""



class Statements(Expressions):
    """Blocks of statements; a block never uses a name that may be unbound."""

    def __init__(self, chance: random.Random, library: Library) -> None:
        super().__init__(chance, library)
        self._numbers = itertools.count(2)
        self._writers: list[tuple[float, Writer]] = [
            (16, self.forward),
            (12, self.set_mode),
            (5, self.rebind),
            (4, self.introduce),
            (2, self.swap),
            (2, self.container),
            (2, self.over_container),
            (1, self.grow),
            (3, self.new_flag),
            (1, self.replace_child),
            (1, self.assign_flag),
            (2, self.save_and_restore),
            (14, self.call_function),
            (10, self.call_method),
            (2, self.make_action),
            (3, self.run_action),
            (2, self.optional_module),
            (1, self.comprehension),
            (3, self.set_gradient),
            (2, self.reveal),
            (2, self.risk),
            (2, self.leave),
            (2, self.walk),
        ]
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

    def fresh(self, prefix: str) -> str:
        """A name that the program has not used yet."""
        return f"{prefix}{next(self._numbers)}"

    def block(self, names: Names, size: int) -> Block:
        """About ``size`` statements, and at least one."""
        statements: Block = []
        for _ in range(size):
            is_compound = self.maybe(COMPOUND[min(names.depth, len(COMPOUND) - 1)])
            writers = self._compound_writers if is_compound else self._writers
            weights = [weight for weight, _ in writers]
            writer = self.chance.choices([write for _, write in writers], weights)[0]
            statements += writer(names)
            if statements and _leaves(statements[-1]):
                break
            if self.maybe(0.45):
                statements += self.forward(names)
        return statements or [simple("pass")]

    def small(self, names: Names, **changes: bool) -> Block:
        """A block inside a compound statement."""
        return self.block(names.inner(**changes), self.chance.choice([1, 1, 2, 2, 3]))

    # Simple statements

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

    def container(self, names: Names) -> Block:
        name = self.fresh("c")
        elements = [self.module(names, "plain") for _ in range(2)]
        if self.maybe(0.6):
            names.kinds[name] = "list"
            open_mark, close_mark = self.chance.choice([("[", "]"), ("[", "]"), ("list((", "))")])
            return [simple(f"{name} = {open_mark}{', '.join(elements)}{close_mark}")]
        names.kinds[name] = "dict"
        items = ", ".join(f'"{key}": {value}' for key, value in zip(KEYS, elements, strict=True))
        return [simple(f"{name} = {{{items}}}")]

    def grow(self, names: Names) -> Block:
        lists = self.of_kind(names, "list")
        if not lists:
            return self.container(names)
        value = self.module(names, "plain")
        target = self.chance.choice(lists)
        return [
            simple(self.chance.choice([f"{target}.append({value})", f"{target}[0] = {value}"]))
        ]

    def over_container(self, names: Names) -> Block:
        """A loop over modules."""
        lists, dicts = self.of_kind(names, "list"), self.of_kind(names, "dict")
        name = self.fresh("m")
        inner = names.inner(loop=True)
        inner.kinds[name] = "plain"
        target = name
        if dicts and self.maybe(0.4):
            source = f"{self.chance.choice(dicts)}.values()"
        elif lists and self.maybe(0.7):
            source = self.chance.choice(lists)
            if self.maybe(0.3):
                target, source = f"_, {name}", f"enumerate({source})"
        else:
            source = f"({self.module(names, 'plain')}, {self.module(names, 'plain')})"
        body = [simple(f"{name}.{self.setting(names)}")] if self.maybe(0.6) else []
        body += self.block(inner, 1)
        return [compound(f"for {target} in {source}:", body)]

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
        if _leaves(statements[-1]):
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

    def comprehension(self, names: Names) -> Block:
        lists = self.of_kind(names, "list")
        source = self.chance.choice(lists) if lists else f"[{self.module(names, 'plain')}]"
        lines = [
            f"[v.{self.setting(names)} for v in {source}]",
            f"[v(x) for v in {source} if {self.condition(names)}]",
            f"[{self.module(names, 'module')}(batch) for batch in loader]",
            f"any(v.{self.setting(names)} is None for v in {source})",
        ]
        line = self.chance.choice(lines)
        if self.maybe(0.3):
            name = self.fresh("c")
            line = f"{name} = [{self.new(names, 'plain')} for _ in range(2)]"
            names.kinds[name] = "list"
        return [simple(line)]

    def set_gradient(self, names: Names) -> Block:
        return [simple(f"torch.set_grad_enabled({self.truth(names)})")]

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
        return [compound(f"if {self.condition(names)}:", [jump])]

    def walk(self, names: Names) -> Block:
        """All modules below one."""
        path, what = self.module(names, "plain"), self.chance.choice(["modules()", "children()"])
        if self.maybe(0.3):
            return [simple(f"{path}.apply(lambda v: v.{self.setting(names)})")]
        body = [simple(f"v.{self.setting(names)}")]
        if self.maybe(0.5):
            body = [compound("if isinstance(v, nn.Dropout):", body)]
        return [compound(f"for v in {path}.{what}:", body)]

    # Compound statements

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
        if self.maybe(0.3):
            jump = simple(self.chance.choice(["break", "break", "continue"]))
            place = self.chance.randint(0, len(body))
            body.insert(place, compound(f"if {self.condition(names)}:", [jump]))
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


def _leaves(statement: Statement) -> bool:
    return statement.line.split(" ")[0] in ("break", "continue", "return", "raise", "sys.exit()")

