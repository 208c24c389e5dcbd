"""Executes a program with PyTorch and writes down in which modes it really ran.

The unseen world of a program is a handful of names that exist while it runs, and that are
as unknown to the analysis as anything that it cannot see:

- ``coin()`` is true or false, ``again()`` is a coin for the condition of a loop,
- ``loader`` yields no, one or two batches, ``x`` is a batch,
- ``risky()`` may raise a RuntimeError.

A run is a sequence of choices.  `observe` walks through all sequences, depth first, until
there are none left or the runs are used up; in the latter case the rest is drawn at random
and the result is not *exhausted*.  In a program that can notice an exception, any call may
raise a RuntimeError before or after it takes effect: each such place is one more run.
Making a gradient context does not raise: nothing comes between that and its entering.

Every call is rewritten to go through `Observer.called`, which sees the callee just before
it is called; a forward call is a call of a module, of its ``forward`` or of a partial of it.
The mode of a wrapper is that of the module that it wraps.

What this does not know: what happens after `MAXIMUM_CHOICES` choices of one run or a fifth
pass of an unseen loop, and forward calls made by library code.
"""

from __future__ import annotations

import ast
import functools
import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import MethodType

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

MAXIMUM_CHOICES = 14
MAXIMUM_CALLS = 3_000
MAXIMUM_PASSES = 4
CALLED = "__called__"
COUNTED = "__counted__"
CONTEXTS = (torch.no_grad, torch.enable_grad, torch.inference_mode, torch.set_grad_enabled)
WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)


class EndOfRun(BaseException):
    """The run has made enough choices; what it saw until now is real."""


class Choices:
    """Makes the choices of one run: first those of ``prefix``, then by ``fallback``."""

    def __init__(self, prefix: list[int], fallback: random.Random | None = None) -> None:
        self._prefix = prefix
        self._fallback = fallback
        self.made: list[int] = []

    def choose(self) -> bool:
        if len(self.made) >= MAXIMUM_CHOICES:
            raise EndOfRun
        if len(self.made) < len(self._prefix):
            value = self._prefix[len(self.made)]
        else:
            value = 0 if self._fallback is None else self._fallback.randrange(2)
        self.made.append(value)
        return bool(value)

    def following(self) -> list[int] | None:
        """The next sequence in depth-first order, None if this one was the last."""
        made = list(self.made)
        while made and made[-1] == 1:
            made.pop()
        return [*made[:-1], 1] if made else None


@dataclass(slots=True)
class Observations:
    """What the runs of a program saw, by line; ``crash`` is an exception of its own making."""

    calls: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    reveals: dict[int, set[str]] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)
    exhausted: bool = False
    runs: int = 0
    crash: BaseException | None = None


class Loader:
    """Batches from outside: nobody can tell how many."""

    def __init__(self, choose: Callable[[], bool]) -> None:
        self._choose = choose

    def __iter__(self) -> Iterator[torch.Tensor]:
        for _ in range(2):
            if not self._choose():
                return
            yield torch.ones(2, 4)

    def __len__(self) -> int:
        return 2


def mode_of(value: object) -> str:
    """The mode of a module, of the wrapped one where it is a wrapper."""
    while isinstance(value, WRAPPERS):
        value = value.module
    if not isinstance(value, nn.Module):
        return "not a module"
    return "train" if value.training else "eval"


def gradient_now() -> str:
    """Whether a forward call would be recorded: in inference mode it never is."""
    if torch.is_inference_mode_enabled():
        return "off"
    return "on" if torch.is_grad_enabled() else "off"


def called_module(callee: object) -> nn.Module | None:
    """The module whose forward call this is."""
    if isinstance(callee, functools.partial):
        return called_module(callee.func)
    if isinstance(callee, nn.Module):
        return callee
    owner = getattr(callee, "__self__", None)
    if isinstance(owner, nn.Module) and getattr(callee, "__name__", "") == "forward":
        return owner
    return None


class _Instrument(ast.NodeTransformer):
    """Turns ``f(x)`` into ``__called__(line, f)(x)``; ``super()`` must stay in its frame.

    Loops count their passes, so that no program runs forever: not even one that adds to the
    list it goes through.
    """

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("super", "locals", "globals"):
            return node
        name = ast.copy_location(ast.Name(CALLED, ast.Load()), node)
        line = ast.copy_location(ast.Constant(node.lineno), node)
        node.func = ast.copy_location(ast.Call(name, [line, node.func], []), node)
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        count = ast.Expr(ast.Call(ast.Name(COUNTED, ast.Load()), [], []))
        node.body.insert(0, ast.copy_location(count, node))
        return ast.fix_missing_locations(node)

    def visit_While(self, node: ast.While) -> ast.While:
        self.generic_visit(node)
        count = ast.Call(ast.Name(COUNTED, ast.Load()), [], [])
        node.test = ast.BoolOp(ast.And(), [count, node.test])
        return ast.fix_missing_locations(node)


class Observer:
    """One program, compiled once and run often."""

    def __init__(self, text: str) -> None:
        tree = _Instrument().visit(ast.parse(text))
        self._code = compile(tree, "<program>", "exec", dont_inherit=True)
        self._notices = any(isinstance(node, ast.Try | ast.With) for node in ast.walk(tree))
        self.seen = Observations()
        self._choices = Choices([])
        self._calls = 0
        self._raise_at = -1
        self._passes: dict[int, int] = {}

    def observe(self, limit: int, seed: int) -> Observations:
        """All runs, or ``limit`` of them and as many at random."""
        prefix: list[int] | None = []
        while prefix is not None and self.seen.runs < limit:
            self._run(Choices(prefix))
            prefix = self._choices.following()
        self.seen.exhausted = prefix is None
        generator = random.Random(seed)
        if not self.seen.exhausted:
            for _ in range(limit):
                self._run(Choices([], generator))
        if self._notices:
            self._run_with_exceptions(limit, generator)
        return self.seen

    def _run_with_exceptions(self, limit: int, generator: random.Random) -> None:
        """Let each call of a few runs raise, before and after."""
        for _ in range(4):
            self._run(Choices([], generator))
            made, events = list(self._choices.made), 2 * self._calls
            for event in generator.sample(range(events), min(events, limit // 2)):
                self._run(Choices(made, generator), event)

    def _run(self, choices: Choices, raise_at: int = -1) -> None:
        self._choices, self._raise_at, self._calls = choices, raise_at, 0
        self._passes = {}
        self.seen.runs += 1
        with torch.inference_mode(False), torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            namespace = self._world()
            try:
                exec(self._code, namespace)
            except (RuntimeError, AssertionError, SystemExit, EndOfRun):
                pass
            except BaseException as crash:
                self.seen.crash = crash
            namespace.clear()

    def _world(self) -> dict[str, object]:
        return {
            "__name__": "__main__",
            CALLED: self.called,
            COUNTED: self._count,
            "coin": self._choices.choose,
            "again": self.called,
            "loader": Loader(self._choices.choose),
            "risky": self._risky,
            "reveal_mode": mode_of,
            "reveal_grad": gradient_now,
            "x": torch.ones(2, 4),
        }

    def _risky(self) -> None:
        if self._choices.choose():
            raise RuntimeError("risky")

    def _again(self, line: int) -> bool:
        passes = self._passes.get(line, 0)
        if passes >= MAXIMUM_PASSES or not self._choices.choose():
            return False
        self._passes[line] = passes + 1
        return True

    def called(self, line: int, callee: Callable[..., object]) -> Callable[..., object]:
        """What is called instead of ``callee``: it notes, perhaps raises, and calls."""
        seen = self.seen
        if callee is mode_of or callee is gradient_now:
            return functools.partial(self._reveal, line, callee)
        # The world binds `again` to this very method, so that it knows its line.
        if isinstance(callee, MethodType) and callee == self.called:
            return functools.partial(self._again, line)
        seen.reached.add(line)
        if any(callee is each for each in CONTEXTS):
            return callee
        event = self._calls * 2
        self._count()
        module = called_module(callee)
        if module is None and self._raise_at not in (event, event + 1):
            return callee
        return functools.partial(self._call, line, callee, module, event)

    def _count(self) -> bool:
        self._calls += 1
        if self._calls > MAXIMUM_CALLS:
            raise EndOfRun
        return True

    def _reveal(self, line: int, what: Callable[..., str], *arguments: object) -> None:
        self.seen.reveals.setdefault(line, set()).add(what(*arguments))

    def _call(
        self,
        line: int,
        callee: Callable[..., object],
        module: nn.Module | None,
        event: int,
        *arguments: object,
        **keywords: object,
    ) -> object:
        if module is not None:
            pair = (mode_of(module), gradient_now())
            self.seen.calls.setdefault(line, set()).add(pair)
        if self._raise_at == event:
            raise RuntimeError("before")
        result = callee(*arguments, **keywords)
        if self._raise_at == event + 1:
            raise RuntimeError("after")
        return result


def observe(text: str, limit: int = 48, seed: int = 0) -> Observations:
    """Execute a program about ``limit`` times, or less if all its ways are known by then."""
    return Observer(text).observe(limit, seed)
