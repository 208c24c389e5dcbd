"""How a command ends: its exit status, and what is said when it cannot go on.

Exit status: 0 if there is nothing to say, 1 if there are findings, 2 for bad input, with a
message on standard error that names the file and line, 130 when it was interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import shutil
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from flake8_bn_eval.files.units import InputError

CLEAN, FINDINGS, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What the system says when a stream takes no more; Windows knows no quota."""

__all__ = [
    "BAD_INPUT",
    "CLEAN",
    "FINDINGS",
    "INTERRUPTED",
    "InputError",
    "complain",
    "ended_well",
    "parser",
    "remark",
]


def parser(
    command: str | None, description: str, usage: str | None = None
) -> argparse.ArgumentParser:
    """The parser of a command; options are not abbreviated, so that new ones break nothing.

    ``usage`` is what follows the command where that has too many options to be listed with
    every mistake.
    """
    name = "bn-eval" if command is None else f"bn-eval {command}"
    told = None if usage is None else f"%(prog)s {usage}"
    return argparse.ArgumentParser(name, told, description, allow_abbrev=False)


def ended_well(command: Callable[[], int]) -> int:
    """The status of a command, whatever ends it: a mistake, the user, or a full disk."""
    _escape_what_cannot_be_written()
    try:
        status = command()
        sys.stdout.flush()
    except InputError as error:
        return complain(error)
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has seen enough
        _close(sys.stdout)
        return FINDINGS
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _close(sys.stdout)
        _say(f"standard output: {error.strerror}")
        return BAD_INPUT
    return status


def remark(message: str) -> None:
    """Say something about the run on standard error, in lines that a terminal has room for."""
    sys.stdout.flush()
    text = f"bn-eval: {message}"
    if sys.stderr.isatty():
        text = textwrap.fill(text, shutil.get_terminal_size().columns, subsequent_indent="  ")
    print(text, file=sys.stderr)


def complain(error: InputError) -> int:
    """Say what cannot be used, and give the status for that."""
    _say(str(error))
    return BAD_INPUT


def _say(message: str) -> None:
    with contextlib.suppress(OSError):  # there is nowhere left to say it
        print(f"bn-eval: {message}", file=sys.stderr, flush=True)


def _escape_what_cannot_be_written() -> None:
    """A character that the output's encoding lacks is written as an escape.

    A stream that was closed before the start takes everything, and keeps nothing.
    """
    if sys.stdout is None or sys.stderr is None:
        nothing = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
        sys.stdout, sys.stderr = sys.stdout or nothing, sys.stderr or nothing
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _close(stream: object) -> None:
    """Let the interpreter not flush a stream again that takes nothing any more."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[attr-defined]
