"""What an expression evaluates to, and what evaluating it does to the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flake8_bn_eval.interpret.calls.alternatives import Way, one_of
from flake8_bn_eval.interpret.calls.classes import OWN_MODE
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.things import (
    Class,
    Constant,
    External,
    Function,
    Namespace,
    Parameters,
    Setter,
    Submodules,
    Super,
    Symbol,
    Thing,
)
from flake8_bn_eval.modes.values import (
    LONGEST_SUBJECT,
    NOTHING,
    UNKNOWN,
    Value,
    descends,
    of_constant,
    of_thing,
)
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Assignment,
    Attribute,
    Await,
    Binary,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    DictDisplay,
    Display,
    Expression,
    Formatted,
    Junction,
    Lambda,
    Name,
    Negation,
    Opaque,
    Slice,
    Starred,
    Subscript,
    Variable,
    Yield,
)
from flake8_bn_eval.operations import Constant as Literal

ONLY_UNKNOWN = UNKNOWN.things


class Expressions:
    """Evaluates expressions; changes the world that it is given."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._symbols: dict[Variable, Value] = {}
        self._builtins: dict[str, Value] = {}
        self._handlers: dict[type, Callable[[Any, World, Frame], Value]] = {
            Name: self._name,
            Literal: lambda expression, world, frame: of_constant(expression.value),
            Attribute: self._attribute,
            Call: machine.calls.call,
            Subscript: self._subscript,
            Display: machine.containers.display,
            DictDisplay: machine.containers.dictionary,
            Comprehension: machine.comprehensions.evaluate,
            Negation: self._condition,
            Comparison: machine.comparisons.evaluate,
            Junction: self._junction,
            Conditional: self._conditional,
            Binary: self._binary,
            Assignment: self._walrus,
            Lambda: self._lambda,
            Await: lambda expression, world, frame: self.evaluate(expression.value, world, frame),
            Starred: self._starred,
            Yield: self._yield,
            Opaque: self._opaque,
            Formatted: self._formatted,
            Slice: lambda expression, world, frame: UNKNOWN,
        }

    def evaluate(self, expression: Expression, world: World, frame: Frame) -> Value:
        """The value of an expression."""
        self.machine.spend()
        return self._handlers[type(expression)](expression, world, frame)

    def chosen(self, expression: Expression, world: World, frame: Frame) -> Value:
        """The value of what somebody else will hold: of a few literals or modules, under guards."""
        value = self.evaluate(expression, world, frame)
        if not isinstance(expression, Name | Attribute):
            return value
        if len(value.objects) > 1 and any(world.get(each).matters for each in value.objects):
            return self.machine.receivers.told_apart(value, expression, world)
        if len(value.things) > 1 and not value.objects and not value.guards:
            if all(isinstance(thing, Constant) for thing in value.things):
                return self.machine.splitting.told_apart(expression, value, world)
        return value

    def attribute(self, value: Value, name: str, world: World, frame: Frame) -> Value:
        """What ``value.name`` evaluates to."""
        found = NOTHING
        for identity in value.objects:
            part = self.machine.classes.attribute(identity, name, world, frame)
            found = found.join(value.part_of(identity, part))
        if value.guards and name == OWN_MODE:
            found = self.machine.mode_switches.asked(found, value, world)
        for thing in value.things:
            part = self._attribute_of_thing(thing, name, value, world, frame)
            found = found.join(value.part_of(thing, part))
        if self.machine.data.is_neutral(name):
            return found
        if value.lineage or value.tags:
            found = found.descending(value)
        return found.plain() if self.machine.data.is_detaching(name) else found

    def symbol(self, variable: Variable) -> Value:
        """The unknown that a variable holds, so that conditions on it are recognised."""
        known = self._symbols.get(variable)
        if known is None:
            subject = f"{variable[0]}:{variable[1]}"
            known = of_thing(Symbol(subject, frozenset({variable})))
            self._symbols[variable] = known
        return known

    def _name(self, expression: Name, world: World, frame: Frame) -> Value:
        variable = expression.variable
        value = world.names.get(variable)
        if value is None:
            return self._unassigned(variable)
        if value.things == ONLY_UNKNOWN and not value.objects:
            if value.connected or value.derived or value.tags:
                return value
            return self.symbol(variable)
        return value

    def _unassigned(self, variable: Variable) -> Value:
        imported = self.machine.links.unassigned(variable)
        if imported is not None:
            return imported
        if variable[0] != BUILTIN_SCOPE:
            return self.symbol(variable)
        name = variable[1]
        known = self._builtins.get(name)
        if known is None:
            known = self._builtins[name] = of_thing(External(f"builtins.{name}"))
        return known

    def _attribute(self, expression: Attribute, world: World, frame: Frame) -> Value:
        owner = expression.value
        if self.machine.data.is_neutral(expression.name):
            owner = self._measured(owner)
        found = self.attribute(self._settled(owner, world, frame), expression.name, world, frame)
        if expression.name == OWN_MODE:
            return self.machine.mode_switches.asked_at(expression, found, world)
        return found

    def _measured(self, owner: Expression) -> Expression:
        """Whose shape is asked for: that of ``net(x).data.cpu().numpy()`` is the output's own."""
        while True:
            called = isinstance(owner, Call) and not (owner.arguments or owner.keywords)
            inner = owner.callee if isinstance(owner, Call) and called else owner
            if not isinstance(inner, Attribute) or not self.machine.data.keeps_shape(inner.name):
                return owner
            owner = inner.value

    def _settled(self, expression: Expression, world: World, frame: Frame) -> Value:
        """What something unseen returned is an object once it is asked for a part."""
        value = self.evaluate(expression, world, frame)
        return self.machine.assignments.settled(value, world)

    def _attribute_of_thing(
        self, thing: Thing, name: str, value: Value, world: World, frame: Frame
    ) -> Value:
        match thing:
            case External():
                if name == "__name__":
                    return of_constant(thing.path.rpartition(".")[2])
                found = External(f"{thing.path}.{name}")
                return self.machine.links.of_thing(found) or of_thing(found)
            case Class() if name == "__name__":
                return of_constant(thing.definition.name)
            case Class():
                return self.machine.classes.class_attribute(thing, name)
            case Function() if name == "setter" and thing.kind == "property":
                return of_thing(Setter(thing))
            case Super():
                return self.machine.classes.super_attribute(thing, name, world, frame)
            case Symbol() if not value.lineage and len(thing.subject) < LONGEST_SUBJECT:
                return of_thing(Symbol(f"{thing.subject}.{name}", thing.variables))
            case Parameters():
                return of_thing(thing)
        return self.machine.data.attribute(value, name)

    def _subscript(self, expression: Subscript, world: World, frame: Frame) -> Value:
        birth = id(expression), frame.path
        value = self._settled(expression.value, world, frame)
        value = self.machine.submodules.listed(value, world, birth)
        if isinstance(expression.index, Slice):
            return self._slice(value, expression.index, birth, world, frame)
        index = self.evaluate(expression.index, world, frame)
        found = NOTHING
        for identity in value.objects:
            part = self.machine.containers.element(identity, index, world)
            found = found.join(value.part_of(identity, part))
        if value.things:
            found = found.join(self._subscript_of_things(value, index, expression.index, world))
        found = found.descending(self.machine.data.under_index(value, index))
        if found.lineage and index.lineage:
            # An output chooses among others: no gradient flows through the choice.
            return found.descending(index.detached())
        self.machine.recorder.use(index.lineage, Use.READ)
        return self.machine.data.under_key(found, index) if index.constant else found

    def _slice(
        self, value: Value, index: Slice, birth: object, world: World, frame: Frame
    ) -> Value:
        parts = [
            None if each is None else self.evaluate(each, world, frame)
            for each in (index.start, index.stop, index.step)
        ]
        kept = frozenset(each for each in value.things if isinstance(each, Parameters | Submodules))
        if kept:
            return Value(kept)
        sliced = self.machine.containers.sliced(value, parts, world, birth)
        return UNKNOWN.descending(value) if sliced is None else sliced

    def _subscript_of_things(
        self, value: Value, index: Value, expression: Expression, world: World
    ) -> Value:
        symbol, key = value.only_thing, index.constant
        if isinstance(symbol, Class) and key is None:
            # ``Reader[str]`` is a base as `Reader` is.
            return of_thing(symbol)
        if isinstance(symbol, Symbol) and key is not None and not value.lineage:
            if len(symbol.subject) < LONGEST_SUBJECT:
                return of_thing(Symbol(f"{symbol.subject}[{key.value!r}]", symbol.variables))
        if isinstance(symbol, External | Namespace):
            return self.machine.namespaces.chosen(symbol, expression, key, world)
        results = [thing for thing in value.things if isinstance(thing, Parameters)]
        return Value(frozenset(results)) if results else UNKNOWN

    def _condition(self, expression: Negation, world: World, frame: Frame) -> Value:
        value = self.evaluate(expression.operand, world, frame)
        return self.machine.conditions.negate(value, world)

    def _junction(self, expression: Junction, world: World, frame: Frame) -> Value:
        """``a or b``: the value of an operand; later ones run only if those before let them."""
        if all(is_plain(operand) for operand in expression.operands):
            values = [self.evaluate(operand, world, frame) for operand in expression.operands]
            flag = self.machine.conditions.junction(expression.conjunctive, values, world)
            if flag is not None:
                return flag
        return self._operands(expression.operands, expression.conjunctive, world, frame)

    def _operands(
        self, operands: list[Expression], conjunctive: bool, world: World, frame: Frame
    ) -> Value:
        first, *others = operands
        conditions = self.machine.conditions
        if others:
            conditions.begin_anew(first, world)
        value = self.evaluate(first, world, frame)
        if not others:
            return value
        truth = conditions.truth(value, world)
        if truth is not None:
            if truth is not conjunctive:
                return value
            return self._operands(others, conjunctive, world, frame)
        deciding = conditions.part(value, not conjunctive, world)
        if all(is_plain(operand) for operand in others):
            return deciding.join(self._operands(others, conjunctive, world, frame))
        yes, no = conditions.assumed(value, first, world.fork(), frame)
        going, decided = (yes, no) if conjunctive else (no, yes)
        ways: list[Way] = [
            (decided, lambda each: deciding),
            (going, lambda each: self._operands(others, conjunctive, each, frame)),
        ]
        return one_of(ways, world)

    def _conditional(self, expression: Conditional, world: World, frame: Frame) -> Value:
        conditions = self.machine.conditions
        conditions.begin_anew(expression.test, world)
        value = self.evaluate(expression.test, world, frame)
        truth = conditions.truth(value, world)
        if truth is not None:
            chosen = expression.then if truth else expression.otherwise
            return self.evaluate(chosen, world, frame)
        condition = conditions.of_value(value)
        if condition is not None:
            flag = _as_flag(expression)
            if flag is not None:
                return of_thing(condition if flag else conditions.negated(condition))
        yes, no = conditions.assumed(value, expression.test, world.fork(), frame)
        ways: list[Way] = [
            (yes, lambda each: self.evaluate(expression.then, each, frame)),
            (no, lambda each: self.evaluate(expression.otherwise, each, frame)),
        ]
        return one_of(ways, world)

    def _binary(self, expression: Binary, world: World, frame: Frame) -> Value:
        left = self.evaluate(expression.left, world, frame)
        right = self.evaluate(expression.right, world, frame)
        if left.objects or right.objects:
            joined = self.machine.containers.concatenate(left, right, world)
            if joined is not None:
                return joined
        text = left.constant
        if expression.operator == "%" and text is not None and isinstance(text.value, str):
            return self.machine.data.written(self.machine.containers.with_contents(right, world))
        if expression.operator == "+":
            self.machine.data.note_addition(left, right)
        symbol = self.machine.comparisons.combine(expression.operator, left, right, world)
        if symbol is not None:
            return symbol
        carried = frozenset(t for t in left.things | right.things if isinstance(t, Parameters))
        combined = Value(carried or ONLY_UNKNOWN).descending(left, right)
        return self.machine.data.opened(combined, expression.operator, left, right)

    def _walrus(self, expression: Assignment, world: World, frame: Frame) -> Value:
        value = self.evaluate(expression.value, world, frame)
        self.machine.assignments.assign(expression.target, value, world, frame)
        return value

    def _lambda(self, expression: Lambda, world: World, frame: Frame) -> Value:
        defaults = self.machine.functions.defaults(expression.function, world, frame)
        return of_thing(Function(expression.function, defaults=defaults))

    def _starred(self, expression: Starred, world: World, frame: Frame) -> Value:
        return descends(self.evaluate(expression.value, world, frame))

    def _yield(self, expression: Yield, world: World, frame: Frame) -> Value:
        value = NOTHING
        if expression.value is not None:
            value = self.evaluate(expression.value, world, frame)
        if expression.delegating:
            value = self.machine.generators.consumed(value, world, frame)
            value = self.machine.containers.element_of(value, world)
        self.machine.functions.note_yield(value, world, frame)
        return UNKNOWN

    def _opaque(self, expression: Opaque, world: World, frame: Frame) -> Value:
        parts = [self.evaluate(part, world, frame) for part in expression.parts]
        return descends(*parts) if parts else UNKNOWN

    def _formatted(self, expression: Formatted, world: World, frame: Frame) -> Value:
        parts = [self.evaluate(part, world, frame) for part in expression.parts]
        return self.machine.data.written(*parts)


def _as_flag(expression: Conditional) -> bool | None:
    """``True if test else False`` is the test itself, the other way round its negation."""
    match expression.then, expression.otherwise:
        case Literal(value=True), Literal(value=False):
            return True
        case Literal(value=False), Literal(value=True):
            return False
    return None


def is_plain(expression: Expression) -> bool:
    """Whether evaluating it does nothing, and one split more would tell nothing."""
    match expression:
        case Name() | Literal():
            return True
        case Attribute() | Negation() | Comparison() | Binary() | Subscript():
            return all(is_plain(part) for part in _parts(expression))
    return False


def _parts(
    expression: Attribute | Negation | Comparison | Binary | Subscript,
) -> tuple[Expression, ...]:
    match expression:
        case Attribute():
            return (expression.value,)
        case Negation():
            return (expression.operand,)
        case Subscript():
            return expression.value, expression.index
    return expression.left, expression.right
