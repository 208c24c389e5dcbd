"""A process on a terminal of its own, with what it shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.cli.client import environment


def _begin_a_session() -> None:
    """What a shell does: Ctrl-C of this terminal ends the command, whoever started the tests."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """Runs a command whose standard streams are a terminal; ``shown`` is all it wrote."""

    def __init__(
        self, folder: Path, *command: str, width: int = 80, stdout: int | None = None, **more: str
    ) -> None:
        """``stdout`` may be another stream; standard error is the terminal all the same."""
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment(TERM="xterm-256color", **more),
            stdin=follower,
            stdout=follower if stdout is None else stdout,
            stderr=follower,
            start_new_session=True,
            preexec_fn=_begin_a_session,  # noqa: PLW1509 - no threads
        )
        os.close(follower)

    def read_until(self, words: str, seconds: float = 60) -> None:
        """Wait for something to be shown."""
        end = time.monotonic() + seconds
        while words not in self.shown:
            assert time.monotonic() < end, self.shown
            if not self._read(end - time.monotonic()):
                break
        assert words in self.shown, self.shown

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal sends the signal to every process on it."""
        os.write(self._leader, b"\x03")

    def end(self, seconds: float = 60) -> int:
        """The exit status, when everything was read."""
        end = time.monotonic() + seconds
        while self._read(end - time.monotonic()):
            pass
        try:
            return self.process.wait(max(end - time.monotonic(), 1))
        finally:
            os.close(self._leader)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._leader], [], [], max(seconds, 0))
        try:
            data = os.read(self._leader, 65536) if ready else b""
        except OSError:  # the last process has closed the terminal
            data = b""
        self.shown += data.decode(errors="replace")
        return bool(data)


def children_of(group: int) -> list[int]:
    """The processes of a group that are still there."""
    try:
        os.killpg(group, signal.SIGCONT)
    except ProcessLookupError:
        return []
    return [group]
