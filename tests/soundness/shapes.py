"""Writes shapes of real programs in which an analysis forgets at joins what it knew.

Each has something in the middle that does not concern it: a branch, another loop, another call.
"""

from __future__ import annotations

import random

from tests.soundness.classes import Classes
from tests.soundness.expressions import KEYS
from tests.soundness.names import Function, Library, Names, Shape
from tests.soundness.tree import Block, Statement, compound, simple

DIAMOND = 4
"""How many classes `Shapes.diamond` writes."""


class Shapes(Classes):
    """Alternatives, displays, loading that may fail, functions handed on, guards, diamonds."""

    def __init__(self, chance: random.Random, library: Library) -> None:
        super().__init__(chance, library)
        self.simple_writers += [
            (4, self.alternatives),
            (4, self.display),
            (4, self.loading),
            (4, self.handed_on),
            (3, self.same_guard),
            (3, self.passing_over),
        ]

    def unrelated(self, names: Names) -> Block:
        """A branch or a loop that has nothing to do with what stands around it."""
        name = self.fresh("n")
        nothing: Block = [simple(f"{name} = 1")]
        other = self.chance.choice([nothing, nothing, self.set_mode(names), self.forward(names)])
        header = self.chance.choice(["if coin():", "if coin():", "for batch in loader:"])
        return [compound(header, other)]

    def perhaps(self, *writers: Block) -> Block:
        """Some of the blocks, in their order."""
        return [statement for block in writers if self.maybe(0.6) for statement in block]

    # Alternatives

    def alternatives(self, names: Names) -> Block:
        """A name for one of two modules, which is switched and used behind a branch."""
        name = self.fresh("m")
        start = self._chosen(names, name)
        names.kinds[name] = "plain"
        switch: Block = [simple(f"{name}.{self.setting(names)}")]
        return [*start, *self.perhaps(switch, self.unrelated(names)), simple(f"{name}(x)")]

    def _chosen(self, names: Names, name: str) -> Block:
        dicts = self.of_kind(names, "dict")
        if dicts and self.maybe(0.35):
            key = self.fresh("key")
            return [
                simple(f"{key} = {self._key(names)}"),
                simple(f"{name} = {self.chance.choice(dicts)}[{key}]"),
            ]
        first, second = self.new(names, "plain"), self.new(names, "plain")
        if self.maybe(0.5):
            return [simple(f"{name} = {first} if {self.condition(names)} else {second}")]
        otherwise = ("else:", [simple(f"{name} = {second}")])
        return [compound(f"if {self.condition(names)}:", [simple(f"{name} = {first}")], otherwise)]

    def _key(self, names: Names) -> str:
        return f'"{KEYS[0]}" if {self.condition(names)} else "{KEYS[1]}"'

    # Displays

    def display(self, names: Names) -> Block:
        """New modules in a list or dictionary, all of them switched, one or all used."""
        name = self.fresh("c")
        first, second = self.new(names, "plain"), self.new(names, "plain")
        if self.maybe(0.5):
            names.kinds[name] = "list"
            made = simple(f"{name} = [{first}, {second}]")
            switched, used = self._over_list(names, name)
        else:
            names.kinds[name] = "dict"
            made = simple(f'{name} = {{"{KEYS[0]}": {first}, "{KEYS[1]}": {second}}}')
            switched, used = self._over_dict(names, name)
        return [made, *self.perhaps([switched], self.unrelated(names)), *used]

    def _over_list(self, names: Names, name: str) -> tuple[Statement, Block]:
        each, index, setting = self.fresh("m"), self.fresh("i"), self.setting(names)
        switched = self.chance.choice(
            [
                compound(f"for {each} in {name}:", [simple(f"{each}.{setting}")]),
                compound(f"for {index} in range(2):", [simple(f"{name}[{index}].{setting}")]),
                simple(f"[{each}.{setting} for {each} in {name}]"),
            ]
        )
        used = self.chance.choice(
            [
                compound(f"for {each} in {name}:", [simple(f"{each}(x)")]),
                simple(f"{name}[0 if {self.condition(names)} else 1](x)"),
                simple(f"{name}[-1](x)"),
            ]
        )
        return switched, [used]

    def _over_dict(self, names: Names, name: str) -> tuple[Statement, Block]:
        each, key, setting = self.fresh("m"), self.fresh("key"), self.setting(names)
        switched = self.chance.choice(
            [
                compound(f"for {key} in {name}:", [simple(f"{name}[{key}].{setting}")]),
                compound(f"for {each} in {name}.values():", [simple(f"{each}.{setting}")]),
                compound(f"for {key}, {each} in {name}.items():", [simple(f"{each}.{setting}")]),
            ]
        )
        choose = simple(f"{key} = {self._key(names)}")
        used: Block = self.chance.choice(
            [
                [choose, simple(f"{name}[{key}](x)")],
                [compound(f"for {key} in {name}:", [simple(f"{name}[{key}](x)")])],
                [simple(f'{name}["{self.chance.choice(KEYS)}"](x)')],
            ]
        )
        return switched, used

    # Loading

    def loader_function(self, names: Names) -> Statement:
        """A function that makes a module, or raises."""
        name, kind = self.fresh("load"), self.chance.choice(["leaf", "pair", "plain"])
        inner = names.nested({}, kind)
        failing = self.chance.choice(
            [
                simple("risky()"),
                compound(f"if {self.condition(inner)}:", [simple("raise RuntimeError")]),
            ]
        )
        made = simple(f"net = {self.new(inner, kind)}")
        switch: Block = [simple(f"net.{self._plain_setting()}")]
        body = [*self.perhaps([failing]), made, *self.perhaps(switch, [failing])]
        self.library.loaders.append(Function(name, (), kind))
        return compound(f"def {name}():", [*body, simple("return net")])

    def loading(self, names: Names) -> Block:
        """A module that is loaded in a `try`, once or in every pass of a loop."""
        if not self.library.loaders:
            return self.alternatives(names)
        name = self.fresh("m")
        call = f"{self.chance.choice(self.library.loaders).name}()"
        switch: Block = [simple(f"{name}.{self.setting(names)}")]
        loaded: Block = [simple(f"{name} = {call}"), *self.perhaps(switch)]
        error = self.chance.choice(["except RuntimeError:", "except Exception:", "except:"])
        if self.maybe(0.5):
            return self._loaded_in_loop(names, name, loaded, error)
        failed = self.chance.choice(["None", "None", self.new(names, "plain")])
        attempt = compound("try:", loaded, (error, [simple(f"{name} = {failed}")]))
        uses = [*self.perhaps(switch), simple(f"{name}(x)")]
        if failed == "None":
            uses = [compound(f"if {name} is not None:", uses)]
        else:
            names.kinds[name] = "plain"
        return [attempt, *self.perhaps(self.unrelated(names)), *uses]

    def _loaded_in_loop(self, names: Names, name: str, loaded: Block, error: str) -> Block:
        kept, each = self.fresh("c"), self.fresh("m")
        made = simple(f"{kept} = [{self.new(names, 'plain')}, {self.new(names, 'plain')}]")
        attempt = compound("try:", loaded, (error, [simple("continue")]))
        body = [attempt, *self.perhaps(self.unrelated(names)), simple(f"{kept}.append({name})")]
        if self.maybe(0.4):
            body.append(simple(f"{name}(x)"))
        names.kinds[kept] = "list"
        header = self.chance.choice(["for batch in loader:", "for _ in range(2):"])
        used = compound(f"for {each} in {kept}:", [simple(f"{each}(x)")])
        return [made, compound(header, body), *self.perhaps([used])]

    # Functions

    def handed_on(self, names: Names) -> Block:
        """Functions that are kept in a dictionary, list or attribute, and called from there."""
        first, second = self.argument(names, "action"), self.argument(names, "action")
        path = self.module(names, "plain")
        roll = self.chance.random()
        trainers = [name for name, kind in names.kinds.items() if kind in self.library.trainers]
        if trainers and roll < 0.35:
            kept = f"{self.chance.choice(trainers)}.{self.fresh('hook')}"
            block = [simple(f"{kept} = {first}"), *self.perhaps(self.unrelated(names))]
            return [*block, simple(f"{kept}()"), simple(f"{path}(x)")]
        name = self.fresh("acts")
        if roll < 0.7:
            made = simple(f'{name} = {{"{KEYS[0]}": {first}, "{KEYS[1]}": {second}}}')
            call = f"{name}[{self._key(names)}]()"
            if self.maybe(0.4):
                call = f'{name}["{self.chance.choice(KEYS)}"]()'
            return [made, *self.perhaps(self.unrelated(names)), simple(call), simple(f"{path}(x)")]
        act = self.fresh("f")
        run = compound(f"for {act} in {name}:", [simple(f"{act}()")])
        return [simple(f"{name} = [{first}, {second}]"), run, simple(f"{path}(x)")]

    # Guards

    def same_guard(self, names: Names) -> Block:
        """The same condition twice, with a branch between that does not concern it."""
        if self.maybe(0.4):
            name = self.fresh("m")
            made = simple(
                f"{name} = {self.new(names, 'plain')} if {self.condition(names)} else None"
            )
            return [made, *self._guarded(names, f"{name} is not None", name)]
        flags = self.of_kind(names, "flag")
        start: Block = []
        if not flags:
            flags = [self.fresh("flag")]
            names.kinds[flags[0]] = "flag"
            start = [simple(f"{flags[0]} = coin()")]
        return [
            *start,
            *self._guarded(names, self.chance.choice(flags), self.module(names, "plain")),
        ]

    def _guarded(self, names: Names, guard: str, path: str) -> Block:
        first: Block = [simple(f"{path}.{self._plain_setting()}")]
        second: Block = [simple(f"{path}(x)"), *self.perhaps([simple(f"{path}.train()")])]
        more = [("else:", self.forward(names))] if self.maybe(0.3) else []
        between = self.unrelated(names) + self.perhaps(self.unrelated(names))
        return [compound(f"if {guard}:", first), *between, compound(f"if {guard}:", second, *more)]

    def passing_over(self, names: Names) -> Block:
        """A loop that begins with an early `continue`."""
        name = self.fresh("m")
        sequences = self.sequences(names)
        first, second = self.module(names, "plain"), self.module(names, "plain")
        source = self.chance.choice(sequences) if sequences else f"({first}, {second})"
        condition = self.chance.choice(
            [f"not isinstance({name}, nn.Dropout)", f"{name}.training", self.condition(names)]
        )
        skip = compound(f"if {condition}:", [simple("continue")])
        body = [
            skip,
            *self.perhaps([simple(f"{name}.{self.setting(names)}")]),
            simple(f"{name}(x)"),
        ]
        return [compound(f"for {name} in {source}:", body)]

    # Classes

    def diamond(self, first: int) -> Block:
        """A class of modules, two derived from it, and one derived from both."""
        kinds = [f"Net{first + number}" for number in range(DIAMOND)]
        children = ((".first", "leaf"), (".second", "leaf"))
        top = Shape(kinds[0], f"{kinds[0]}()", children)
        body: Block = [
            compound(*self._constructor(top)),
            self._forward(top),
            *self.perhaps([self._train_override()]),
        ]
        self.library.shapes[kinds[0]] = top
        classes: Block = [compound(f"class {kinds[0]}(nn.Module):", body)]
        for kind, bases in zip(kinds[1:], (*[kinds[:1]] * 2, kinds[1:3]), strict=True):
            classes.append(self._in_diamond(kind, bases, children))
        return classes

    def _in_diamond(
        self, kind: str, bases: list[str], children: tuple[tuple[str, str], ...]
    ) -> Statement:
        part = self.chance.choice(children)[0]
        setting: Block = [simple(f"self{part}.{self._plain_setting()}")]
        constructor: Block = [simple("super().__init__()"), *self.perhaps(setting)]
        body = self.perhaps([compound("def __init__(self):", constructor)])
        if self.maybe(0.6):
            body.append(self._train_override())
        if self.maybe(0.4):
            through = [*self.perhaps(setting), simple("return super().forward(x)")]
            body.append(compound("def forward(self, x):", through))
        self.library.shapes[kind] = Shape(kind, f"{kind}()", children)
        return compound(f"class {kind}({', '.join(bases)}):", body or [simple("pass")])
