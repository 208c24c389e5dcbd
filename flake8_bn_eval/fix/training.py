"""What trains: the words by which code that trains is told from code that only predicts.

It errs towards training: code said to train is wrapped by no fix.  What this module does
not know: modes, gradients and types; the analysis that follows each fix does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from flake8_bn_eval.fix.tree import Tree, descendants, index_of
from flake8_bn_eval.lazily import cached_property

_TRAINING = frozenset({"backward", "zero_grad", "manual_backward", "fit", "requires_grad_"})
_DIFFERENTIATING = frozenset({"grad", "vjp", "jvp", "value_and_grad", "enable_grad"})
_STEPPING = re.compile(r"opt|scaler|sched|accelerator|engine", re.IGNORECASE)
_NAMED_FOR_IT = re.compile(r"(?:train|fit)(?:_|$)", re.IGNORECASE)
_BODIES = (cst.FunctionDef, cst.ClassDef, cst.Lambda)


class Training:
    """What in a file trains, by itself or by what it calls of the file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def trains(self, node: cst.CSTNode) -> bool:
        """Whether what runs with a node trains; what is only defined in it does not run."""
        return any(
            is_training(call) or called_name(call) in self._training_functions
            for call in calls_in(node)
        )

    def trains_after(self, node: cst.CSTNode) -> bool:
        """Whether the function, or the file, trains when it is done with a statement."""
        below = node
        for around in self._tree.ancestors(node):
            if isinstance(around, cst.For | cst.While) and self.trains(around):
                return True
            if isinstance(around, cst.IndentedBlock | cst.Module):
                later = around.body[index_of(around.body, below) + 1 :]
                if any(self.trains(each) for each in later):
                    return True
            if isinstance(around, cst.FunctionDef | cst.ClassDef):
                return False
            below = around
        return False

    def is_called_to_train(self, function: cst.FunctionDef) -> bool:
        """Whether something that trains calls a function, or calls what calls it."""
        pending, seen = [function.name.value], set[str]()
        while pending:
            name = pending.pop()
            seen.add(name)
            for caller in self._callers.get(name, ()):
                if self.trains(caller):
                    return True
                if isinstance(caller, cst.FunctionDef) and caller.name.value not in seen:
                    pending.append(caller.name.value)
        return False

    def is_called(self, function: cst.FunctionDef) -> bool:
        """Whether the file itself calls a function."""
        return function.name.value in self._callers

    @cached_property
    def _functions(self) -> dict[str, list[cst.FunctionDef]]:
        found: dict[str, list[cst.FunctionDef]] = {}
        for node in self._tree.nodes:
            if isinstance(node, cst.FunctionDef):
                found.setdefault(node.name.value, []).append(node)
        return found

    @cached_property
    def _callers(self) -> dict[str, list[cst.CSTNode]]:
        """Where the functions of the file are called: the functions, or the file."""
        found: dict[str, list[cst.CSTNode]] = {}
        for scope in (self._tree.module, *(f for fs in self._functions.values() for f in fs)):
            for call in calls_in(scope):
                name = called_name(call)
                if name in self._functions:
                    found.setdefault(name, []).append(scope)
        return found

    @cached_property
    def _training_functions(self) -> frozenset[str]:
        training = {
            name
            for name, functions in self._functions.items()
            if any(is_training(call) for function in functions for call in calls_in(function))
        }
        pending = list(training)
        while pending:
            for caller in self._callers.get(pending.pop(), ()):
                if isinstance(caller, cst.FunctionDef) and caller.name.value not in training:
                    training.add(caller.name.value)
                    pending.append(caller.name.value)
        return frozenset(training)


def calls_in(node: cst.CSTNode) -> Iterator[cst.Call]:
    """The calls that run with a node; of a function given, those of its body."""
    pending: list[cst.CSTNode] = [node.body if isinstance(node, _BODIES) else node]
    while pending:
        current = pending.pop()
        if isinstance(current, cst.Call):
            yield current
        if not isinstance(current, _BODIES):
            pending += current.children


def called_name(call: cst.Call) -> str:
    """The last name of what is called: ``step`` of ``self.optimizer.step()``."""
    match call.func:
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
    return ""


def is_training(call: cst.Call) -> bool:
    """Whether a call by itself tells that its surroundings train.

    ``model.train()`` tells nothing: helpers that predict put the mode back by it.
    """
    name = called_name(call)
    if name in _TRAINING or name in _DIFFERENTIATING or _NAMED_FOR_IT.match(name):
        return not (name == "train" and isinstance(call.func, cst.Attribute))
    if name != "step" or not isinstance(call.func, cst.Attribute):
        return False
    owners = (part for part in descendants(call.func.value) if isinstance(part, cst.Name))
    return any(_STEPPING.search(owner.value) for owner in owners)
