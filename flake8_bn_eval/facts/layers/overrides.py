"""The `train()` and `eval()` that the modules of a file have of their own, and what they keep.

`eval()` of a module is `train(False)`, and `train(mode)` sets the flag of the module itself and
calls `train(mode)`, never `eval()`, of its children (torch/nn/modules/module.py; measured with
torch 2.13).  An override that breaks this contract breaks `eval()` of every model around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from flake8_bn_eval.facts.written.attributes import AttributeAssignment, Attributes
from flake8_bn_eval.facts.written.classes import Classes, ClassFact
from flake8_bn_eval.facts.written.listing import expressions, operations
from flake8_bn_eval.facts.written.natures import MODULES, Nature, Natures
from flake8_bn_eval.interpret.calls.types import MODULE
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Assign,
    Attribute,
    Call,
    Check,
    ClassDefinition,
    Comparison,
    Constant,
    Evaluate,
    Expression,
    FunctionDefinition,
    Junction,
    Name,
    Negation,
    Operation,
    Place,
    Return,
)
from flake8_bn_eval.wording import describe

MODE_METHODS = frozenset({"train", "eval"})
DEEPEST = 4


class Contract(Enum):
    """What an override does with the contract of the method that it overrides."""

    KEPT = "it sets the mode, or does nothing on purpose, or nobody can tell"
    UNCALLABLE = "it cannot be called as the method that it overrides is called"
    NO_DEFAULT = "it cannot be called without a mode, as `train()` is"
    UNRELATED = "it does something else altogether"
    NOT_ITSELF = "it sets the mode of some children, but not its own"
    NOT_CHILDREN = "it sets its own flag, but reaches no child"
    DEAF = "it sets the same mode whatever it is asked for"
    BYPASSED = "a parent's `eval()` never calls it, and one is relied upon to"


@dataclass(frozen=True, slots=True, eq=False)
class Override:
    """A `train` or `eval` of a module class of the file."""

    class_: ClassFact
    method: FunctionDefinition
    contract: Contract
    returns: bool
    """Whether it returns anything."""

    @property
    def name(self) -> str:
        """``Net.train``."""
        return f"{self.class_.name}.{self.method.name}"

    @property
    def place(self) -> Place:
        """Where it is defined."""
        return self.method.place


@dataclass(frozen=True, slots=True)
class HiddenMethod:
    """``self.train = True``: an attribute of ``owner`` hides the method of that name.

    ``is_own`` tells that the class assigns it to itself.
    """

    place: Place
    owner: str
    method: str
    is_own: bool


@dataclass(slots=True)
class Doing:
    """What an override does to modes, with the methods of its own class that it calls."""

    hands_up: list[Call] = field(default_factory=list)
    """Calls of the same method of a base."""
    sets_itself: bool = False
    reaches_others: bool = False
    unsure: bool = False
    """It calls a method of its own that nobody can see."""


class Overrides:
    """Judges the overrides of one file."""

    def __init__(
        self, classes: Classes, attributes: Attributes, natures: Natures, knowledge: Knowledge
    ) -> None:
        self._classes = classes
        self._attributes = attributes
        self._natures = natures
        self._knowledge = knowledge

    def overrides(self) -> Iterator[Override]:
        """Every `train` and `eval` that a module class of the file defines."""
        for class_ in filter(self._classes.seems_module, self._classes.all):
            for name, judge in (("train", self._of_train), ("eval", self._of_eval)):
                method = class_.methods.get(name)
                if method is None or class_.self_of(method) is None:
                    continue
                if class_.is_module or self._doing(class_, method).hands_up:
                    yield Override(class_, method, judge(class_, method), _returns(method))

    # train

    def _of_train(self, class_: ClassFact, method: FunctionDefinition) -> Contract:
        if not _takes(method, 1):
            return Contract.UNCALLABLE
        doing = self._doing(class_, method)
        if _does_nothing(method) or doing.unsure:
            return Contract.KEPT
        if doing.hands_up:
            if self._is_deaf(method, doing):
                return Contract.DEAF
            return Contract.KEPT if _takes(method, 0) else Contract.NO_DEFAULT
        if doing.sets_itself:
            reaches = doing.reaches_others or self._natures.of_class(class_) is not Nature.COMPOSITE
            return Contract.KEPT if reaches else Contract.NOT_CHILDREN
        return Contract.NOT_ITSELF if doing.reaches_others else Contract.UNRELATED

    def _is_deaf(self, method: FunctionDefinition, doing: Doing) -> bool:
        """It always asks its base for training."""
        mode = (method.scope, method.parameters[1].name)
        if any(_reads(each, mode) for each in operations(method.body)):
            return False
        return all(_asks_for_training(call) for call in doing.hands_up)

    def _doing(
        self, class_: ClassFact, method: FunctionDefinition, depth: int = DEEPEST
    ) -> Doing:
        doing = Doing()
        for operation in operations(method.body):
            if isinstance(operation, Assign):
                doing.sets_itself |= any(self._is_flag(each, method) for each in operation.targets)
            for call in expressions(operation):
                if isinstance(call, Call):
                    self._note(call, class_, method, doing, depth)
        return doing

    def _note(
        self,
        call: Call,
        class_: ClassFact,
        method: FunctionDefinition,
        doing: Doing,
        depth: int,
    ) -> None:
        callee = call.callee
        if not isinstance(callee, Attribute):
            doing.sets_itself |= _sets_flag_by_name(call)
            return
        if self._is_base(callee.value):
            if callee.name in MODE_METHODS:
                doing.hands_up.append(call)
        elif self._natures.instance(callee.value, method) is not None:
            self._note_own(callee.name, call, class_, method, doing, depth)
        elif callee.name in MODE_METHODS or callee.name == "apply":
            doing.reaches_others = True

    def _note_own(
        self,
        name: str,
        call: Call,
        class_: ClassFact,
        method: FunctionDefinition,
        doing: Doing,
        depth: int,
    ) -> None:
        """A method of the same object."""
        if method.name == "eval" and name == "train":
            doing.hands_up.append(call)
            return
        other = class_.method(name)
        if other is not None and other is not method and depth:
            more = self._doing(class_, other, depth - 1)
            doing.hands_up += more.hands_up
            doing.sets_itself |= more.sets_itself
            doing.reaches_others |= more.reaches_others
            doing.unsure |= more.unsure
        elif other is None and self._knowledge.method("module", name) is None:
            doing.unsure |= any(each not in MODULE for each in class_.outside)

    def _is_base(self, owner: Expression) -> bool:
        """``super()``, or a class named by its name."""
        if isinstance(owner, Call):
            callee = owner.callee
            return isinstance(callee, Name) and callee.variable == (BUILTIN_SCOPE, "super")
        if not isinstance(owner, Name | Attribute):
            return False
        meaning = self._classes.bindings.meaning(owner)
        if isinstance(meaning, str):
            return self._knowledge.is_module_class(meaning) is True
        return isinstance(meaning, ClassDefinition)

    def _is_flag(self, target: Expression, method: FunctionDefinition) -> bool:
        if not isinstance(target, Attribute) or target.name != "training":
            return False
        return self._natures.instance(target.value, method) is not None

    # eval

    def _of_eval(self, class_: ClassFact, method: FunctionDefinition) -> Contract:
        if not _takes(method, 0):
            return Contract.UNCALLABLE
        train = class_.method("train")
        if not self._does_more(method) or train is not None and _tests_mode(train):
            return Contract.KEPT
        relied_upon = self._is_layer(class_) or self._is_child(class_.definition)
        return Contract.BYPASSED if relied_upon else Contract.KEPT

    def _is_layer(self, class_: ClassFact) -> bool:
        """A variant of a single layer, which is a part of something wherever it is used."""
        bases = [each for each in class_.outside if each is not None and each not in MODULE]
        rows = map(self._knowledge.callable, bases)
        return any(row is not None and row.is_single_layer for row in rows)

    def _does_more(self, method: FunctionDefinition) -> bool:
        """Whether it does anything beside calling the method that it overrides."""
        return any(
            not isinstance(operation, Evaluate | Return)
            or any(
                isinstance(each, Call) and not self._is_mode_call(each)
                for each in expressions(operation)
            )
            for operation in operations(method.body)
        )

    def _is_mode_call(self, call: Call) -> bool:
        callee = call.callee
        if isinstance(callee, Name):
            return callee.variable == (BUILTIN_SCOPE, "super")
        if not isinstance(callee, Attribute) or callee.name not in MODE_METHODS:
            return False
        return self._is_base(callee.value) or self._own(callee.value)

    def _own(self, owner: Expression) -> bool:
        return isinstance(owner, Name) and self._classes.instance(owner.variable) is not None

    def _is_child(self, definition: ClassDefinition) -> bool:
        """Whether a module of the file keeps instances of a class, or a container holds some."""
        kept = (
            assignment.value
            for class_ in self._classes.modules()
            for assignment in self._natures.fields(class_)
        )
        return any(self._makes(each, definition) for each in (*kept, *self._contained()))

    def _makes(self, value: Expression, definition: ClassDefinition) -> bool:
        return any(
            isinstance(call, Call) and self._classes.bindings.meaning(call.callee) is definition
            for call in expressions(value)
        )

    def _contained(self) -> Iterator[Expression]:
        """What is given to ``Sequential`` and its like."""
        for call in self._attributes.written_calls:
            meaning = self._classes.bindings.meaning(call.callee)
            row = self._knowledge.callable(meaning) if isinstance(meaning, str) else None
            if row is not None and row.registers:
                yield from call.arguments

    # Hidden methods

    def hidden(self) -> Iterator[HiddenMethod]:
        """Attributes that hide a mode method of a module."""
        for assignment in self._attributes.assignments(*sorted(MODE_METHODS)):
            class_ = self._natures.instance(assignment.owner, assignment.function)
            if class_ is None:
                if self._is_flag_of_module(assignment):
                    owner = describe(assignment.owner)
                    yield HiddenMethod(assignment.place, owner, assignment.name, is_own=False)
            elif self._classes.seems_module(class_) and self._is_flag_value(assignment, class_):
                yield HiddenMethod(assignment.place, class_.name, assignment.name, is_own=True)

    def _is_flag_of_module(self, assignment: AttributeAssignment) -> bool:
        """``self.backbone.train = False``, which is meant for a call."""
        nature = self._natures.of(assignment.owner, assignment.function)
        value = assignment.value
        return nature in MODULES and isinstance(value, Constant) and isinstance(value.value, bool)

    def _is_flag_value(self, assignment: AttributeAssignment, class_: ClassFact) -> bool:
        match assignment.value:
            case Constant(value=value):
                return value is not None
            case Comparison() | Negation() | Junction():
                return True
            case Name(variable=variable):
                return self._is_flag_parameter(variable, assignment, class_)
        return False

    def _is_flag_parameter(
        self, variable: tuple[int, str], assignment: AttributeAssignment, class_: ClassFact
    ) -> bool:
        function = assignment.function
        if function is None or variable[0] != function.scope:
            return False
        for parameter in function.parameters:
            if parameter.name == variable[1]:
                default = parameter.default
                if isinstance(default, Constant) and default.value is not None:
                    return True
                return self._is_tested(assignment.name, class_)
        return False

    def _is_tested(self, name: str, class_: ClassFact) -> bool:
        """Whether a method tests the attribute as one tests a flag."""
        return any(
            isinstance(operation, Check)
            and isinstance(operation.condition, Attribute)
            and operation.condition.name == name
            and self._own(operation.condition.value)
            for method in class_.methods.values()
            for operation in operations(method.body)
        )


def _takes(method: FunctionDefinition, given: int) -> bool:
    """Whether it can be called with so many positional arguments after ``self``."""
    own = method.parameters[1:]
    positional = [each for each in own if each.kind == "positional"]
    variadic = any(each.kind == "variadic" for each in own)
    needed = [each for each in positional if each.default is None]
    named = [each for each in own if each.kind == "keyword" and each.default is None]
    return len(needed) <= given and not named and (variadic or len(positional) >= given)


def _tests_mode(method: FunctionDefinition) -> bool:
    """Whether a `train` does one thing for each mode, so that an `eval` may only repeat it."""
    if len(method.parameters) < 2:
        return False
    mode = (method.scope, method.parameters[1].name)
    return any(
        isinstance(operation, Check) and _reads(operation, mode)
        for operation in operations(method.body)
    )


def _does_nothing(method: FunctionDefinition) -> bool:
    """``pass`` or ``return self``: it keeps the mode as it is, on purpose."""
    return not any(
        isinstance(each, Call) or isinstance(operation, Assign)
        for operation in operations(method.body)
        for each in (*expressions(operation), None)
    )


def _returns(method: FunctionDefinition) -> bool:
    return any(
        isinstance(operation, Return) and operation.value is not None
        for operation in operations(method.body)
    )


def _reads(operation: Operation, variable: tuple[int, str]) -> bool:
    return any(
        isinstance(each, Name) and each.variable == variable for each in expressions(operation)
    )


def _asks_for_training(call: Call) -> bool:
    """``super().train()`` or ``super().train(True)``."""
    if not isinstance(call.callee, Attribute) or call.callee.name != "train":
        return False
    given = [*call.arguments, *(value for _, value in call.keywords)]
    given = [each for each in given if not isinstance(each, Name)]
    return all(isinstance(each, Constant) and each.value is True for each in given)


def _sets_flag_by_name(call: Call) -> bool:
    """``setattr(self, "training", mode)``."""
    return any(isinstance(each, Constant) and each.value == "training" for each in call.arguments)
