"""What is live at the head of a loop: by examples, and by wiping out what is dead."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from flake8_bn_eval import source
from flake8_bn_eval.flow.liveness import live_at_heads
from flake8_bn_eval.flow.nodes import Exit, Jump, Loop, Node, Sequence, Step, held, inner
from flake8_bn_eval.lower.program import lower_module
from flake8_bn_eval.operations import BUILTIN_SCOPE, LENGTH
from flake8_bn_eval.variables import assigned, used

EXAMPLES = {
    "what the body assigns before it reads it is dead": (
        "net = A()\nfor x in xs:\n    net = B(x)\n    net(x)\n",
        {2: "B xs"},
    ),
    "what the body reads first is live": (
        "net = A()\nfor x in xs:\n    net(x)\n    net = B(x)\n",
        {2: "B net xs"},
    ),
    "what is read behind the loop is live": (
        "net = A()\nfor x in xs:\n    net = B(x)\nnet(1)\n",
        {2: "B net xs"},
    ),
    "what is assigned on one side only stays live": (
        "for x in xs:\n    if x:\n        net = B(x)\n    net(x)\n",
        {1: "B net xs"},
    ),
    "what is assigned on both sides is dead": (
        "for x in xs:\n    if x:\n        net = A()\n    else:\n        net = B()\n    net(x)\n",
        {1: "A B xs"},
    ),
    "a target of the loop is assigned by every pass": (
        "for a, (b, *c) in xs:\n    print(a, b, c)\n",
        {1: "xs"},
    ),
    "a target is live behind a loop that may have no pass": (
        "for a in xs:\n    pass\nprint(a)\n",
        {1: "a xs"},
    ),
    "an early continue leaves what it did not assign": (
        "for x in xs:\n    if x:\n        continue\n    net = A()\nnet(1)\n",
        {1: "A net xs"},
    ),
    "what only the way by break reads": (
        "while a:\n    b = f()\n    if b:\n        break\n    c = f()\n"
        "else:\n    print(d)\nprint(c)\n",
        {1: "a c d f"},
    ),
    "an exception leaves before the assignment": (
        "for x in xs:\n    try:\n        net = load(x)\n    except Error:\n        pass\n"
        "    net(x)\n",
        {1: "Error load net xs"},
    ),
    "a handler that leaves the pass needs nothing": (
        "for x in xs:\n    try:\n        net = load(x)\n    except Error:\n        continue\n"
        "    net(x)\n",
        {1: "Error load xs"},
    ),
    "a context may swallow an exception": (
        "for x in xs:\n    with c():\n        net = load(x)\n    net(x)\n",
        {1: "c load net xs"},
    ),
    "a final block runs on every way out": (
        "for x in xs:\n    try:\n        a = f()\n        if a:\n            break\n    finally:\n"
        "        print(b)\n",
        {1: "b f xs"},
    ),
    "the loops inside know what the outer one needs": (
        "for x in xs:\n    for y in ys:\n        a = f(y)\n    print(a, b)\n    b = a\n",
        {1: "a b f xs ys", 2: "a b f xs ys"},
    ),
    "an inner loop sees what is needed behind the outer one": (
        "while f():\n    while f():\n        a = 1\n        b = 2\n    print(b)\nprint(a)\n",
        {1: "a b f", 2: "a b f"},
    ),
    "deleting is no reading": (
        "for x in xs:\n    del a\n    a = f(x)\n",
        {1: "f xs"},
    ),
    "storing in an object reads the object": (
        "for x in xs:\n    a.b = f\n    c[d] = x\n    e += 1\n",
        {1: "a c d e f xs"},
    ),
    "a class body runs where it stands, a function body does not": (
        "for x in xs:\n    class A(B):\n        c = d\n"
        "    def e(f=g): return h\n    i = lambda j=k: (j, l)\n",
        {1: "B d g k l xs"},
    ),
    "importing and defining bind": (
        "for x in xs:\n    import a\n    from b import c as d\n    def e(): pass\n"
        "    class f: pass\n    print(a, d, e, f)\n",
        {1: "xs"},
    ),
    "a match holds its subject and binds what it captures": (
        "for x in xs:\n    match f(x):\n        case [a, b]:\n            print(b)\n",
        {1: "f xs"},
    ),
    "a handler's name is assigned": (
        "for x in xs:\n    try:\n        f()\n    except E as e:\n        print(e)\n",
        {1: "E f xs"},
    ),
}


CAPTURES = {
    "an inner function reads": ("def f(a, b):\n    def g(): return a\n    return g, b\n", "a"),
    "a lambda reads": ("def f(a, b):\n    return lambda b: a + b\n", "a"),
    "a generator reads all but what it begins with": (
        "def f(a, b, c):\n    return (x + a for x in b if x)\n",
        "a",
    ),
    "a list is made at once": ("def f(a, b):\n    return [x + a for x in b]\n", ""),
    "a lambda in a list": ("def f(a, b):\n    return [lambda: x + a for x in b]\n", "a"),
    "a method of a class inside": (
        "def f(a, b):\n    class C(b):\n        def g(self): return a\n    return C\n",
        "a",
    ),
    "a function of a function": (
        "def f(a, b):\n    def g():\n        def h(): return a\n        return h\n    return b\n",
        "a",
    ),
    "an inner function binds": (
        "def f():\n    a = b = 1\n    def g():\n        nonlocal a\n        a = b = 2\n    g()\n",
        "a",
    ),
    "only a default, which is read at once": ("def f(a):\n    def g(b=a): return b\n", ""),
    "another name of the same spelling": ("def f(a):\n    def g(a): return a\n", ""),
}


@pytest.mark.parametrize("name", CAPTURES)
def test_captured_names(name: str) -> None:
    text, expected = CAPTURES[name]
    program = lower_module(text, source.parse(text))
    [outer] = [each for each in program.functions if each.name == "f"]
    assert outer.captured == set(expected.split())


def test_captured_names_of_a_module() -> None:
    text = """
a = b = c = d = 1
def f():
    global b
    b = a
class C:
    e = c
    def g(self): return d
    h = lambda self: e
"""
    assert lower_module(text, source.parse(text)).captured == {"a", "b", "d"}


def test_the_reads_of_an_operation_are_the_names_in_it() -> None:
    """Those that it binds are none of them, and those of a lambda are."""
    text = """
def f(p=q, *, r: s = t): return u
@d
class C(b, metaclass=m): pass
x, y.z[i] = v
w += k
with e as g, h as g.n: o
for x in [lambda j: j + l]: pass
assert a, n
"""
    program = lower_module(text, source.parse(text))
    read = [{name for _, name in used(operation)} for operation in held(program.body)]
    assert [" ".join(sorted(names)) for names in read] == [
        "q t",
        "b d m",
        "i v y",
        "k w",
        "e",
        "g h",
        "o",
        "j l",
        "a",
        "n",
    ]


def heads(text: str) -> dict[int, set[str]]:
    """The names that are live at the loops outside of functions, by the line of the loop."""
    program = lower_module(text, source.parse(text))
    lines = [line for line, *_ in program.positions]
    live = live_at_heads(program.body, used, assigned)
    return {
        lines[loop.header.place]: {
            name for scope, name in live[id(loop)] if scope in (0, BUILTIN_SCOPE)
        }
        for loop in loops(program.body)
    }


def loops(node: Node) -> Iterator[Loop]:
    """The loops of a body."""
    if isinstance(node, Loop):
        yield node
    for each in inner(node):
        yield from loops(each)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    text, expected = EXAMPLES[name]
    found = heads(text)
    assert {line: found[line] - {"print", LENGTH} for line in found} == {
        line: set(names.split()) for line, names in expected.items()
    }


class StopRun(BaseException):
    """A program has taken enough steps."""


class PlannedError(Exception):
    """What a call may raise."""


NAMES = "abcd"
STEPS = 150


class Programs:
    """Random programs over a few names, with every way to leave a body."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []

    def text(self) -> str:
        """A program that has at least one loop."""
        self.lines = [f"{name} = {position}" for position, name in enumerate(NAMES)]
        self._loop(0, 0)
        self._block(0, 0, in_loop=False)
        return "\n".join(self.lines) + "\n"

    def _block(self, level: int, depth: int, *, in_loop: bool) -> None:
        for _ in range(self.random.randint(1, 4)):
            self._statement(level, depth, in_loop=in_loop)

    def _name(self) -> str:
        return self.random.choice(NAMES)

    def _put(self, level: int, line: str) -> None:
        self.lines.append("    " * level + line)

    def _statement(self, level: int, depth: int, *, in_loop: bool) -> None:
        kinds = ["assign", "assign", "log"]
        kinds += ["if", "loop", "loop", "try", "with"] if depth < 3 else []
        kinds += ["leave"] if in_loop else []
        kind = self.random.choice(kinds)
        if kind == "assign":
            self._put(level, f"{self._name()} = f({self._name()}, {self._name()})")
        elif kind == "log":
            self._put(level, f"log({self._name()})")
        elif kind == "leave":
            self._put(level, f"if f({self._name()}) % 3 == 0:")
            self._put(level + 1, self.random.choice(["break", "continue", "raise PlannedError"]))
        elif kind == "if":
            self._put(level, f"if f({self._name()}) % 2:")
            self._block(level + 1, depth + 1, in_loop=in_loop)
            self._put(level, "else:")
            self._block(level + 1, depth + 1, in_loop=in_loop)
        elif kind == "loop":
            self._loop(level, depth)
        elif kind == "with":
            self._put(level, f"with context({self._name()}) as {self._name()}:")
            self._block(level + 1, depth + 1, in_loop=in_loop)
        else:
            self._try(level, depth, in_loop=in_loop)

    def _loop(self, level: int, depth: int) -> None:
        if self.random.random() < 0.5:
            self._put(level, f"while f({self._name()}) % 4:")
        else:
            self._put(level, f"for {self._name()} in each({self._name()}):")
        self._block(level + 1, depth + 1, in_loop=True)
        if self.random.random() < 0.3:
            self._put(level, "else:")
            self._block(level + 1, depth + 1, in_loop=False)

    def _try(self, level: int, depth: int, *, in_loop: bool) -> None:
        self._put(level, "try:")
        self._block(level + 1, depth + 1, in_loop=in_loop)
        way = self.random.choice(["caught", "else", "final", "both"])
        if way != "final":
            self._put(level, self.random.choice(["except PlannedError:", "except Exception:"]))
            self._block(level + 1, depth + 1, in_loop=in_loop)
        if way == "else":
            self._put(level, "else:")
            self._block(level + 1, depth + 1, in_loop=in_loop)
        if way in ("final", "both"):
            self._put(level, "finally:")
            self._block(level + 1, depth + 1, in_loop=in_loop)


def observed(text: str, live: dict[int, set[str]], *, wiping: bool) -> list[object]:
    """What a program logs; when wiping, a dead name is lost at the head of its loop."""
    log: list[object] = []
    steps = 0

    def f(*values: object) -> int:
        nonlocal steps
        steps += 1
        if steps > STEPS:
            raise StopRun
        if steps % 11 == 7:
            raise PlannedError
        return hash((steps, *values)) % 97

    def wipe(line: int) -> bool:
        if wiping:
            names.update(dict.fromkeys(set(NAMES) - live[line], "lost"))
        return True

    def each(line: int, value: object) -> Iterator[int]:
        count = f(value) % 4
        while wipe(line) and count:
            count -= 1
            yield f(count)

    @contextmanager
    def context(value: object) -> Iterator[int]:
        entered = f(value)
        try:
            yield entered
        except PlannedError:
            if f() % 2:
                raise

    names: dict[str, object] = {
        "f": f,
        "wipe": wipe,
        "each": each,
        "context": context,
        "log": log.append,
        "PlannedError": PlannedError,
    }
    try:
        exec("\n".join(told_of_heads(text.splitlines())), names)
    except (StopRun, PlannedError) as stopped:
        log.append(type(stopped))
    return log


def told_of_heads(lines: Iterable[str]) -> Iterator[str]:
    """The program, which says when it reaches the head of a loop."""
    for number, line in enumerate(lines, 1):
        told = line.replace("each(", f"each({number}, ")
        yield told.replace("while f(", f"while wipe({number}) and f(")


def test_nothing_can_tell_that_what_is_dead_is_lost() -> None:
    lost = 0
    for seed in range(200):
        text = Programs(seed).text()
        live = heads(text)
        lost += sum(len(set(NAMES) - names) for names in live.values())
        kept = observed(text, live, wiping=False)
        assert observed(text, live, wiping=True) == kept, text
    assert lost > 250


def test_what_is_called_dead_at_every_loop_is_missed() -> None:
    """The test above would see it."""
    seeds = range(50)
    assert any(
        observed(text, nothing, wiping=True) != observed(text, nothing, wiping=False)
        for text in (Programs(seed).text() for seed in seeds)
        for nothing in [{line: set[str]() for line in heads(text)}]
    )


def test_loops_inside_loops_cost_no_more_than_their_depth() -> None:
    depth, asked = 40, 0

    def counted(_: object) -> frozenset[str]:
        nonlocal asked
        asked += 1
        return frozenset()

    body: Node = Step("innermost")
    for level in range(depth):
        body = Loop(level, Sequence([body, Jump(Exit.CONTINUE)]), Sequence([]))
    assert len(live_at_heads(body, counted, lambda _: frozenset())) == depth
    assert asked <= (depth + 1) ** 2
