"""What is shown only to somebody who looks: colours, and how far a long run has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flake8_bn_eval.report.formats import Format

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

PATIENCE = 1.0
"""Seconds before a run is a long one."""


def terminal_format(color: str) -> Format | None:
    """The text format for standard output if that is a terminal, or is to look like one."""
    if not sys.stdout.isatty() and color != "always":
        return None
    from rich.console import Console  # noqa: PLC0415 - only for those who look

    from flake8_bn_eval.report.terminal import Terminal  # noqa: PLC0415
    from flake8_bn_eval.report.text import WIDEST  # noqa: PLC0415

    console = Console(
        color_system=None if color == "never" else "auto",
        force_terminal=True if color == "always" else None,
        width=None if sys.stdout.isatty() else WIDEST,
        highlight=False,
        markup=False,
        emoji=False,
    )
    return Terminal(console)


class Progress:
    """How far a run has come, on standard error if that is a terminal and the run is long."""

    def __init__(self, total: int, *, quiet: bool, color: str = "auto") -> None:
        """``total`` counts the files; ``quiet`` shows nothing ever."""
        self._color = color
        self._total = total
        self._done = 0
        self._silent = quiet or not sys.stderr.isatty()
        self._begun = time.monotonic()
        self._shown: RichProgress | None = None

    def step(self) -> None:
        """One more file is done."""
        self._done += 1
        if self._silent:
            return
        if self._shown is None and time.monotonic() - self._begun > PATIENCE:
            self._show()
        if self._shown is not None:
            self._shown.update(self._shown.task_ids[0], completed=self._done)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Nothing is shown meanwhile, so that something can be printed."""
        if self._shown is not None:
            self._shown.stop()
        try:
            yield
        finally:
            if self._shown is not None:
                self._shown.start()

    def close(self) -> None:
        """Leave no trace."""
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

    def _show(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - most runs are short
        from rich.progress import Progress  # noqa: PLC0415

        self._shown = Progress(
            *Progress.get_default_columns(),
            console=Console(stderr=True, color_system=None if self._color == "never" else "auto"),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._shown.add_task("judging files", total=self._total)
        self._shown.start()
