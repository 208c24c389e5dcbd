"""Decorators: what becomes of a function once its decorators have been applied.

A decorator of the file is called; a gradient context or a home-made context manager is
kept and entered by every call; something unseen that is named after gradients or modes may
run the function in any gradient mode.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.records import Misuse
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.things import (
    Class,
    External,
    Function,
    GradientContext,
    Pending,
    Result,
    Setter,
    Thing,
)
from flake8_bn_eval.modes.values import Value, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import Expression, Place
from flake8_bn_eval.wording import describe

KINDS = {
    "builtins.property": "property",
    "functools.cached_property": "cached",
    "builtins.staticmethod": "static",
    "builtins.classmethod": "class",
    "contextlib.contextmanager": "context",
    "contextlib.asynccontextmanager": "context",
}


class Decorators:
    """Applies decorators."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def applied(self, function: Function, world: World, frame: Frame) -> Value:
        """A function with its decorators, from the inside out."""
        value = of_thing(function)
        for decorator in reversed(function.definition.decorators):
            (result,) = self.evaluated([decorator], world, frame)
            value = self._applied(value, result, decorator, world, frame)
        return value

    def evaluated(self, decorators: list[Expression], world: World, frame: Frame) -> list[Value]:
        """What stands behind the ``@`` of decorators."""
        self.machine.decorating = True
        values = [self.machine.expressions.evaluate(each, world, frame) for each in decorators]
        self.machine.decorating = False
        return values

    def contexts(self, decorators: list[Value], place: Place) -> tuple[GradientContext, ...]:
        """The gradient contexts around a class: they hold while an instance is made, no longer."""
        contexts = (self.as_context(each.only_thing, place) for each in decorators)
        return tuple(each for each in contexts if each is not None)

    def tell(
        self, decorators: list[Value], class_: Value, world: World, frame: Frame, place: Place
    ) -> None:
        """Call the decorators of a class: they may put it into a table."""
        for decorator in reversed(decorators):
            if _is_callable(decorator):
                self.machine.calls.call_value(decorator, Arguments((class_,)), world, frame, place)

    def _applied(
        self, value: Value, decorator: Value, text: Expression, world: World, frame: Frame
    ) -> Value:
        function = value.only_thing
        if not isinstance(function, Function):
            return value
        thing = decorator.only_thing
        place = function.definition.place
        context = self.as_context(thing, place)
        if context is not None:
            return self._in_context(function, context, describe(text))
        match thing:
            case External() if self._is_uncalled_context(thing):
                self.machine.recorder.misuses.add(
                    Misuse(place, "uncalled decorator", describe(text))
                )
                return of_thing(function)
            case External(path=path) if path in KINDS:
                return of_thing(replace(function, kind=KINDS[path]))
            case External() | Result():
                return self._perhaps_in_context(function, thing)
            case Pending():
                return of_thing(replace(function, decorators=(thing, *function.decorators)))
            case Setter(of=of):
                return of_thing(replace(of, setter=function))
        if _is_callable(decorator):
            result = self.machine.calls.call_value(
                decorator, Arguments((value,)), world, frame, place
            )
            return result if result.things or result.objects else value
        return value

    def _perhaps_in_context(self, function: Function, decorator: External | Result) -> Value:
        """An unseen decorator that speaks of gradients or modes may run it in any of them.

        Others register a function, read its arguments from somewhere or take its time.
        """
        knowledge, name = self.machine.knowledge, decorator.path.rpartition(".")[2]
        speaks = mentions(name, knowledge.vocabulary.gradient_changers)
        if knowledge.callable(decorator.path) is not None or not speaks:
            return of_thing(function)
        context = GradientContext(decorator.path, "unknown", function.definition.place)
        return of_thing(replace(function, decorators=(context, *function.decorators)))

    def _is_uncalled_context(self, decorator: External) -> bool:
        """A gradient context that works as a decorator only with its parentheses."""
        row = self.machine.knowledge.callable(decorator.path)
        return row is not None and row.gradient is not None and not row.bare

    def as_context(self, thing: Thing | None, place: Place) -> GradientContext | None:
        """The gradient context that a decorator is, with or without parentheses."""
        if isinstance(thing, GradientContext):
            return thing
        if isinstance(thing, External):
            row = self.machine.knowledge.callable(thing.path)
            if row is not None and row.gradient in ("on", "off", "inference") and row.bare:
                return GradientContext(thing.path, row.gradient, place)
        return None

    def _in_context(self, function: Function, context: GradientContext, text: str) -> Value:
        if function.kind in ("property", "cached"):
            place = function.definition.place
            self.machine.recorder.misuses.add(Misuse(place, "decorated property", text))
            return of_thing(function)
        if function.definition.asynchronous:
            # Only the creation of the coroutine is wrapped: the body runs with gradients on.
            return of_thing(function)
        return of_thing(replace(function, decorators=(context, *function.decorators)))


def _is_callable(decorator: Value) -> bool:
    """Whether it is something of the file, or an object of its classes, to be called."""
    is_own = isinstance(decorator.only_thing, Function | Class)
    return is_own or decorator.only_object is not None
