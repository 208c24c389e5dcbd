"""Classes of the file and the attributes of objects.

A class is what its body defines and what its bases are.  An object of it is what
`__init__` leaves.  Metaclasses and descriptors other than properties are not known; a class
decorator is called, and gives the class back.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_bn_eval.findings import Remark
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.calls.holders import CONSTRUCTOR
from flake8_bn_eval.interpret.calls.types import MODULE, PLAIN_BASES
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, unset
from flake8_bn_eval.knowledge.rows import HookRow
from flake8_bn_eval.modes.identities import about_field
from flake8_bn_eval.modes.lattice import Mode, Modes
from flake8_bn_eval.modes.objects import Kind, Object, Sensitivity
from flake8_bn_eval.modes.states import join_all
from flake8_bn_eval.modes.things import (
    Class,
    Element,
    External,
    Function,
    GradientContext,
    Method,
    ObjectId,
    SavedMode,
    Super,
    in_order,
)
from flake8_bn_eval.modes.values import NOTHING, UNKNOWN, Value, of_object, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import ClassDefinition, Place
from flake8_bn_eval.resolution import Resolution

OWN_MODE = "training"
"""The attribute by which a method asks for the mode; ``F.dropout(x, training=False)`` has none."""


class Classes:
    """Defines classes, makes instances, looks attributes up."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._resolution = Resolution(_bases)
        self._owned_members: dict[tuple[int, int], tuple[Value, Class, Value]] = {}
        """Members with their owners, by the identity of both."""

    def define(self, definition: ClassDefinition, world: World, frame: Frame) -> Value:
        """Run a class body; the class."""
        bases = tuple(
            self.machine.expressions.evaluate(base, world, frame) for base in definition.bases
        )
        decorators = self.machine.decorators.evaluated(definition.decorators, world, frame)
        exits = self.machine.runner.run(definition.body, (world.fork(),))
        worlds = [after for state in exits.values() for after in state]
        members: dict[str, Value] = {}
        for after in worlds:
            for variable in after.names.of_scope(definition.scope):
                value, name = after.names.left(variable), variable[1]
                if value is not None:
                    members[name] = members.get(name, NOTHING).join(value)
        if worlds:
            world.become(join_all(worlds))
            world.unbind_scope(definition.scope)
        known = self.machine.class_cache.get(id(definition))
        if known is None or known.bases != bases:
            contexts = self.machine.decorators.contexts(decorators, definition.place)
            plain = Class(definition, bases, members, contexts)
            known = self.machine.holders.with_fields(plain, decorators, world, frame)
            self.machine.class_cache[id(definition)] = known
        known.members.update(members)
        known.members.update(self.machine.holders.names_of_elements(known))
        made = of_thing(known)
        self.machine.decorators.tell(decorators, made, world, frame, definition.place)
        return made

    def lineage(self, class_: Class) -> tuple[Class, ...]:
        """A class and its bases in the file, in the order in which attributes are looked up."""
        return self._resolution.order(class_)

    def is_module(self, class_: Class) -> bool | None:
        """Whether instances of a class are modules; None where a base is not known."""
        bases = [base for each in self.lineage(class_) for base in each.bases]
        verdicts = {
            self.base_is_module(base) for base in bases if not isinstance(base.only_thing, Class)
        }
        if True in verdicts:
            return True
        return None if None in verdicts else False

    def is_plain_module(self, class_: Class) -> bool:
        """Whether all that its instances have is in sight."""
        bases = [base.only_thing for each in self.lineage(class_) for base in each.bases]
        return all(
            isinstance(base, Class)
            or isinstance(base, External)
            and (base.path in MODULE or base.path == "builtins.object")
            for base in bases
        )

    def base_is_module(self, base: Value) -> bool | None:
        """Whether a base that is not in sight makes a class a module; None where nobody knows."""
        thing = base.only_thing
        if not isinstance(thing, External):
            return None
        return self.machine.knowledge.is_module_class(thing.path)

    def hook(self, class_: Class, name: str) -> HookRow | None:
        """How a framework calls a method of this name, by a base of the class."""
        for each in self.lineage(class_):
            for base in each.bases:
                thing = base.only_thing
                if isinstance(thing, External):
                    row = self.machine.knowledge.hook(thing.path, name)
                    if row is not None:
                        return row
        return None

    def member(self, class_: Class, name: str, *, after: Class | None = None) -> Value | None:
        """A class attribute, from the class itself or its bases (those after one, for super)."""
        lineage = self.lineage(class_)
        if after is not None:
            lineage = lineage[lineage.index(after) + 1 :] if after in lineage else ()
        for each in lineage:
            if name == CONSTRUCTOR:
                self.machine.holders.construct(each)
            if name in each.members:
                return self._owned(each.members[name], each)
        return None

    def _owned(self, value: Value, owner: Class) -> Value:
        if not any(isinstance(thing, Function) for thing in value.things):
            return value
        key = id(value), id(owner)
        known = self._owned_members.get(key)
        if known is None:
            things = frozenset(
                replace(thing, owner=owner) if isinstance(thing, Function) else thing
                for thing in value.things
            )
            known = self._owned_members[key] = value, owner, replace(value, things=things)
        return known[2]

    # Instances

    def instantiate(
        self, class_: Class, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        """A new object of a class of the file, after its ``__init__``."""
        made = self._wrapped(class_, arguments)
        if made is None and class_.fields:
            made = self.machine.holders.as_tuple(class_, arguments, world, frame, place)
        if made is not None:
            return made
        identity = self.machine.identities.number("new", place, frame.path)
        value = self.bear(class_, identity, world, place)
        init = self.member(class_, CONSTRUCTOR)
        skipped = self.machine.following.skips_constructor(class_, arguments, world)
        if skipped:
            world.put(identity, replace(world.get(identity), seen=False))
        elif init is not None:
            before = world.gradients
            for context in class_.decorators:
                if isinstance(context, GradientContext):
                    self.machine.contexts.apply(context, world, frame, place)
            arguments = self.machine.holders.completed(class_, init, arguments, world, frame, place)
            self.call_member(init, identity, arguments, world, frame, place)
            if class_.decorators:
                world.set_gradients(before)
        else:
            self.machine.holders.fill(class_, identity, arguments, world)
        return value

    def _wrapped(self, class_: Class, arguments: Arguments) -> Value | None:
        """The module that goes into an object of a class made from ``DataParallel``.

        The wrapper and what it holds are one here, as they are for the library's own.
        """
        for each in self.lineage(class_):
            for base in each.bases:
                thing = base.only_thing
                row = None
                if isinstance(thing, External):
                    row = self.machine.knowledge.callable(thing.path)
                if row is not None and row.returns == "argument":
                    return arguments.get(row.argument, row.keyword)
        return None

    def bear(self, class_: Class, identity: ObjectId, world: World, place: Place) -> Value:
        """An object of a class before its ``__init__``."""
        name = class_.definition.name
        is_module = self.is_module(class_)
        new = Remark(place, f"a new `{name}` starts in training mode", "training since")
        outside = unset(Remark(place, f"an attribute of `{name}` comes in from outside"))
        modes = outside if is_module is False else Modes.only(Mode.TRAIN, new)
        kinds = {True: Kind.MODULE, False: Kind.INSTANCE, None: Kind.UNKNOWN}
        state = Object(
            kind=kinds[is_module],
            name="self",
            modes=modes,
            tree=modes if is_module else outside,
            class_=class_,
            sensitive=self._own_sensitivity(class_),
            seen=is_module is not None and not self.machine.inheritance.is_abstract(class_),
        )
        return world.bear(identity, state)

    def _own_sensitivity(self, class_: Class) -> Sensitivity:
        """Whether a class reacts to its mode by itself, its children aside."""
        verdict = Sensitivity.NO
        for each in self.lineage(class_):
            for method in each.definition.methods.values():
                asks = OWN_MODE in method.called_names
                if asks and self.machine.telling.may_be_called(method.name):
                    return Sensitivity.YES
            for base in each.bases:
                verdict = verdict.worse(self._sensitivity_of_base(base))
        return verdict

    def _sensitivity_of_base(self, base: Value) -> Sensitivity:
        match base.only_thing:
            case Class():
                return Sensitivity.NO
            case External(path=path):
                if path in PLAIN_BASES or self.machine.knowledge.is_module_class(path) is False:
                    return Sensitivity.NO
                row = self.machine.knowledge.callable(path)
                return Sensitivity.UNKNOWN if row is None else Sensitivity(row.sensitive)
        return Sensitivity.UNKNOWN

    def call_member(
        self,
        member: Value,
        receiver: ObjectId,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value:
        """Call a class attribute as a method of an object."""
        return self.machine.calls.call_value(
            self._bound(member, receiver, world), arguments, world, frame, place
        )

    def _bound(self, member: Value, receiver: ObjectId, world: World) -> Value:
        things = frozenset(
            self._bound_to(thing, receiver, world) if isinstance(thing, Function) else thing
            for thing in member.things
        )
        return replace(member, things=things)

    def _bound_to(self, function: Function, receiver: ObjectId, world: World) -> Function:
        match function.kind:
            case "static":
                return replace(function, receiver=None)
            case "class":
                return replace(function, class_=world.shape(receiver).class_)
        return replace(function, receiver=receiver)

    # Attributes

    def attribute(self, identity: ObjectId, name: str, world: World, frame: Frame) -> Value:
        """What an attribute of an object is."""
        known = world.field(identity, f".{name}")
        if known is not None:
            return known
        state = world.shape(identity)
        if state.class_ is not None:
            member = self.member(state.class_, name)
            if member is not None:
                return self._member_of(member, name, identity, world, frame)
        return self._unseen_attribute(identity, name, world)

    def _member_of(
        self, member: Value, name: str, identity: ObjectId, world: World, frame: Frame
    ) -> Value:
        function = member.only_thing
        if isinstance(function, Element):
            return self.machine.holders.element(identity, function, world)
        if isinstance(function, Function) and function.kind in ("property", "cached"):
            place = function.definition.place
            bound = replace(function, receiver=identity)
            value = self.machine.functions.run(bound, Arguments(), world, frame, place)
            if function.kind == "cached":
                world.set_field(identity, f".{name}", value)
            return value
        return self._bound(member, identity, world)

    def _unseen_attribute(self, identity: ObjectId, name: str, world: World) -> Value:
        state = world.get(identity)
        if name == "training" and state.may_be_module:
            # What the guards ask now they may ask anew before it is restored.
            return of_thing(SavedMode(identity, state.modes.unguarded()))
        if name == "__class__":
            return self.machine.types.type_of(of_object(identity), world)
        plain = state.class_ is None or self.is_plain_module(state.class_)
        if name == "module" and state.may_be_module and plain:
            # What a parallel wrapper holds; the wrapper itself is never told apart.
            return of_object(identity)
        if state.kind is Kind.OPTIMIZER:
            return UNKNOWN
        if state.is_module and self.machine.knowledge.method("module", name) is not None:
            return of_thing(Method(identity, name))
        if state.kind in (Kind.SEQUENCE, Kind.MAPPING):
            return of_thing(Method(identity, name))
        if not self.machine.makeup.may_hold_module(state, name):
            return UNKNOWN
        return world.child(identity, f".{name}")

    def class_attribute(self, class_: Class, name: str) -> Value:
        """An attribute of the class itself."""
        member = self.member(class_, name)
        if member is not None:
            return self._of_class(member, class_)
        paths = [
            f"{base.only_thing.path}.{name}"
            for each in self.lineage(class_)
            for base in each.bases
            if isinstance(base.only_thing, External)
        ]
        known = filter(self.machine.calls.is_known, paths)
        path = next(known, paths[0] if paths else None)
        if path is None:
            return UNKNOWN
        row = self.machine.knowledge.callable(path)
        makes = row is not None and row.returns == "module" and self.is_module(class_)
        return of_thing(External(path, class_ if makes else None))

    def _of_class(self, member: Value, class_: Class) -> Value:
        things = frozenset(
            replace(thing, class_=class_)
            if isinstance(thing, Function) and thing.kind == "class"
            else thing
            for thing in member.things
        )
        return replace(member, things=things)

    def super_attribute(self, super_: Super, name: str, world: World, frame: Frame) -> Value:
        """An attribute looked up after the class of the running method."""
        state = world.shape(super_.receiver)
        if state.class_ is not None:
            member = self.member(state.class_, name, after=super_.after)
            if member is not None:
                return self._member_of(member, name, super_.receiver, world, frame)
        return of_thing(Method(super_.receiver, name, above=True))

    def set_attribute(
        self,
        identity: ObjectId,
        name: str,
        value: Value,
        world: World,
        frame: Frame,
        *,
        weak: bool,
    ) -> None:
        """``object.name = value``."""
        state = world.shape(identity)
        if name == "training" and state.may_be_module:
            self.machine.mode_switches.assign_training(identity, value, world, frame, weak=weak)
            return
        member = None if state.class_ is None else self.member(state.class_, name)
        descriptor = None if member is None else member.only_thing
        if isinstance(descriptor, Function) and descriptor.setter is not None:
            bound = replace(descriptor.setter, receiver=identity, owner=descriptor.owner)
            place = descriptor.setter.definition.place
            self.machine.functions.run(bound, Arguments((value,)), world, frame, place)
            return
        world.forget(about_field(identity, name))
        key = f".{name}"
        if weak or state.many:
            value = value.join(world.child(identity, key))
        world.set_field(identity, key, value)


def _bases(class_: Class) -> list[Class]:
    """The bases of a class that are in sight, in the order of the text."""
    things = [thing for base in class_.bases for thing in in_order(base.things)]
    return [thing for thing in things if isinstance(thing, Class)]
