"""A forward call as rules see it: in one call context, and with what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from flake8_bn_eval.facts.clues import Clue, told
from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.frames import MODULE_NAME, Site
from flake8_bn_eval.interpret.records import Assumptions, ForwardCall
from flake8_bn_eval.modes.evidence import LOOKED_AT, Tag, Use
from flake8_bn_eval.modes.lattice import Gradient, Mode
from flake8_bn_eval.modes.objects import Sensitivity
from flake8_bn_eval.operations import (
    Attribute,
    Call,
    Constant,
    Expression,
    FunctionDefinition,
)


class Purpose(Enum):
    """What a forward call is for."""

    TRAINING = "training"
    INFERENCE = "inference"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """A forward call in one call context, with what it is for.

    ``region`` is the innermost function that it stands in.  ``firm`` tells that the
    purpose does not rest on circumstances alone.
    """

    record: ForwardCall
    purpose: Purpose
    firm: bool
    is_module: bool
    guessed: bool
    """An unknown name called on a module: one of its layers, or a method that uses some."""
    measures: bool
    """It is part of measuring a model over data, rather than of an answer to a caller."""
    served: bool
    """A server asks for it."""
    seen: Callable[[], frozenset[Clue]]
    """Looks for the clues to its purpose."""

    @property
    def because(self) -> tuple[Remark, ...]:
        """Why it is taken for inference: the two strongest clues."""
        clues = told(self.seen())
        return (Remark(self.place, f"taken for inference: {clues}"),) if clues else ()

    @property
    def subject(self) -> str:
        """The callee as it is written."""
        return self.record.subject

    @property
    def place(self) -> int:
        """Where it is called."""
        return self.record.place

    @property
    def region(self) -> Site:
        """The innermost function."""
        return self.record.stack[-1]

    def function_at(self, place: int) -> FunctionDefinition | None:
        """The function on the way here that a place stands in: the innermost, or a caller."""
        stack = self.record.stack
        for outer, site in pairwise(stack):
            if site.call == place:
                return outer.definition
        return self.region.definition

    @property
    def is_inference(self) -> bool:
        """A forward call of a module for its predictions."""
        if not self.record.uses:
            # Nobody looks at the output: it is run for what it does to the module.
            return False
        if self.guessed and not LOOKED_AT & self.record.uses:
            return False
        return self._counts and self.purpose is Purpose.INFERENCE

    @property
    def is_training(self) -> bool:
        """A forward call of a module whose output is differentiated."""
        return self._counts and self.purpose is Purpose.TRAINING

    @property
    def _counts(self) -> bool:
        return self.is_module and not self.record.inside_forward

    @property
    def mode_matters(self) -> bool:
        """Whether anything in the module may compute differently in its two modes."""
        return self.record.sensitive is not Sensitivity.NO

    @property
    def is_probe(self) -> bool:
        """Called on made-up data, for shapes or for warming up, after its weights were loaded."""
        record = self.record
        made_up = Tag.MADE_UP in record.tags
        return made_up and record.loaded and record.certain and not record.trained

    @property
    def keeps_graph(self) -> bool:
        """Whether its graph may leave for where nobody has seen it used."""
        uses = self.record.uses
        kept = bool({Use.STORED, Use.KEPT} & uses) and not LOOKED_AT & uses
        return kept or Use.RETURNED in uses

    @property
    def has_no_graph(self) -> bool:
        """Whether an output becomes an array as it is: with a graph it would refuse to."""
        return Use.BARE_ARRAY in self.record.uses and Use.KEPT not in self.record.uses

    def may_be(self, mode: Mode) -> bool:
        """Whether the module may be in a mode, as far as anything tells."""
        return self.record.modes.may_be(mode) and not self.record.modes.is_doubtful(mode)

    def must_be(self, mode: Mode) -> bool:
        """Whether every path that leads here leaves the module in a mode."""
        return self.record.modes.must_be(mode)

    def may_be_trained_in(self, mode: Mode) -> bool:
        """Whether the module may be in a mode where its output is differentiated."""
        return self.may_be(mode) and any(
            mode in seen.modes and not _contradict(seen.assumed, assumed)
            for seen in self.record.observations
            for assumed in self.record.trained_under
        )

    def how(self, mode: Mode) -> tuple[Remark, ...]:
        """How it came into a mode, then the calls that lead here."""
        return (*self.record.modes.witness(mode), *self.calls)

    def how_gradients(self, gradient: Gradient) -> tuple[Remark, ...]:
        """How gradients came to be on or off, then the calls that lead here."""
        return (*self.record.gradients.witness(gradient), *self.calls)

    @property
    def calls(self) -> tuple[Remark, ...]:
        """The calls by which the program comes to this function."""
        return tuple(
            Remark(site.call, f"`{outer.name}` calls `{site.name}`")
            if outer.name != MODULE_NAME
            else Remark(site.call, f"the file calls `{site.name}`")
            for outer, site in zip(self.record.stack, self.record.stack[1:], strict=False)
            if site.call is not None
        )


def answers_requests(record: ForwardCall) -> bool:
    """Whether the function that is entered first serves a route: a server calls it."""
    root = record.stack[0].definition
    return root is not None and any(map(_is_route, root.decorators))


def _is_route(decorator: Expression) -> bool:
    """Whether a decorator gives a function to a server: ``@app.post("/predict")``."""
    match decorator:
        case Call(callee=Attribute(), arguments=[Constant(value=str() as path), *_]):
            return path.startswith("/")
    return False


def _contradict(first: Assumptions, second: Assumptions) -> bool:
    """Whether two sets of assumptions cannot hold together."""
    return any((question, not truth) in second for question, truth in first)
