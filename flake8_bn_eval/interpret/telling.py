"""Which parts of a program can tell anything: by the names that they mention.

Everything here is a test on names before any state is known, and errs on the side of
looking.  It only saves work: a part that tells nothing cannot change a finding.
"""

from __future__ import annotations

from collections.abc import Iterable

from flake8_bn_eval.flow.nodes import held
from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.words import mentions
from flake8_bn_eval.lazily import cached_property
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Attribute,
    Call,
    ClassDefinition,
    Expression,
    FunctionDefinition,
    Name,
    Operation,
    Program,
    Subscript,
    Variable,
)
from flake8_bn_eval.operations import Constant as Literal
from flake8_bn_eval.wording import identifiers

SETTING = frozenset(
    {
        "eval", "train", "no_grad", "inference_mode", "enable_grad", "set_grad_enabled",
        "grad", "backward", "with",
    }
)  # fmt: skip
"""Names that set a mode or a gradient mode, or ask for a gradient."""

MODE_SETTING = frozenset({"eval", "train", "backward"})
"""Those that matter in a method of a module, whose gradients are its callers' business."""

READING = frozenset(
    {
        "item", "numpy", "tolist", "argmax", "argmin", "argsort", "topk", "detach", "data", "cpu",
        "save_image", "make_grid", "reveal_mode", "reveal_grad",
    }
)  # fmt: skip
"""Names by which an output is read; one of them is an attribute."""

SHOWING = frozenset({"load_state_dict", "forward"})
"""Names by which a body shows that it calls a module, and what for."""

EXPORTING = frozenset(
    {"trace", "trace_module", "export", "draft_export", "freeze", "fuse_modules", "convert"}
)
"""Names by which a module is exported as it is."""

CALLING = frozenset({"forward", "unknown"})
"""What methods do that may be a forward call, as the rows of knowledge say it."""

EVERYWHERE = frozenset({"__init__", "forward"})
"""Every class mentions these two; what they do is asked for by the class's name."""

ASKING = frozenset({"reveal_mode", "reveal_grad"})
"""Names by which a test asks."""


class Telling:
    """What the names in some files say."""

    def __init__(self, programs: Iterable[Program], knowledge: Knowledge) -> None:
        programs = tuple(programs)
        self.functions = [each for program in programs for each in program.functions]
        self.classes = [each for program in programs for each in program.classes]
        self._bodies = [program.called_names for program in programs]
        self.knowledge = knowledge
        self.imports = [each for program in programs for each in program.imports]

    @cached_property
    def _mentioned(self) -> frozenset[str]:
        return frozenset().union(*self._bodies, *(each.called_names for each in self.functions))

    def may_be_called(self, name: str) -> bool:
        """Whether anything calls a method: calling a module does, or somebody by its name."""
        return name == "forward" or name.startswith("__") or name in self._mentioned

    @cached_property
    def setting(self) -> frozenset[str]:
        """Names that set something, and the functions of the file that mention one."""
        return self.spread(SETTING | self._decorated)

    @cached_property
    def _decorated(self) -> set[str]:
        """The functions that a decorator runs in a gradient mode of its own."""
        named = {each.name for each in self.functions if _is_set_above(each)}
        return named - EVERYWHERE

    @cached_property
    def setting_modes(self) -> frozenset[str]:
        """Names that set a mode, and the functions of the file that mention one."""
        return self.spread(frozenset({"eval", "train", "training"}))

    @cached_property
    def freezing(self) -> frozenset[str]:
        """Names that tell which parameters learn, and the functions that mention one."""
        return self.spread(frozenset({"requires_grad", "requires_grad_"}))

    @cached_property
    def setting_gradients(self) -> frozenset[str]:
        """Names that leave another gradient mode behind, and functions that mention one."""
        return self.spread(frozenset({"set_grad_enabled", "__enter__", "__exit__"}))

    @cached_property
    def worth_running(self) -> frozenset[str]:
        """Names that set or read something, and the functions that mention one."""
        return self.spread(SETTING | READING | EXPORTING)

    def is_worth_running(self, definition: FunctionDefinition) -> bool:
        """Whether running a function by itself may lead to a finding."""
        if definition.called_names & self.worth_running:
            return True
        if _is_set_above(definition):
            return True
        if definition.called_names & SHOWING and self.may_call_module(definition):
            return True
        return mentions(definition.name, self.knowledge.vocabulary.evaluation_functions)

    def is_worth_following(self, program: Program) -> bool:
        """Whether running a file may lead to a finding: a function of it, or what its body calls.

        A body that only calls classes and what it imports, as those of libraries do, has no
        forward call.
        """
        if any(map(self.is_worth_running, program.functions)):
            return True
        if not program.called_names.isdisjoint(self.worth_running | SHOWING):
            return True
        harmless = self._imported | {(program.base, each.name) for each in program.classes}
        return not all(_is_called_from(call.callee, harmless) for call in program.calls)

    def sets_something(self, definition: FunctionDefinition) -> bool:
        """Whether a function may set a mode or a gradient mode, or ask for a gradient."""
        return bool(definition.called_names & (self.setting | ASKING))

    def reads_something(self, definition: FunctionDefinition) -> bool:
        """Whether a function reads the numbers of an output by itself."""
        return bool(definition.called_names & READING)

    def trains(self, definition: FunctionDefinition) -> bool:
        """Whether a function may ask for a gradient."""
        return "backward" in definition.called_names

    def sets_mode(self, definition: FunctionDefinition) -> bool:
        """Whether a function may set a mode or train."""
        return bool(definition.called_names & self._mode_setting)

    def may_call_module(self, definition: FunctionDefinition) -> bool:
        """Whether a forward call may happen in a function, or in those of the file it calls."""
        if any(map(self._may_be_forward, definition.calls)):
            return True
        return not definition.called_names.isdisjoint(self._calling_modules)

    def inner_functions(self, definition: FunctionDefinition) -> list[FunctionDefinition]:
        """The functions inside a function that its own body names."""
        return self._inner.get(definition.scope, [])

    @cached_property
    def _inner(self) -> dict[int, list[FunctionDefinition]]:
        outer = {each.scope: each for each in self.functions}
        found: dict[int, list[FunctionDefinition]] = {}
        for each in self.functions:
            around = outer.get(each.parent_scope)
            if around is not None and (around.scope, each.name) in read_in(around):
                found.setdefault(around.scope, []).append(each)
        return found

    @cached_property
    def _calling_modules(self) -> set[str]:
        """The functions, methods and classes with constructors in which one may happen."""
        found = {
            _called_by(each)
            for each in self.functions
            if any(map(self._may_be_forward, each.calls))
        }
        while True:
            users = [each for each in self.functions if not each.called_names.isdisjoint(found)]
            more = {_called_by(each) for each in users}
            if more <= found:
                return found
            found |= more

    def _may_be_forward(self, call: Call) -> bool:
        """Whether what is called may be a module, or a method that calls one unseen."""
        callee = call.callee
        if _is_called_from(callee, self._imported):
            return False
        match callee:
            case Name(variable=(_, name)):
                return name not in self._named
            case Attribute(name=name):
                row = self.knowledge.method("module", name)
                return name not in self._methods and (row is None or row.effect in CALLING)
        return True

    @cached_property
    def _imported(self) -> set[Variable]:
        return {variable for each in self.imports for variable, _ in each.bindings}

    @cached_property
    def _renamed(self) -> list[tuple[str, str]]:
        """The names that imports bind to something of another name, and that one."""
        bindings = [
            (name, path.rpartition(".")[2])
            for each in self.imports
            for (_, name), path in each.bindings
        ]
        return [(here, there) for here, there in bindings if here != there]

    @cached_property
    def _methods(self) -> frozenset[str]:
        return frozenset(each.name for each in self.functions if each.class_name is not None)

    @cached_property
    def _mode_setting(self) -> frozenset[str]:
        return self.spread(MODE_SETTING | ASKING)

    @cached_property
    def _named(self) -> frozenset[str]:
        """Functions and classes of the file: calling one that sets nothing is plain."""
        functions = {function.name for function in self.functions}
        return frozenset(functions | {each.name for each in self.classes})

    @cached_property
    def _united(self) -> list[set[str]]:
        """The names above each class with several bases: `super` of one may ask any other."""
        above = {each.name: _bases_of(each) for each in self.classes}
        united: list[set[str]] = []
        for class_ in self.classes:
            if len(class_.bases) > 1:
                names, waiting = set[str](), set(above[class_.name])
                while waiting:
                    name = waiting.pop()
                    names.add(name)
                    waiting |= above.get(name, set()) - names
                united.append({name for name in names if name in above})
        return united

    def spread(self, names: frozenset[str]) -> frozenset[str]:
        """Some names, and those of the functions and classes that mention one."""
        telling = names | {here for here, there in self._renamed if there in names}
        while True:
            functions = self.functions
            more = {each.name for each in functions if each.called_names & telling}
            for class_ in self.classes:
                inherits = not _bases_of(class_).isdisjoint(telling)
                if inherits or any(each.called_names & telling for each in _implicit(class_)):
                    more.add(class_.name)
            for together in self._united:
                if not together.isdisjoint(telling | more):
                    more |= together
            more -= telling | EVERYWHERE
            if not more:
                return telling
            telling |= more


def _is_set_above(definition: FunctionDefinition) -> bool:
    """Whether a decorator of a function sets something: ``@torch.no_grad()``."""
    return any(identifiers(each) & SETTING for each in definition.decorators)


def _bases_of(class_: ClassDefinition) -> set[str]:
    """What the bases of a class are called."""
    return set().union(*map(identifiers, class_.bases))


def read_in(definition: FunctionDefinition) -> set[Variable]:
    """The names that the body of a function mentions."""
    operations = (each for each in held(definition.body) if isinstance(each, Operation))
    return {name.variable for each in operations for name in each.reads}


def _implicit(class_: ClassDefinition) -> list[FunctionDefinition]:
    """The methods that run without being called by name, where an object is made or used."""
    return [
        method
        for name, method in class_.methods.items()
        if name.startswith("__") or name == "forward" or _is_property(method)
    ]


def _called_by(definition: FunctionDefinition) -> str:
    """The name by which somebody runs a function."""
    is_constructor = definition.name == "__init__" and definition.class_name is not None
    return str(definition.class_name) if is_constructor else definition.name


def _is_called_from(callee: Expression, harmless: set[Variable]) -> bool:
    """Whether a callee is one of some names, a builtin, a literal, or an attribute of such.

    What a call returns may be anything, a module that is called on the spot among it.
    """
    if isinstance(callee, Call):
        return False
    while not isinstance(callee, Name):
        match callee:
            case Attribute() | Subscript():
                callee = callee.value
            case Call():
                callee = callee.callee
            case Literal():
                return True
            case _:
                return False
    return callee.variable[0] == BUILTIN_SCOPE or callee.variable in harmless


def _is_property(method: FunctionDefinition) -> bool:
    words = {word for each in method.decorators for word in identifiers(each)}
    return any("property" in word or word == "setter" for word in words)
