"""What a runner of flow nodes asks of the meaning half."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from flake8_bn_eval.flow.nodes import Exit, Loop

State = TypeVar("State")
Exits = dict[Exit, State]


class Domain(Protocol[State]):
    """What the runner asks of the meaning half."""

    def fork(self, state: State) -> State:
        """An independent copy."""
        ...

    def join(self, first: State, second: State) -> State:
        """The least state that covers both."""
        ...

    def gather(self, gathered: State, last: State, state: State) -> State:
        """The join of what was gathered, ``last`` among it, with one more state; keeps that."""
        ...

    def signature(self, state: State) -> object:
        """Equal for two states in a row if no handler could tell them apart; cheap."""
        ...

    def stable(self, before: State, after: State) -> bool:
        """Whether a loop's entry state has stopped growing."""
        ...

    def context(self) -> object:
        """By which calls the running code was reached, and in which passes written out."""
        ...

    def step(self, operation: object, state: State) -> State | None:
        """The state after an operation, None if it never ends normally."""
        ...

    def decide(self, condition: object, state: State) -> tuple[State | None, State | None]:
        """The states in which a condition holds and does not hold."""
        ...

    def driven(
        self, header: object, state: State, body: Callable[[State], Exits[State]]
    ) -> Exits[State] | None:
        """Run a loop whose iterable runs code between the elements; None for any other."""
        ...

    def literal_passes(self, header: object, state: State) -> int | None:
        """How often a loop runs, where its elements are written out; consumes nothing."""
        ...

    def iterated(self, header: object, state: State) -> object:
        """What such a loop runs over, as far as its body can add to it; consumes nothing."""
        ...

    def has_grown(self, iterated: object, state: State, passes: int) -> bool:
        """Whether that may have further elements after so many passes."""
        ...

    def take(self, header: object, state: State, index: int) -> State | None:
        """Take the element with that index."""
        ...

    def take_some(self, header: object, state: State, way: int | None) -> State | None:
        """Take an element of a way, or any: the state in which there is another pass."""
        ...

    def ways(self, header: object, state: State) -> list[int | None]:
        """The sorts of elements of a loop that is not written out; None for any."""
        ...

    def unrolled(self, header: object) -> None:
        """The passes of a loop over elements that are written out are over."""
        ...

    def leave(self, header: object, state: State, passes: list[State]) -> State | None:
        """The state in which a loop finds no further element.

        ``state`` covers any number of passes, none among them; ``passes`` are the states
        after the last pass of each way.
        """
        ...

    def interrupt(self, header: object, entry: State, state: State) -> State:
        """The state of a loop that was left although there may be further elements."""
        ...

    def age(self, state: State, since: State) -> State:
        """The state at the beginning of another pass: what was born since is of earlier ones."""
        ...

    def forget_dead(self, loop: Loop, state: State, since: State) -> State:
        """The state at the end of a pass without what no later one can tell.

        ``since`` is the state before the loop: what is older stays.
        """
        ...

    def turns_flag(self, entry: State, passes: list[State]) -> bool:
        """Whether a loop's body turns a flag, by which later passes know that they are later."""
        ...

    def suppose_pass(self, loop: object, state: State, again: bool) -> State:
        """The state at the head of a loop, before its first pass or any later one."""
        ...

    def begin_guarded(self, guarded: object, state: State) -> None:
        """A ``try`` begins; whether it raised in an earlier pass is of no concern."""
        ...

    def suppose_raised(self, guarded: object, state: State, truth: bool) -> State:
        """The state where the body of a ``try`` has raised, or has not."""
        ...

    def forget_lost(self, state: State, since: State) -> State:
        """The state that an exception leaves: without what was born and nobody holds."""
        ...

    def scoped(
        self, enter: object, state: State, body: Callable[[State], Exits[State]]
    ) -> Exits[State]:
        """Run the body of a ``with`` between its entering and its leaving."""
        ...

    def widen(self, state: State) -> State:
        """Give up on a loop that does not become stable: forget what it may change."""
        ...
