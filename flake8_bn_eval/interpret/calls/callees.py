"""Calls: who is called, with what, and what happens when nobody in sight is.

Something unseen may do anything to a module that it is handed, but names are evidence:
only where a name speaks of modes (``prepare_for_eval(model)``) is the mode unknown
afterwards; ``count_parameters(model)`` leaves it alone.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.interpret.calls.alternatives import in_each
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.interpret.modules.methods import SPEAKING_OF_MODULES
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.modes.evidence import Tag
from flake8_bn_eval.modes.holding import drop_unheld
from flake8_bn_eval.modes.things import (
    Class,
    Constant,
    External,
    Function,
    GradientContext,
    Method,
    ModeContext,
    ObjectId,
    Parameters,
    Partial,
    Result,
    Super,
)
from flake8_bn_eval.modes.values import (
    LONGEST_SUBJECT,
    UNKNOWN,
    Value,
    of_constant,
    of_object,
    of_thing,
)
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Attribute,
    Call,
    Expression,
    Name,
    Place,
    Starred,
)
from flake8_bn_eval.wording import describe

OF_TEXT = frozenset(
    {
        "capitalize", "casefold", "count", "endswith", "find", "lower", "lstrip", "removeprefix",
        "removesuffix", "replace", "rstrip", "startswith", "strip", "title", "upper",
    }
)  # fmt: skip
"""Methods of strings that give a string, a number or a truth value."""


class Calls:
    """Evaluates calls."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def call(self, expression: Call, world: World, frame: Frame) -> Value:
        """The value of a call expression."""
        result = self._called(expression, world, frame)
        if result.lineage and Tag.LOSS not in result.tags and self._gives_loss(expression.callee):
            return result.tagged(Tag.LOSS)
        return result

    def _gives_loss(self, callee: Expression) -> bool:
        """Whether the name of what is called says that it compares outputs with targets."""
        name = callee.name if isinstance(callee, Attribute) else describe(callee)
        return mentions(name, self.machine.knowledge.vocabulary.losses)

    def _called(self, expression: Call, world: World, frame: Frame) -> Value:
        callee = expression.callee
        if isinstance(callee, Attribute):
            receiver = self.machine.expressions.evaluate(callee.value, world, frame)
            arguments = self.arguments(expression, world, frame)
            return self._on_receiver(receiver, callee, arguments, world, frame, expression.place)
        if isinstance(callee, Name) and callee.variable[0] == BUILTIN_SCOPE:
            special = self.machine.builtin_calls.builtin(
                callee.variable[1], expression, world, frame
            )
            if special is not None:
                return special
        value = self.machine.expressions.evaluate(callee, world, frame)
        arguments = self.arguments(expression, world, frame)
        return self.call_value(
            value, arguments, world, frame, expression.place, subject=describe(callee)
        )

    def arguments(self, expression: Call, world: World, frame: Frame) -> Arguments:
        """Evaluate the arguments of a call."""
        evaluate, chosen = self.machine.expressions.evaluate, self.machine.expressions.chosen
        consumed, named = self.machine.generators.consumed, self.machine.data.imported
        positional: list[Value] = []
        is_open = False
        spread: Value | None = None
        for argument in expression.arguments:
            if isinstance(argument, Starred):
                value = evaluate(argument.value, world, frame)
                elements = self.machine.containers.known_elements(value, world)
                is_open = is_open or elements is None
                if elements is None and len(expression.arguments) == 1:
                    spread = value
                positional += [UNKNOWN.descending(value)] if elements is None else elements
            else:
                value = named(argument, chosen(argument, world, frame))
                positional.append(consumed(value, world, frame))
        keywords: list[tuple[str | None, Value]] = []
        for name, each in expression.keywords:
            value = named(each, chosen(each, world, frame))
            expanded = None if name else self.machine.containers.known_items(value, world)
            if name is None and expanded is not None:
                keywords += expanded
            else:
                is_open = is_open or name is None
                keywords.append((name, value))
        return Arguments(tuple(positional), tuple(keywords), is_open, spread)

    def _on_receiver(
        self,
        receiver: Value,
        callee: Attribute,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        """``receiver.name(arguments)``."""
        subject = describe(callee)
        receiver = self.machine.receivers.narrowed(receiver, world)
        if self.machine.steps.names_mode(callee.name):
            receiver = self.machine.receivers.told_apart(receiver, callee.value, world)
        if len(receiver.objects) + len(receiver.things) <= 1:
            return self._alternative(receiver, callee, arguments, world, frame, place, subject)
        sets_mode = self.machine.steps.names_mode(callee.name)
        held = self.machine.receivers.held_by(callee.value) if sets_mode else None

        def on(alternative: Value, each: World) -> Value:
            if held is not None and each is not world:
                self.machine.splitting.replace(held, alternative, each)
                drop_unheld(receiver.objects - alternative.objects, each)
            return self._alternative(alternative, callee, arguments, each, frame, place, subject)

        switches = self.machine.mode_switches
        doubtful = sets_mode and not receiver.is_told_apart
        before = switches.modules_below(receiver, world) if doubtful else {}
        result = in_each(receiver, world, on)
        switches.admit_doubt(before, world)
        return result

    def _alternative(
        self,
        receiver: Value,
        callee: Attribute,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        name = callee.name
        if name == "enter_context":
            return self._enter_context(arguments, world, frame, place)
        if name == "requires_grad_" and isinstance(callee.value, Name):
            self.machine.data.differentiable(callee.value, arguments, world)
        identity = receiver.only_object
        if identity is not None:
            return self.call_method(
                identity, name, receiver, arguments, world, frame, place, callee
            )
        thing = receiver.only_thing
        match thing:
            case Result() if self.is_known(f"{thing.path}.{name}"):
                return self.machine.library.call(
                    f"{thing.path}.{name}", arguments, world, frame, place
                )
            case Result() if not receiver.lineage or name in SPEAKING_OF_MODULES:
                found = self.machine.results.identify(thing, world).tagged(*receiver.tags)
                if found.only_object is not None:
                    found = found.descending(receiver)
                    return self._alternative(found, callee, arguments, world, frame, place, subject)
            case External():
                found = self.machine.expressions.attribute(receiver, name, world, frame)
                return self.call_value(found, arguments, world, frame, place, subject=subject)
            case Class() | Super():
                value = self.machine.expressions.attribute(receiver, name, world, frame)
                return self.call_value(value, arguments, world, frame, place, subject=subject)
            case GradientContext():
                self.machine.contexts.method(thing, name, world, frame, place)
                return receiver
            case Constant(value=str()):
                return self._of_text(thing, name, arguments)
        return self.machine.data.method(receiver, name, arguments, world, frame, place, subject)

    def is_known(self, path: str) -> bool:
        """Whether the tables know this very method of a class."""
        row = self.machine.knowledge.callable(path)
        return row is not None and "*" not in row.name

    def _enter_context(
        self, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        """``stack.enter_context(context)``: it lasts until the stack is left."""
        value = arguments.get(0, "cm")
        thing = None if value is None else value.only_thing
        if isinstance(thing, GradientContext):
            self.machine.contexts.apply(thing, world, frame, place)
        elif isinstance(thing, ModeContext):
            self.machine.mode_contexts.enter(thing, world, frame, place)
        return UNKNOWN if value is None else value

    def _of_text(self, text: Constant, name: str, arguments: Arguments) -> Value:
        """Methods of a literal string."""
        constants = [each.constant for each in arguments]
        if isinstance(text.value, str) and None not in constants:
            values = [each.value for each in constants if each is not None]
            if name in OF_TEXT:
                try:
                    found = getattr(text.value, name)(*values)
                except (TypeError, OverflowError):
                    return UNKNOWN
                too_long = isinstance(found, str) and len(found) > LONGEST_SUBJECT
                return UNKNOWN if too_long else of_constant(found)
        return self.machine.data.written(*arguments)

    def call_method(
        self,
        identity: ObjectId,
        name: str,
        receiver: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        callee: Attribute | None = None,
    ) -> Value:
        """Call a method of an object: its own, its class's, or one that the tables know."""
        state = world.shape(identity)
        subject = name if callee is None else describe(callee.value)
        known = world.field(identity, f".{name}")
        if known is None and state.class_ is not None:
            member = self.machine.classes.member(state.class_, name)
            if member is not None and not self.machine.inheritance.is_placeholder(member):
                attribute = self.machine.classes.attribute(identity, name, world, frame)
                if state.may_be_module and name == "forward":
                    return self.machine.forward.call(
                        identity, "forward", arguments, world, frame, place, subject
                    )
                return self.call_value(
                    attribute, arguments, world, frame, place, subject=f"{subject}.{name}"
                )
        if known is not None:
            return self.call_value(
                known, arguments, world, frame, place, subject=f"{subject}.{name}"
            )
        if name == "__setattr__" and len(arguments) == 2:
            given, value = tuple(arguments)
            return self.machine.builtin_calls.set_attribute(
                of_object(identity), given, value, world, frame, place
            )
        return self.machine.modules.method(
            identity, name, receiver, arguments, world, frame, place, subject
        )

    def call_value(
        self,
        value: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        *,
        subject: str = "...",
    ) -> Value:
        """Call whatever a value may be."""
        value = self.machine.receivers.narrowed(value, world)
        if len(value.objects) + len(value.things) <= 1:
            return self._call_one(value, arguments, world, frame, place, subject)
        return in_each(
            value,
            world,
            lambda each, apart: self._call_one(each, arguments, apart, frame, place, subject),
        )

    def _call_one(
        self,
        value: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        machine = self.machine
        identity = value.only_object
        if identity is not None:
            return self._call_object(identity, arguments, world, frame, place, subject)
        thing = value.only_thing
        match thing:
            case External(of=Class() as class_):
                return machine.constructors.from_checkpoint(
                    thing, class_, arguments, world, frame, place
                )
            case External():
                return machine.library.call(thing.path, arguments, world, frame, place)
            case Function():
                return machine.functions.call(thing, arguments, world, frame, place)
            case Class():
                return machine.classes.instantiate(thing, arguments, world, frame, place)
            case Method():
                return self._call_looked_up(thing, arguments, world, frame, place)
            case Partial():
                merged = replace(
                    arguments.before(*thing.arguments),
                    keywords=(*thing.keywords, *arguments.keywords),
                )
                return self.call_value(thing.callee, merged, world, frame, place, subject=subject)
            case GradientContext():
                return self._wrapped(thing, arguments)
            case Result():
                return self._call_result(thing, arguments, world, frame, place, subject)
            case Parameters():
                machine.data.step(value, world, frame, place)
        return machine.results.unknown(subject, arguments, world, frame, place)

    def _call_result(
        self,
        result: Result,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        """Call what something unseen returned: an object of a library, perhaps a module."""
        path = f"{result.path}.__call__"
        if self.is_known(path):
            return self.machine.library.call(path, arguments, world, frame, place)
        found = self.machine.results.identify(result, world)
        if found.only_object is not None:
            return self._call_one(found, arguments, world, frame, place, subject)
        return self.machine.unseen_calls.unseen(subject, arguments, world)

    def _call_looked_up(
        self, method: Method, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        receiver = of_object(method.receiver)
        if not method.above:
            return self.call_method(
                method.receiver, method.name, receiver, arguments, world, frame, place
            )
        state = world.shape(method.receiver)
        if state.class_ and self.machine.classes.hook(state.class_, method.name):
            # The framework's own version of a hook leaves the mode in which it called it.
            return UNKNOWN.descending(*arguments).tagged(Tag.OPEN)
        subject = state.name
        return self.machine.modules.method(
            method.receiver, method.name, receiver, arguments, world, frame, place, subject
        )

    def _call_object(
        self,
        identity: ObjectId,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
        subject: str,
    ) -> Value:
        state = world.get(identity)
        if state.may_be_module:
            return self.machine.forward.call(
                identity, None, arguments, world, frame, place, subject
            )
        if state.class_ is not None:
            member = self.machine.classes.member(state.class_, "__call__")
            if member is not None:
                return self.machine.classes.call_member(
                    member, identity, arguments, world, frame, place
                )
        return self.machine.unseen_calls.unseen(subject, arguments, world)

    def _wrapped(self, context: GradientContext, arguments: Arguments) -> Value:
        """``torch.no_grad()(f)``: the function, run inside the context."""
        value = arguments.get(0, None)
        function = None if value is None else value.only_thing
        if isinstance(function, Function):
            return of_thing(replace(function, decorators=(context, *function.decorators)))
        return UNKNOWN

    # Builtins that need their expression
