"""What class an object is of, as far as tests of it go: ``isinstance``, ``type``, its name."""

from __future__ import annotations

from collections.abc import Callable

from flake8_bn_eval.interpret.calls.alternatives import answer_of_each
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine
from flake8_bn_eval.modes.identities import about_object
from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.things import NO_OBJECT, Class, Condition, External, ObjectId, Thing
from flake8_bn_eval.modes.values import UNKNOWN, Value, of_constant, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Attribute,
    Call,
    Comparison,
    Expression,
    Name,
)

MODULE = frozenset({"torch.nn.Module", "torch.nn.modules.Module", "torch.nn.modules.module.Module"})
PLAIN_BASES = MODULE | {"paddle.nn.Layer", "flax.nnx.Module"}
"""The base of every module of a framework: it has no layer of its own."""
BASES = frozenset(
    {"RNNBase", "RNNCellBase", "Hardtanh", "Upsample", "Linear", "Container", "ModuleList"}
)
"""Public layers that other public layers are derived from."""
TESTS = frozenset({"isinstance", "hasattr"})
"""The builtins that ask for a class, or for what objects of some classes have."""
EVERY_MODULE = "torch/nn/modules/module.py"
EXACT = {"is": True, "==": True, "in": True, "is not": False, "!=": False, "not in": False}
"""The operators that compare classes, and whether they ask for the same one."""
ASKING_FOR_CHILDREN = frozenset({"modules", "named_modules", "children", "named_children", "apply"})


class Types:
    """Answers questions about classes."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def tested(self, test: str, value: Value, wanted: Value, world: World) -> Value:
        """What one of `TESTS` answers about a value."""
        ask = self.is_instance if test == "isinstance" else self.has_attribute
        return ask(value, wanted, world)

    def is_instance(
        self, value: Value, classes: Value, world: World, *, exactly: bool = False
    ) -> Value:
        """``isinstance(value, classes)``; exactly, where an instance of a subclass is none."""
        identity = value.only_object
        if identity is None:
            return _of_each(
                value, lambda each: self.is_instance(each, classes, world, exactly=exactly)
            )
        elements = self.machine.containers.known_elements(classes, world)
        wanted = [classes] if elements is None else elements
        ask = self._is_exactly if exactly else self._is_one
        verdicts = [ask(identity, each.only_thing, world) for each in wanted]
        if True in verdicts:
            return of_constant(True)
        if verdicts and None not in verdicts:
            return of_constant(False)
        names = ", ".join(sorted(_name(each.only_thing) for each in wanted))
        variables = frozenset({about_object(identity)})
        test = "type" if exactly else "isinstance"
        return of_thing(Condition(f"{test}(#{identity}, {names})", variables, None))

    def has_attribute(self, value: Value, name: Value, world: World) -> Value:
        """``hasattr(value, name)``."""
        identity = value.only_object
        if identity is None:
            return _of_each(value, lambda each: self.has_attribute(each, name, world))
        literal = name.constant
        if literal is None or not isinstance(literal.value, str):
            return UNKNOWN
        verdict = self._has(identity, literal.value, world)
        if verdict is not None:
            return of_constant(verdict)
        variables = frozenset({about_object(identity)})
        return of_thing(Condition(f"hasattr(#{identity}, {literal.value})", variables, None))

    def _has(self, identity: ObjectId, name: str, world: World) -> bool | None:
        state = world.shape(identity)
        class_, row = state.class_, self.machine.knowledge.method("module", name)
        if world.field(identity, f".{name}") is not None:
            return True
        if class_ is not None and self.machine.classes.member(class_, name) is not None:
            return True
        if row is None or row.source != EVERY_MODULE:
            return None
        if state.is_module:
            return True
        return False if class_ is not None and self._is_plain(class_) else None

    def _is_plain(self, class_: Class) -> bool:
        """Whether an instance has only what classes in sight give to it."""
        return (
            self.machine.classes.is_module(class_) is False
            and not self.machine.inheritance.has_unseen_base(class_)
            and self.machine.classes.member(class_, "__getattr__") is None
        )

    def compared(self, expression: Comparison, world: World, frame: Frame) -> Value:
        """``type(value) is Class`` and its like: as ``isinstance``, but for subclasses."""
        subject = _typed(expression)
        assert subject is not None
        value = self.machine.expressions.evaluate(subject, world, frame)
        classes = self.machine.expressions.evaluate(expression.right, world, frame)
        verdict = self.is_instance(value, classes, world, exactly=True)
        if EXACT[expression.operator]:
            return verdict
        return self.machine.conditions.negate(verdict, world)

    def _is_exactly(self, identity: ObjectId, wanted: Thing | None, world: World) -> bool | None:
        own = world.get(identity).class_
        if own is not None and isinstance(wanted, Class | External):
            return own == wanted
        return self._is_one(identity, wanted, world)

    def _is_one(self, identity: ObjectId, wanted: Thing | None, world: World) -> bool | None:
        state = world.get(identity)
        if isinstance(wanted, External) and wanted.path in MODULE:
            plain = state.class_ is not None and self._is_plain(state.class_)
            return True if state.is_module else False if plain else None
        if state.class_ is not None:
            return self._of_class(state.class_, wanted)
        if isinstance(wanted, Class):
            return None if state.library is None else False
        if not isinstance(wanted, External):
            return None
        known = None if state.library is None else self._of_library(state.library, wanted.path)
        return self._of_unseen(identity, wanted.path) if known is None else known

    def _of_class(self, class_: Class, wanted: Thing | None) -> bool | None:
        lineage = list(self.machine.classes.lineage(class_))
        if isinstance(wanted, Class):
            return wanted in lineage
        if not isinstance(wanted, External):
            return None
        bases = [base.only_thing for each in lineage for base in each.bases]
        if wanted in bases:
            return True
        return False if self.machine.classes.is_plain_module(class_) else None

    def _of_library(self, library: str, path: str) -> bool | None:
        row = self.machine.knowledge.callable(path)
        wanted = path if row is None or "*" in row.name else row.name
        if library == wanted:
            return True
        name = wanted.rpartition(".")[2]
        plain = name[:1] != "_" and name not in BASES
        if library.startswith("torch.nn.") and wanted.startswith("torch.nn.") and plain:
            return False
        return None

    def _of_unseen(self, identity: ObjectId, path: str) -> bool | None:
        """Something whose submodules are asked for is no single layer."""
        row = self.machine.knowledge.callable(path)
        layer = path.startswith("torch.nn.") and (row is None or not row.registers)
        return False if layer and self._has_children(identity) else None

    def _has_children(self, identity: ObjectId) -> bool:
        used = self.machine.recorder.methods_used.get(identity, set())
        return not used.isdisjoint(ASKING_FOR_CHILDREN)

    def type_of(self, value: Value, world: World) -> Value:
        """``type(value)`` and ``value.__class__``."""
        identity = value.only_object
        if identity is None:
            return UNKNOWN
        return of_thing(self._class_of(identity, world.get(identity)) or UNKNOWN_CLASS)

    def _class_of(self, identity: ObjectId, state: Object) -> Thing | None:
        if state.class_ is not None:
            return state.class_
        if state.library is not None and "*" not in state.library:
            return External(state.library)
        return External("torch.nn.Module") if self._has_children(identity) else None


def _of_each(value: Value, ask: Callable[[Value], Value]) -> Value:
    """The answer about each alternative, where that is there; nothing else than None is known."""
    if value.only_thing is not None:
        return of_constant(False) if value.constant == NO_OBJECT else UNKNOWN
    return answer_of_each(value, ask)


def compares_types(expression: Comparison) -> bool:
    """Whether it asks what class something is of."""
    return expression.operator in EXACT and _typed(expression) is not None


def _typed(expression: Comparison) -> Expression | None:
    """Of what a comparison tests the class."""
    match expression.left:
        case Call(callee=Name(variable=(scope, "type")), arguments=[subject], keywords=[]):
            return subject if scope == BUILTIN_SCOPE else None
        case Attribute(value=subject, name="__class__"):
            return subject
    return None


UNKNOWN_CLASS = next(iter(UNKNOWN.things))


def _name(thing: Thing | None) -> str:
    match thing:
        case External(path=path):
            return path
        case Class():
            return thing.definition.name
    return "?"
