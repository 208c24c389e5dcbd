"""Measures the truth table of batch norm with the installed PyTorch, for docs/batchnorm.md.

Each row builds a layer, sets it up, runs it on one batch and looks: which statistics explain
the output, and did the running ones move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from itertools import product

import torch
from torch import nn

GRADIENT_MODES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "on": torch.enable_grad,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
}


@dataclass(frozen=True)
class Setting:
    """How a layer is built and set up before it is run."""

    training: bool
    constructed: bool
    """``track_running_stats`` as the constructor gets it."""
    toggled: bool | None
    """What is assigned to ``track_running_stats`` afterwards, if anything."""
    buffers_dropped: bool
    """Whether ``running_mean`` and ``running_var`` are set to None afterwards."""
    gradients: str


@dataclass(frozen=True)
class Outcome:
    """What a forward call did."""

    statistics: str
    """Whose mean and variance normalise: the batch's or the running ones."""
    running: str
    """What became of the running statistics."""
    counted: str
    """What became of ``num_batches_tracked``."""


def settings() -> Iterator[Setting]:
    """Every combination; a layer built without buffers has none to drop."""
    for training, constructed, gradients in product((True, False), (True, False), GRADIENT_MODES):
        for toggled, dropped in product((None, not constructed), (False, True)):
            if constructed or not dropped:
                yield Setting(training, constructed, toggled, dropped, gradients)


def build(setting: Setting) -> nn.BatchNorm1d:
    """The layer of a setting; its running statistics are like no batch's."""
    layer = nn.BatchNorm1d(3, affine=False, track_running_stats=setting.constructed)
    if layer.running_mean is not None and layer.running_var is not None:
        layer.running_mean.fill_(5.0)
        layer.running_var.fill_(4.0)
    if setting.toggled is not None:
        layer.track_running_stats = setting.toggled
    if setting.buffers_dropped:
        layer.running_mean = layer.running_var = None
    return layer.train(setting.training)


def measure(setting: Setting) -> Outcome:
    """Run a layer of this setting on a batch."""
    layer, batch = build(setting), torch.randn(64, 3)
    before = None if layer.running_mean is None else layer.running_mean.clone()
    counted = None if layer.num_batches_tracked is None else int(layer.num_batches_tracked)
    with GRADIENT_MODES[setting.gradients]():
        output = layer(batch)
    by_batch = (batch - batch.mean(0)) / (batch.var(0, unbiased=False) + layer.eps).sqrt()
    by_running = (batch - 5.0) / (4.0 + layer.eps) ** 0.5
    explained = [torch.allclose(output, it, atol=1e-4) for it in (by_batch, by_running)]
    assert sum(explained) == 1
    moved = before is not None and not torch.equal(before, layer.running_mean)
    after = None if layer.num_batches_tracked is None else int(layer.num_batches_tracked)
    return Outcome(
        "of the batch" if explained[0] else "running",
        "none" if before is None else "updated" if moved else "unchanged",
        "none" if after is None or counted is None else f"+{after - counted}",
    )


def measured() -> dict[Setting, Outcome]:
    """The whole truth table."""
    torch.manual_seed(0)
    return {setting: measure(setting) for setting in settings()}


HEAD = (
    "`training`", "built with `track_running_stats`", "assigned later", "buffers",
    "gradients", "normalises with statistics", "running statistics", "`num_batches_tracked`",
)  # fmt: skip


def table() -> str:
    """The truth table in Markdown; gradient modes that make no difference share a row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for setting, outcome in measured().items():
        results = tuple(getattr(outcome, each.name) for each in fields(outcome))
        rows.setdefault((*_shown(setting), *results), []).append(setting.gradients)
    lines = [" | ".join(HEAD), " | ".join("---" for _ in HEAD)]
    for (*shown, statistics, running, counted), modes in rows.items():
        gradients = "any" if len(modes) == len(GRADIENT_MODES) else ", ".join(modes)
        lines.append(" | ".join([*shown, gradients, statistics, running, counted]))
    return "\n".join(f"| {line} |" for line in lines)


def _shown(setting: Setting) -> tuple[str, ...]:
    has_buffers = setting.constructed and not setting.buffers_dropped
    toggled = "" if setting.toggled is None else str(setting.toggled)
    return (
        str(setting.training),
        str(setting.constructed),
        toggled,
        "tensors" if has_buffers else "None" if not setting.constructed else "set to None",
    )
