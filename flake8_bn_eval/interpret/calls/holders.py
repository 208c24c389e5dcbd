"""Value holders: classes and objects that keep under names what they are made with.

A class with annotated fields (`@dataclass`) gets the constructor that people would write by
hand: a parameter for each field, which is assigned to an attribute of that name.  A named tuple
is a tuple whose class knows which element a name means.  `SimpleNamespace(model=net)` is an
object with these attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flake8_bn_eval.flow.nodes import EMPTY, Node, Step
from flake8_bn_eval.flow.nodes import Sequence as FlowSequence
from flake8_bn_eval.interpret.calls.arguments import Arguments
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.knowledge.rows import CallableRow, Fields
from flake8_bn_eval.modes.evidence import Use
from flake8_bn_eval.modes.fields import Field
from flake8_bn_eval.modes.lattice import LOST
from flake8_bn_eval.modes.objects import Key, Kind, Object, Sensitivity
from flake8_bn_eval.modes.things import (
    Class,
    Element,
    External,
    Function,
    ObjectId,
    Result,
)
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    Assign,
    Attribute,
    Call,
    ClassDefinition,
    Constant,
    Evaluate,
    Expression,
    FunctionDefinition,
    Name,
    Parameter,
    Place,
)
from flake8_bn_eval.wording import identifiers

CONSTRUCTOR = "__init__"
SELF = "self"
AFTERWARDS = ("__post_init__", "__attrs_post_init__")
"""What a constructor that is made of fields calls at its end."""
OF_CLASS = "ClassVar"
NOT_KEPT = "InitVar"
KEYWORDS_FOLLOW = "KW_ONLY"
FACTORIES = ("default_factory", "factory")


class Holders:
    """Makes constructors of fields, named tuples, and objects of keywords."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._made: set[FunctionDefinition] = set()
        """The constructors that were made here."""
        self._tuples: dict[object, Class] = {}

    # Classes

    def with_fields(
        self, class_: Class, decorators: list[Value], world: World, frame: Frame
    ) -> Class:
        """The same class with its fields, inherited ones among them."""
        manner = self._manner(class_.bases, decorators)
        fields = {each.name: each for each in _inherited(class_)}
        if manner is not None:
            fields |= self._own_fields(class_, world, frame)
        return replace(class_, fields=tuple(fields.values()), manner=manner)

    def _manner(self, bases: Sequence[Value], decorators: list[Value]) -> Fields | None:
        """How a base or a decorator makes fields of what is annotated."""
        for each in (*bases, *decorators):
            thing = each.only_thing
            row = self._row(thing) if isinstance(thing, External | Result) else None
            if row is not None and row.fields in ("annotations", "names"):
                return row.fields
        return None

    def _row(self, thing: External | Result) -> CallableRow | None:
        return self.machine.knowledge.callable(thing.path)

    def _own_fields(self, class_: Class, world: World, frame: Frame) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        keywords_only = False
        for each in class_.definition.annotated:
            words = identifiers(each.annotation)
            if KEYWORDS_FOLLOW in words:
                keywords_only = True
            elif OF_CLASS not in words:
                default = class_.members.get(each.name)
                kept = NOT_KEPT not in words
                field = Field(each.name, each.value, default, kept=kept, keyword=keywords_only)
                told = self._is_described(each.value, world, frame)
                fields[each.name] = _told(field) if told else field
        for name, value in _assigned(class_.definition.body):
            if name not in fields and self._is_described(value, world, frame):
                fields[name] = _told(Field(name, value, class_.members.get(name)))
        return fields

    def _is_described(self, value: Expression | None, world: World, frame: Frame) -> bool:
        """Whether a call like ``dataclasses.field`` stands in the place of a default."""
        if not isinstance(value, Call):
            return False
        thing = self.machine.expressions.evaluate(value.callee, world, frame).only_thing
        row = self._row(thing) if isinstance(thing, External) else None
        return row is not None and row.fields == "described"

    def names_of_elements(self, class_: Class) -> dict[str, Value]:
        """What the class of named tuples has for each of their elements."""
        named = class_.fields if class_.manner == "names" else ()
        return {it.name: of_thing(Element(index, it.name)) for index, it in enumerate(named)}

    def construct(self, class_: Class) -> None:
        """Give a class the constructor that is made of its fields, once somebody asks for it."""
        if class_.manner != "annotations" or CONSTRUCTOR in class_.members:
            return
        defaults = [(each.name, each.default) for each in class_.fields if each.given]
        known = tuple((name, value) for name, value in defaults if value is not None)
        definition = self._written(class_)
        self._made.add(definition)
        class_.members[CONSTRUCTOR] = of_thing(Function(definition, defaults=known))

    def _written(self, class_: Class) -> FunctionDefinition:
        """The constructor that somebody would write for these fields.

        Its names are in the scope of the class body, which is over when an object is made.
        """
        scope, place = class_.definition.scope, class_.definition.place
        own = Name((scope, SELF))
        names = {each.name: Name((scope, each.name)) for each in class_.fields}
        steps: list[Node] = []
        for each in class_.fields:
            value: Expression = names[each.name]
            if not each.given:
                if each.factory is None:
                    continue
                value = Call(each.factory, [], [], each.place(place))
            if each.kept:
                reads = [own, names[each.name]] if each.given else [own]
                steps.append(Step(Assign([Attribute(own, each.name)], value, place, reads=reads)))
        after = [it for it in AFTERWARDS if self.machine.classes.member(class_, it) is not None]
        extra = [names[each.name] for each in class_.fields if not each.kept]
        calls = [Call(Attribute(own, name), [*extra], [], place) for name in after]
        steps += [Step(Evaluate(call, place, reads=[own, *extra])) for call in calls]
        parameters = [
            Parameter(each.name, "keyword" if each.keyword else "positional", each.value)
            for each in class_.fields
            if each.given
        ]
        return FunctionDefinition(
            name=CONSTRUCTOR,
            scope=scope,
            parent_scope=scope,
            parameters=[Parameter(SELF, "positional", None), *parameters],
            decorators=[],
            body=FlowSequence(steps) if steps else EMPTY,
            place=place,
            class_name=class_.definition.name,
            called_names=frozenset(after),
            calls=calls,
        )

    # Objects

    def completed(
        self,
        class_: Class,
        constructor: Value,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Arguments:
        """The arguments of a constructor, with what factories make for fields that get none."""
        function = constructor.only_thing
        if arguments.open or not any(each.factory for each in class_.fields):
            return arguments
        if not isinstance(function, Function) or function.definition not in self._made:
            return arguments
        ordered = [each.name for each in class_.fields if each.given and not each.keyword]
        given = {name for name, _ in arguments.keywords} | {*ordered[: len(arguments.positional)]}
        inner = frame.enter(function.definition, place, None, class_, frame.inside_forward)
        made: list[tuple[str | None, Value]] = []
        for each in class_.fields:
            if each.given and each.factory is not None and each.name not in given:
                factory = self.machine.expressions.evaluate(each.factory, world, inner)
                value = self.machine.calls.call_value(
                    factory, Arguments(), world, inner, each.place(place)
                )
                made.append((each.name, self.machine.assignments.settled(value, world)))
        return replace(arguments, keywords=(*arguments.keywords, *made))

    def made(
        self,
        path: str,
        row: CallableRow,
        arguments: Arguments,
        world: World,
        frame: Frame,
        place: Place,
    ) -> Value | None:
        """What a call makes that keeps values under names; None where that is not known."""
        match row.fields:
            case "keywords" if not arguments.positional:
                return self._with_attributes(path, arguments, world, frame, place)
            case "names":
                return self._tuple_class(arguments, world, place)
        return None

    def _with_attributes(
        self, path: str, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value:
        """``SimpleNamespace(model=net)``: an object with these attributes, and perhaps others."""
        name = path.rpartition(".")[2]
        state = Object(Kind.INSTANCE, name, LOST, LOST, sensitive=Sensitivity.NO)
        value = world.bear(self.machine.identities.number("new", place, frame.path), state)
        for key, each in arguments.keywords:
            if key is not None:
                self._keep(value, key, each, world)
        return value

    def _keep(self, owner: Value, name: str, value: Value, world: World) -> None:
        kept = self.machine.containers.with_contents(value, world)
        self.machine.recorder.use(kept.lineage, Use.STORED)
        for identity in owner.objects:
            world.set_field(identity, f".{name}", self.machine.assignments.settled(value, world))

    # Named tuples

    def _tuple_class(self, arguments: Arguments, world: World, place: Place) -> Value | None:
        """``namedtuple("Pair", "epoch model")``: a class; None where its names are not known."""
        names = self._names(arguments.get(1, "field_names"), world)
        called = arguments.literal(0, "typename")
        if names is None or called is None:
            return None
        key = place, called.value, names
        known = self._tuples.get(key)
        if known is None:
            given = arguments.get(None, "defaults")
            known_defaults = None if given is None else self._elements(given, world)
            missing = [None if given is None else UNKNOWN] * len(names)
            defaults = [*missing, *(known_defaults or ())][-len(names) :]
            fields = tuple(
                Field(name, default=default) for name, default in zip(names, defaults, strict=True)
            )
            definition = ClassDefinition(str(called.value), place, [], [], EMPTY, place)
            known = Class(definition, (), {}, fields=fields, manner="names")
            known.members.update(self.names_of_elements(known))
            self._tuples[key] = known
        return of_thing(known)

    def _names(self, given: Value | None, world: World) -> tuple[str, ...] | None:
        """The names of fields, in one text or in a list, perhaps each with its type."""
        if given is None:
            return None
        literal = given.constant
        if literal is not None and isinstance(literal.value, str):
            return tuple(literal.value.replace(",", " ").split()) or None
        names: list[str] = []
        for each in self._elements(given, world) or ():
            name = (self._elements(each, world) or [each])[0].constant
            if name is None or not isinstance(name.value, str):
                return None
            names.append(name.value)
        return tuple(names) or None

    def _elements(self, value: Value, world: World) -> list[Value] | None:
        return self.machine.containers.known_elements(value, world)

    def as_tuple(
        self, class_: Class, arguments: Arguments, world: World, frame: Frame, place: Place
    ) -> Value | None:
        """A new named tuple; None for a class that is none, or that makes its own."""
        lineage = self.machine.classes.lineage(class_)
        if not any(each.manner == "names" for each in lineage):
            return None
        if self.machine.classes.member(class_, "__new__") is not None:
            return None
        elements: dict[Key, Value] = {}
        for index, field in enumerate(class_.fields):
            value = arguments.get(index, field.name)
            if value is None:
                value = UNKNOWN if arguments.open or field.default is None else field.default
            elements[index] = self.machine.assignments.settled(value, world)
        name = class_.definition.name
        state = Object(
            Kind.SEQUENCE,
            name,
            LOST,
            LOST,
            class_=class_,
            fields=elements,
            sensitive=Sensitivity.NO,
            seen=True,
        )
        identity = self.machine.identities.number("new", place, frame.path)
        return world.bear(identity, state).descending(*elements.values())

    def element(self, identity: ObjectId, element: Element, world: World) -> Value:
        """What an element's name means; of a tuple from outside it is an attribute."""
        if world.shape(identity).kind is not Kind.SEQUENCE:
            return world.child(identity, f".{element.name}")
        value = world.field(identity, element.index)
        return UNKNOWN if value is None else value

    def tuple_method(
        self, identity: ObjectId, name: str, arguments: Arguments, world: World, place: Place
    ) -> Value:
        """``_replace`` makes another tuple, ``_asdict`` a dictionary."""
        state = world.get(identity)
        names = [] if state.class_ is None else [each.name for each in state.class_.fields]
        elements = {each: state.fields.get(index, UNKNOWN) for index, each in enumerate(names)}
        birth = (name, identity, place)
        if name == "_asdict":
            return self.machine.containers.mapping(elements, world, birth)
        given = {key: value for key, value in arguments.keywords if key is not None}
        values = [given.get(key, UNKNOWN if arguments.open else it) for key, it in elements.items()]
        settled = [self.machine.assignments.settled(each, world) for each in values]
        made = self.machine.identities.number("new", birth)
        new = replace(state, fields=dict(enumerate(settled)))
        return world.bear(made, new).descending(*settled)

    # Unseen constructors

    def fill(self, class_: Class, identity: ObjectId, arguments: Arguments, world: World) -> None:
        """Give an object of a class with an unseen constructor what may be meant for its fields.

        Which of them a positional argument means is not known: it may be any.
        """
        given = {name: value for name, value in arguments.keywords if name is not None}
        uncertain = arguments.open or bool(arguments.positional)
        for each in self.machine.classes.lineage(class_):
            for name, member in each.members.items():
                is_field = not any(isinstance(thing, Function) for thing in member.things)
                if name in given and is_field:
                    value = given[name]
                elif uncertain and is_field:
                    value = world.child(identity, f".{name}")
                else:
                    continue
                world.set_field(identity, f".{name}", value)


def _inherited(class_: Class) -> list[Field]:
    """The fields of the bases; those of an earlier base come later, as Python has it."""
    bases = [base.only_thing for base in class_.bases]
    found = {
        each.name: each
        for base in reversed(bases)
        if isinstance(base, Class)
        for each in base.fields
    }
    return list(found.values())


def _assigned(body: Node) -> Iterator[tuple[str, Expression]]:
    """The names that a class body assigns one by one: ``model = attr.ib()``."""
    for node in body.nodes if isinstance(body, FlowSequence) else [body]:
        match node:
            case Step(operation=Assign(targets=[Name(variable=(_, name))], value=value)):
                yield name, value


def _told(field: Field) -> Field:
    """A field with what a call in the place of its default says of it."""
    keywords = field.value.keywords if isinstance(field.value, Call) else []
    told = {name: value for name, value in keywords if name is not None}
    factories = [told[each] for each in FACTORIES if each in told]
    return replace(
        field,
        default=None if factories else field.default,
        factory=factories[0] if factories else None,
        given=not _is_literally(told.get("init"), False),
        keyword=field.keyword or _is_literally(told.get("kw_only"), True),
    )


def _is_literally(expression: Expression | None, value: object) -> bool:
    return isinstance(expression, Constant) and expression.value is value
