"""The options, each declared once: flake8, the command line and the docs read them here.

What this module does not know: which rules there are.  Whether a code in an option
exists is checked by `analysis`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any

CODE = re.compile(r"BNE\d{3}")
VERSION = re.compile(r"(\d+)\.(\d+)(\.\w+)*")


class OptionError(argparse.ArgumentTypeError):
    """A value that an option does not take; the message tells what it takes."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """How one option is spelled, read and explained."""

    flag: str
    read: Callable[[str], Any]
    metavar: str
    default: str
    help: str

    @property
    def destination(self) -> str:
        """The attribute under which argparse leaves the value."""
        return self.flag.removeprefix("--").replace("-", "_")


def read_codes(text: str) -> frozenset[str]:
    """Full rule codes, separated by commas or white space."""
    codes = text.replace(",", " ").upper().split()
    for code in codes:
        if not CODE.fullmatch(code):
            raise OptionError(f"{code!r} is no full rule code such as BNE105")
    return frozenset(codes)


def read_version(text: str) -> tuple[int, int]:
    """Major and minor number of a version: ``2.13`` or ``2.13.0``."""
    match = VERSION.fullmatch(text.strip())
    if match is None:
        raise OptionError(f"{text!r} is no version such as 2.13")
    return int(match[1]), int(match[2])


def _option(declaration: Declaration) -> Any:
    return field(
        default=declaration.read(declaration.default), metadata={"declaration": declaration}
    )


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for; the defaults are what a user gets who asks for nothing."""

    opt_in: frozenset[str] = _option(
        Declaration(
            "--bne-opt-in",
            read_codes,
            "CODES",
            "",
            "Rules to switch on that are off by default: full codes, separated by commas.",
        )
    )
    torch_version: tuple[int, int] = _option(
        Declaration(
            "--bne-torch-version",
            read_version,
            "VERSION",
            "2.13",
            "The PyTorch version that the analysed code runs on, where it changes a meaning.",
        )
    )


def declarations() -> list[tuple[str, Declaration]]:
    """The name of every field with the declaration of its option."""
    return [(option.name, _declaration_of(option)) for option in fields(Options)]


def _declaration_of(option: Field[Any]) -> Declaration:
    declaration: Declaration = option.metadata["declaration"]
    return declaration


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add every option to a parser of command lines."""
    for _, declaration in declarations():
        parser.add_argument(
            declaration.flag,
            type=declaration.read,
            metavar=declaration.metavar,
            default=declaration.default,
            help=f"{declaration.help} (default: {declaration.default or 'none'})",
        )


def from_namespace(namespace: argparse.Namespace) -> Options:
    """The options that argparse or flake8 has read."""
    values = {
        name: getattr(namespace, declaration.destination) for name, declaration in declarations()
    }
    return Options(**values)
