"""Other files of the same project: what an imported name is, once their bodies have run.

Each file is run once as its importer would run it, without what stands under
``if __name__ == "__main__"``, before anything else; functions and classes whose definition
does nothing else are defined when somebody asks for them.  What the names are is kept
beside the worlds: only a name that the running code assigns again is in a world.  Which
files there are and what their imports mean is decided outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flake8_bn_eval.flow.nodes import EMPTY, Branch, Node, Sequence, Step
from flake8_bn_eval.interpret.entries import left_by
from flake8_bn_eval.interpret.frames import Frame
from flake8_bn_eval.interpret.machine import Machine, gradients_of
from flake8_bn_eval.modes import existence
from flake8_bn_eval.modes.lattice import Gradient
from flake8_bn_eval.modes.objects import Object
from flake8_bn_eval.modes.things import External, ObjectId, Thing
from flake8_bn_eval.modes.values import Value, of_thing
from flake8_bn_eval.modes.world import World
from flake8_bn_eval.operations import (
    BUILTIN_SCOPE,
    Assign,
    Attribute,
    Check,
    Comparison,
    Constant,
    DefineClass,
    DefineFunction,
    Evaluate,
    Expression,
    Import,
    Name,
    Program,
    Variable,
    file_of,
)

PLAIN = Name | Attribute | Constant
"""Expressions that do nothing but name something."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A file of the project: ``name`` is how others import it, from the project's root.

    ``targets`` tells what the paths in its import statements are called from there; ``unread``
    are those of files that are not run, because they tell nothing.
    """

    name: str
    program: Program
    targets: Mapping[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """A file that may call what is judged, by functions and methods with these names."""

    neighbour: Neighbour
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The files that are run together with one that is judged."""

    main: Neighbour
    others: tuple[Neighbour, ...] = ()
    callers: tuple[Caller, ...] = ()
    methods: frozenset[str] = frozenset()
    """Methods of the judged file that some of the callers call on what they are given."""

    @property
    def programs(self) -> tuple[Program, ...]:
        """Every file once, the one that is judged first."""
        near = {each.name: each for each in self.neighbours}
        return tuple(each.program for each in near.values())

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """Every file; one that calls may be imported as well."""
        return self.main, *self.others, *(caller.neighbour for caller in self.callers)


class Links:
    """Answers what a name is that was imported from another file of the project."""

    def __init__(self, machine: Machine, near: Neighbourhood) -> None:
        self.machine = machine
        self.objects: dict[ObjectId, Object] = {}
        """What the bodies of the files have made."""
        self._names: dict[Variable, Value] = {}
        self._main = near.main.name
        self._files = {each.name: each for each in near.neighbours} if near.others else {}
        self._unread = frozenset().union(*(each.unread for each in near.neighbours))
        self._by_base = {each.program.base: each for each in self._files.values()}
        self._stars: dict[tuple[int, str], Value] = {}
        self._postponed: dict[Variable, Step] = {}
        """Functions and classes of other files that nobody has asked for yet."""
        self._loaded: set[str] = set()
        self._running: set[int] = set()
        """The files whose bodies are being run."""
        self._sought: set[tuple[str, str]] = set()
        """The names of files that are being looked up: what leads back to itself is no name."""

    def load(self) -> None:
        """Run the bodies of all files; the judged one only if another one imports it."""
        for name in self._files:
            if name != self._main:
                self._load(name)

    def import_names(self, operation: Import, world: World) -> None:
        """Bind what an import statement names."""
        targets = self._targets(operation)
        for variable, path in operation.bindings:
            target = targets.get(path, path)
            value = self._imported(target)
            world.assign(variable, of_thing(External(target)) if value is None else value)
        if operation.star is not None:
            self._import_all(targets.get(operation.star, ""), file_of(operation.place))

    def _targets(self, operation: Import) -> Mapping[str, str]:
        near = self._by_base.get(file_of(operation.place))
        return {} if near is None else near.targets

    def _import_all(self, name: str, importer: int) -> None:
        self._load(name)
        near = self._files.get(name)
        if near is None:
            return
        base = near.program.base
        for variable in [each for each in self._postponed if each[0] == base]:
            self._value(variable)
        for (scope, identifier), value in list(self._names.items()):
            if scope == base and not identifier.startswith("_"):
                self._stars[importer, identifier] = value
        for (file, identifier), value in list(self._stars.items()):
            if file == base:
                self._stars.setdefault((importer, identifier), value)

    def tells_nothing(self, path: str) -> bool:
        """Whether something imported is of a file of the project in which nothing sets anything."""
        return any(path == each or path.startswith(f"{each}.") for each in self._unread)

    def unassigned(self, variable: Variable) -> Value | None:
        """What a name is that the running code has not assigned."""
        if not self._files:
            return None
        if variable[0] != BUILTIN_SCOPE:
            value = self._value(variable)
        else:
            value = self._stars.get((self._running_file(), variable[1]))
        return None if value is None else self.settled(value)

    def _running_file(self) -> int:
        return self.machine.frame.file

    def settled(self, value: Value) -> Value:
        """The same value where a file could be imported in the meantime."""
        thing = value.only_thing
        return self.of_thing(thing) or value if isinstance(thing, External) else value

    def of_thing(self, thing: Thing) -> Value | None:
        """What something imported is in the project, if it is anything there."""
        return self._imported(thing.path) if isinstance(thing, External) else None

    def _imported(self, path: str) -> Value | None:
        """The value that a dotted path names, None if it is no name of a file here."""
        file, rest = self._split(path)
        if file is not None and not rest:
            # A package may give the name of one of its files to something else.
            package, _, name = path.rpartition(".")
            file, rest = self._files.get(package), [name]
        if file is None or not rest or (file.name, rest[0]) in self._sought:
            return None
        self._load(file.name)
        self._sought.add((file.name, rest[0]))
        try:
            value = self._named(file, rest[0])
            for name in rest[1:]:
                if value is None:
                    break
                value = self._attribute(value, name)
        finally:
            self._sought.discard((file.name, rest[0]))
        return value

    def candidates(self, path: str) -> list[Value]:
        """Everything of the project that a file gives under some name, each once."""
        file, rest = self._split(path)
        if file is None or rest:
            return []
        self._load(file.name)
        base = file.program.base
        variables = [*self._names, *self._postponed, *self._stars]
        names = sorted({name for scope, name in variables if scope == base})
        found = (self._named(file, name) for name in names)
        return list(dict.fromkeys(each for each in found if each is not None))

    def is_file(self, path: str) -> bool:
        """Whether a dotted path names a file that is run with this one."""
        return path in self._files

    def starred(self, base: int) -> list[Value]:
        """What a file has got by star imports."""
        return [value for (importer, _), value in self._stars.items() if importer == base]

    def _split(self, path: str) -> tuple[Neighbour | None, list[str]]:
        """The file that a path begins with, and what is left of the path."""
        parts = path.split(".") if self._files else []
        for length in range(len(parts), 0, -1):
            file = self._files.get(".".join(parts[:length]))
            if file is not None:
                return file, parts[length:]
        return None, parts

    def _named(self, file: Neighbour, name: str) -> Value | None:
        base = file.program.base
        if base in self._running and (base, name) in self._postponed:
            # An import that leads back: what is defined there has not all of its names yet.
            return None
        value = self._value((base, name)) or self._stars.get((base, name))
        thing = None if value is None else value.only_thing
        return value if not isinstance(thing, External) else self._imported(thing.path) or value

    def _attribute(self, value: Value, name: str) -> Value | None:
        world = self.new_world()
        found = self.machine.expressions.attribute(value, name, world, self.machine.frame)
        return found if found.things or found.objects else None

    def new_world(self) -> World:
        """A world in which all files have been imported."""
        world = self.machine.new_world(gradients_of(Gradient.ON))
        world.objects.assign_all(self.objects)
        return world

    def _load(self, name: str) -> None:
        file = self._files.get(name)
        if file is None or name in self._loaded:
            return
        self._loaded.add(name)
        body = as_imported(file.program.body)
        postponed = dict(_definitions_alone(body))
        self._postponed |= postponed
        now = {id(each) for each in postponed.values()}
        if isinstance(body, Sequence):
            body = Sequence([node for node in body.nodes if id(node) not in now])
        self.machine.start_root()
        self._running.add(file.program.base)
        try:
            self._run(body, file.program.base)
        finally:
            self._running.discard(file.program.base)

    def _run(self, body: Node, base: int) -> None:
        """Run something of a file's own body, and keep what its names are then."""
        outer, self.machine.frame = self.machine.frame, Frame.of_module(base)
        try:
            with self.machine.runner.apart():
                world = left_by(self.machine, body, self.new_world())
        finally:
            self.machine.frame = outer
        for variable, value in world.names.items():
            if variable[0] == base:
                known = self._names.get(variable)
                self._names[variable] = value if known is None else value.join(known)
        existence.forget(world.existing, world)
        self.objects |= world.objects

    def _value(self, variable: Variable) -> Value | None:
        """What a name of a file is; a function or class is defined when it is first asked for."""
        step = self._postponed.pop(variable, None)
        if step is not None:
            self._run(step, variable[0])
        return self._names.get(variable)


def _definitions_alone(body: Node) -> Iterator[tuple[Variable, Step]]:
    """The functions and classes of a file whose definition does nothing else, by their names."""
    nodes = body.nodes if isinstance(body, Sequence) else []
    steps = [each for each in nodes if isinstance(each, Step)]
    found = [(_defined(each), each) for each in steps]
    times = Counter(variable for variable, _ in found)
    for variable, step in found:
        if variable is not None and times[variable] == 1 and _only_defines(step):
            yield variable, step


def _defined(step: Step) -> Variable | None:
    operation = step.operation
    return operation.variable if isinstance(operation, DefineClass | DefineFunction) else None


def _only_defines(node: Node) -> bool:
    """Whether a definition runs nothing but definitions and sets nothing but constants."""
    operation = node.operation if isinstance(node, Step) else None
    match operation:
        case DefineFunction(definition=function):
            defaults = (each.default for each in function.parameters)
            plain = all(each is None or isinstance(each, PLAIN) for each in defaults)
            return plain and all(map(_is_builtin, function.decorators))
        case DefineClass(definition=class_):
            inner = class_.body.nodes if isinstance(class_.body, Sequence) else [class_.body]
            bases = all(isinstance(each, PLAIN) for each in class_.bases)
            return bases and not class_.decorators and all(map(_only_defines, inner))
        case Assign(value=Constant()) | Evaluate(expression=Constant()):
            return True
    return False


def _is_builtin(decorator: Expression) -> bool:
    """Whether it is a ``@property`` or the like: a decorator of the project may keep a list."""
    return isinstance(decorator, Name) and decorator.variable[0] == BUILTIN_SCOPE


def as_imported(body: Node) -> Node:
    """The body of a file without what it does only when it is run as a script."""
    if isinstance(body, Sequence):
        return Sequence([node for node in body.nodes if not _is_main(node)])
    return EMPTY if _is_main(body) else body


def _is_main(node: Node) -> bool:
    if not isinstance(node, Branch) or not isinstance(node.condition, Check):
        return False
    test = node.condition.condition
    return isinstance(test, Comparison) and any(_names_main(test))


def _names_main(test: Comparison) -> Iterator[bool]:
    for side in (test.left, test.right):
        yield isinstance(side, Name) and side.variable == (BUILTIN_SCOPE, "__name__")
