"""What a generated program may name at some point, and what kind of value each name has.

Kinds: ``leaf`` and ``pair`` and the names of generated classes are modules of a known shape;
``plain`` is any module that is no wrapper, ``module`` may be a wrapper; ``wrapper``, ``list``,
``tuple``, ``dict`` and ``registry`` (a ``ModuleList``) hold modules; ``flag`` is a bool, ``phase``
a text, ``action`` takes nothing and ``apply`` takes a module; a class of trainers is a kind of
its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shape:
    """A class of modules: how it is built, and its submodules by the suffix that reaches them.

    ``takes`` is the kind of module that its constructor takes, if it takes one.
    """

    kind: str
    build: str
    children: tuple[tuple[str, str], ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    takes: str | None = None

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Suffix and kind of everything that is inside, registered or not."""
        return self.children + self.hidden


LEAF = Shape("leaf", "nn.Dropout()")
PAIR = Shape(
    "pair", "nn.Sequential(nn.Dropout(), nn.Identity())", (("[0]", "leaf"), ("[1]", "leaf"))
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the program: the kinds of its parameters, what it returns (or None)."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    returns: str | None = None
    optional: int = 0


@dataclass(frozen=True, slots=True)
class Trainer:
    """A class with a module: where it is, what kind it is, the methods by name.

    ``shown`` is a property that hands out the module, empty if there is none.
    """

    kind: str
    attribute: str
    holds: str
    methods: tuple[Function, ...]
    shown: str = ""


@dataclass(slots=True)
class Library:
    """What the program has defined until now, for all scopes."""

    shapes: dict[str, Shape] = field(default_factory=lambda: {"leaf": LEAF, "pair": PAIR})
    functions: list[Function] = field(default_factory=list)
    managers: list[Function] = field(default_factory=list)
    generators: list[Function] = field(default_factory=list)
    loaders: list[Function] = field(default_factory=list)
    """Functions that make a module, or raise."""
    decorators: list[str] = field(default_factory=list)
    trainers: dict[str, Trainer] = field(default_factory=dict)

    def fits(self, kind: str, wanted: str) -> bool:
        """Whether a value of a kind can stand where another is wanted."""
        if kind == wanted:
            return True
        is_plain = kind in self.shapes or kind == "plain"
        return (wanted == "plain" and is_plain) or (
            wanted == "module" and (is_plain or kind == "wrapper")
        )


@dataclass(slots=True)
class Names:
    """The names that are bound at some point of a body.

    A name in ``fixed`` can be read but not assigned: it belongs to another scope.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    returns: str | None = None
    in_function: bool = False
    in_loop: bool = False
    depth: int = 0

    def inner(self, *, loop: bool | None = None) -> Names:
        """The names inside a block of the same body."""
        in_loop = self.in_loop if loop is None else loop
        return Names(
            dict(self.kinds), self.fixed, self.returns, self.in_function, in_loop, self.depth + 1
        )

    def nested(self, parameters: dict[str, str], returns: str | None) -> Names:
        """The names inside a function that is defined here: what is outside is fixed."""
        kinds = {**self.kinds, **parameters}
        return Names(kinds, frozenset(self.kinds) - set(parameters), returns, True, False, 1)
