"""Executes a program with PyTorch and writes down every call of a module."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a module: its class, its mode and whether gradients were recorded."""

    kind: str
    training: bool
    gradients: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """A run: its calls in their order, what it printed, its names, and what it raised."""

    calls: list[Called]
    printed: str
    names: Mapping[str, object]
    raised: str

    def kinds(self) -> list[str]:
        return [call.kind for call in self.calls]

    def modes(self, kind: str) -> list[bool]:
        """The modes of a class at its calls."""
        return [call.training for call in self.calls if call.kind == kind]

    def gradients(self, kind: str) -> list[bool]:
        """Whether gradients were recorded at the calls of a class."""
        return [call.gradients for call in self.calls if call.kind == kind]


def record(text: str) -> Recording:
    """Execute a program from a fixed seed, with gradients on, and leave everything as it was."""
    calls: list[Called] = []

    def note(module: nn.Module, _: object) -> None:
        calls.append(Called(type(module).__name__, module.training, torch.is_grad_enabled()))

    names: dict[str, object] = {"__name__": "__main__"}
    printed, raised = io.StringIO(), ""
    torch.manual_seed(0)
    hook = nn.modules.module.register_module_forward_pre_hook(note)
    gradients = torch.is_grad_enabled()
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.set_grad_enabled(True)
            exec(compile(text, "<program>", "exec"), names)
    except Exception as error:
        raised = type(error).__name__
    finally:
        torch.set_grad_enabled(gradients)
        hook.remove()
    return Recording(calls, printed.getvalue(), names, raised)
