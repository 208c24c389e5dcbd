"""Writes random expressions: modules that can be reached, flags, conditions and contexts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from tests.soundness.names import Function, Library, Names
from tests.soundness.tree import Block

LEAVES = ("nn.Dropout()", "nn.Identity()", "nn.AlphaDropout()", "nn.Dropout(p=0.1)")
KEYS = ("a", "b")
SEQUENCES = ("list", "tuple", "registry")


class Expressions:
    """Expressions over the names of a point; all randomness comes from one generator."""

    def __init__(self, chance: random.Random, library: Library) -> None:
        self.chance = chance
        self.library = library
        self._numbers = itertools.count(2)

    def fresh(self, prefix: str) -> str:
        """A name that the program has not used yet."""
        return f"{prefix}{next(self._numbers)}"

    def block(self, names: Names, size: int) -> Block:
        """Some statements of any kind."""
        raise NotImplementedError

    def maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    def of_kind(self, names: Names, wanted: str) -> list[str]:
        """The variables whose value can stand for a kind."""
        return [name for name, kind in names.kinds.items() if self.library.fits(kind, wanted)]

    def places(self, names: Names, wanted: str) -> list[str]:
        """Every path to a module that can stand for a kind: variables, children, elements."""
        return [
            path
            for name, kind in names.kinds.items()
            for path, found in self._paths(name, kind, 2)
            if self.library.fits(found, wanted)
        ]

    def _paths(self, path: str, kind: str, depth: int) -> Iterator[tuple[str, str]]:
        yield path, kind
        if depth == 0:
            return
        steps: list[tuple[str, str]] = []
        if kind in self.library.shapes:
            steps = list(self.library.shapes[kind].parts)
        elif kind in self.library.trainers:
            trainer = self.library.trainers[kind]
            names = [trainer.attribute, trainer.shown] if trainer.shown else [trainer.attribute]
            steps = [(f".{name}", trainer.holds) for name in names]
        elif kind in SEQUENCES:
            steps = [("[0]", "plain"), ("[-1]", "plain")]
        elif kind == "dict":
            steps = [(f'["{key}"]', "plain") for key in KEYS]
        elif kind == "wrapper":
            steps = [(".module", "plain")]
        for suffix, inner in steps:
            yield from self._paths(path + suffix, inner, depth - 1)

    def module(self, names: Names, wanted: str) -> str:
        """Some module of a kind: mostly one that is there, sometimes a new one."""
        places = self.places(names, wanted)
        variables = self.of_kind(names, wanted)
        if variables and self.maybe(0.6):
            return self.chance.choice(variables)
        if places and self.maybe(0.9):
            return self.chance.choice(places)
        return self.new(names, wanted)

    def new(self, names: Names, wanted: str, *, alone: bool = False) -> str:
        """A module that did not exist before; one that is ``alone`` contains no older one."""
        sources = self.places(names, wanted)
        if sources and wanted not in ("module", "wrapper") and self.maybe(0.25):
            copying = self.chance.choice(["copy.deepcopy"] * 4 + ["copy.copy"])
            return f"{copying}({self.chance.choice(sources)})"
        if wanted == "wrapper":
            return f"nn.DataParallel({self.module(names, 'plain')})"
        kind = wanted
        if wanted in ("plain", "module"):
            shapes = self.library.shapes.values()
            kinds = [shape.kind for shape in shapes if not (alone and shape.takes)]
            kind = self.chance.choice(["leaf", *kinds])
        shape = self.library.shapes[kind]
        if kind == "leaf":
            return self.chance.choice(LEAVES)
        if shape.takes is not None:
            given = self.new(names, "leaf") if alone else self.module(names, shape.takes)
            return f"{shape.build[:-2]}({given})"
        return shape.build

    def expression(self, names: Names, wanted: str) -> str:
        """A module of a kind in any spelling, with what its evaluation may do."""
        roll = self.chance.random()
        producers = [f for f in self.library.functions if f.returns == wanted]
        if producers and roll < 0.2:
            return self.call(names, self.chance.choice(producers))
        if roll < 0.3:
            return f"{self.module(names, wanted)}.{self.setting(names)}"
        if roll < 0.38:
            then, otherwise = self.module(names, wanted), self.module(names, wanted)
            return f"{then} if {self.condition(names)} else {otherwise}"
        if roll < 0.42:
            return f"{self.module(names, wanted)}.to('cpu')"
        if roll < 0.45:
            return f"{self.module(names, wanted)}.requires_grad_(False)"
        if roll < 0.48:
            return f"({self.module(names, wanted)} or {self.module(names, wanted)})"
        return self.module(names, wanted)

    def setting(self, names: Names) -> str:
        """A call that sets a mode and returns the module."""
        flag = self.flag(names)
        return self.chance.choice(
            ["eval()", "eval()", "eval()", "train()", "train()", "train()", "train(False)"]
            + [f"train({flag})", f"train(mode={flag})", f"train(not {flag})"]
        )

    def flag(self, names: Names) -> str:
        """A variable that holds a bool, or a constant."""
        flags = self.of_kind(names, "flag")
        if flags and self.maybe(0.8):
            return self.chance.choice(flags)
        return self.chance.choice(["True", "False"])

    def condition(self, names: Names) -> str:
        """Something to be tested."""
        roll = self.chance.random()
        flags, phases = self.of_kind(names, "flag"), self.of_kind(names, "phase")
        plain = self.places(names, "plain")
        if phases and roll < 0.35:
            operator = self.chance.choice(["==", "!="])
            return f'{self.chance.choice(phases)} {operator} "{self.chance.choice(PHASES)}"'
        if flags and roll < 0.65:
            return f"{self.chance.choice(['', '', 'not '])}{self.chance.choice(flags)}"
        if flags and roll < 0.72:
            operator = self.chance.choice(["and", "or"])
            return f"{self.chance.choice(flags)} {operator} {self.condition(names)}"
        if plain and roll < 0.82:
            return f"{self.chance.choice(['', 'not '])}{self.chance.choice(plain)}.training"
        if roll < 0.85:
            return self.chance.choice(["True", "False", "torch.is_grad_enabled()"])
        return "coin()"

    def context(self, names: Names) -> str:
        """A gradient context."""
        roll = self.chance.random()
        if roll < 0.35:
            return "torch.no_grad()"
        if roll < 0.5:
            return "torch.inference_mode()"
        if roll < 0.62:
            return "torch.enable_grad()"
        if roll < 0.82:
            return f"torch.set_grad_enabled({self.truth(names)})"
        if roll < 0.86:
            return f"torch.inference_mode({self.truth(names)})"
        return f"torch.no_grad() if {self.condition(names)} else contextlib.nullcontext()"

    def truth(self, names: Names) -> str:
        """A bool as an argument: a flag, its negation, or a comparison of phases."""
        phases = self.of_kind(names, "phase")
        if phases and self.maybe(0.5):
            return f'{self.chance.choice(phases)} == "{self.chance.choice(PHASES)}"'
        return f"{self.chance.choice(['', '', 'not '])}{self.flag(names)}"

    def call(self, names: Names, function: Function, name: str | None = None) -> str:
        """A call with fitting arguments, some of them by keyword, some left to their default."""
        given = len(function.parameters) - self.chance.randint(0, function.optional)
        arguments: list[str] = []
        by_keyword = False
        for parameter, kind in function.parameters[:given]:
            by_keyword = by_keyword or self.maybe(0.15)
            value = self.argument(names, kind)
            arguments.append(f"{parameter}={value}" if by_keyword else value)
        return f"{name or function.name}({', '.join(arguments)})"

    def argument(self, names: Names, kind: str) -> str:
        """A value of a kind."""
        if kind == "flag":
            return self.truth(names)
        if kind == "phase":
            phases = self.of_kind(names, "phase")
            return self.chance.choice([*phases, '"train"', '"val"'])
        if kind == "list":
            elements = [self.module(names, "plain") for _ in range(2)]
            return self.chance.choice([*self.of_kind(names, "list"), f"[{', '.join(elements)}]"])
        if kind == "action":
            path = self.module(names, "module")
            made = [f"{path}.eval", f"{path}.train", f"lambda: {path}.{self.setting(names)}"]
            return self.chance.choice([*self.of_kind(names, "action"), *made])
        if kind == "apply":
            return self.chance.choice(
                [*self.of_kind(names, "apply"), "lambda v: v.eval()", "lambda v: v.train()"]
            )
        return self.module(names, kind)


PHASES = ("train", "val")
