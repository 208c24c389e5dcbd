"""The options, each declared once: flake8, the command line and the docs read them here.

What this module does not know: which rules there are.  Whether a code in an option
exists is checked by `analysis`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

CODE = re.compile(r"BNE\d{3}")
WORD = re.compile(r"[a-z_][a-z0-9_]*")
NAME = re.compile(r"(\*|[^\W\d]\w*)(\.(\*|[^\W\d]\w*))*")
VERSION = re.compile(r"(\d+)\.(\d+)(\.\w+)*")


class OptionError(argparse.ArgumentTypeError):
    """A value that an option does not take; the message tells what it takes."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """How one option is spelled, read and explained."""

    flag: str
    read: Callable[[Any], Any]
    metavar: str
    default: str
    help: str
    names_files: bool = False
    is_switch: bool = False

    @property
    def destination(self) -> str:
        """The attribute under which argparse leaves the value."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def key(self) -> str:
        """What the option is called in ``[tool.bn-eval]``."""
        return self.flag.removeprefix("--bne-")

    def value(self, given: object) -> Any:
        """What is meant by a text, a list, a number or a truth value of a configuration file.

        Raises `OptionError`, whose message begins with the flag.
        """
        try:
            return self.read(self._as_read(given))
        except OptionError as error:
            raise OptionError(f"{self.flag}: {error}") from error

    def _as_read(self, given: object) -> object:
        if isinstance(given, float):
            raise OptionError(f'{given!r} must be written as a text: "{given}"')
        if isinstance(given, list | tuple | set | frozenset):
            texts = [str(each) for each in given]
            return texts if self.names_files else ",".join(texts)
        if isinstance(given, str | int):
            return str(given)
        raise OptionError(f"{given!r} is neither a text nor a list of texts")


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


SWITCHES = {"1": True, "yes": True, "true": True, "on": True} | {
    "0": False, "no": False, "false": False, "off": False, "": False
}  # fmt: skip
"""What flake8 takes for a truth value in a configuration file."""


def read_switch(text: str) -> bool:
    """``yes`` or ``no``, ``true`` or ``false``, ``on`` or ``off``, ``1`` or ``0``."""
    try:
        return SWITCHES[text.strip().lower()]
    except KeyError:
        raise OptionError(f"{text!r} is neither true nor false") from None


def read_words(text: str) -> frozenset[str]:
    """Words or whole names, separated by commas or white space, in lower case."""
    words = text.replace(",", " ").lower().split()
    for word in words:
        if not WORD.fullmatch(word):
            raise OptionError(f"{word!r} is no word such as holdout or run_fold")
    return frozenset(words)


def read_names(text: str) -> frozenset[str]:
    """Dotted names, separated by commas or white space; ``*`` stands for any parts."""
    names = text.replace(",", " ").split()
    for name in names:
        if not NAME.fullmatch(name):
            raise OptionError(f"{name!r} is no dotted name such as mylib.wrap or *.wrap")
    return frozenset(names)


def read_files(text: str | Sequence[str]) -> tuple[Path, ...]:
    """Files, separated by commas; a bare name may lie in a folder further up.

    A name in flake8's configuration means a file beside that configuration, which flake8
    looks for in the working folder and above; it tells nobody where it found one.
    """
    names = re.split(r"[,\n]", text) if isinstance(text, str) else text
    return tuple(_found(Path(name.strip())) for name in names if name.strip())


def _found(file: Path) -> Path:
    if len(file.parts) == 1 and not file.exists():
        above = (folder / file for folder in Path.cwd().parents)
        return next((each for each in above if each.is_file()), file)
    return file


def read_number(text: str) -> int:
    """A whole number that is not negative; ``_`` may divide its digits."""
    if not re.fullmatch(r"\d[\d_]*", text.strip()):
        raise OptionError(f"{text!r} is no whole number")
    return int(text)


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
            "The PyTorch version that the analysed code runs on. Before 2.1 a gradient context "
            "that decorates a function needs its parentheses; before 2.9 `torch.onnx.export` "
            "uses evaluation mode by itself, and then puts every layer in the mode of the model. "
            "Your own rows may say `since` and `before`.",
        )
    )
    knowledge: tuple[Path, ...] = _option(
        Declaration(
            "--bne-knowledge",
            read_files,
            "FILES",
            "",
            "Tables of your own, TOML files separated by commas: what your functions and classes, "
            "or a library that is not known, do to modes and gradients. "
            "A row of yours wins over one that is shipped.",
            names_files=True,
        )
    )
    evaluation_functions: frozenset[str] = _option(
        Declaration(
            "--bne-evaluation-functions",
            read_words,
            "WORDS",
            "",
            "More words in the names of functions that evaluate or predict, beside `evaluate`, "
            "`validate`, `test`, `predict`, `infer` and the like: `rehearse`, `run_fold`.",
        )
    )
    training_functions: frozenset[str] = _option(
        Declaration(
            "--bne-training-functions",
            read_words,
            "WORDS",
            "",
            "More words in the names of functions that train, beside `train`, `fit`, `finetune`, "
            "`learn` and the like.",
        )
    )
    evaluation_data: frozenset[str] = _option(
        Declaration(
            "--bne-evaluation-data",
            read_words,
            "WORDS",
            "",
            "More words in the names of loaders and data that a model is evaluated on, beside "
            "`val`, `valid`, `test`, `dev`, `eval`, `holdout` and the like.",
        )
    )
    training_data: frozenset[str] = _option(
        Declaration(
            "--bne-training-data",
            read_words,
            "WORDS",
            "",
            "More words in the names of loaders and data that a model is trained on, beside "
            "`train`, `labeled` and the like.",
        )
    )
    models: frozenset[str] = _option(
        Declaration(
            "--bne-models",
            read_words,
            "WORDS",
            "",
            "More words in the names of variables that hold a module, beside `model`, `net`, "
            "`encoder`, `generator` and the like: only where nothing else tells that it is one.",
        )
    )
    wrappers: frozenset[str] = _option(
        Declaration(
            "--bne-wrappers",
            read_names,
            "NAMES",
            "",
            "Functions and classes that return the module they are given, wrapped or not, as "
            "`DataParallel` and `torch.compile` do: full dotted names, or `*.name` for that name "
            "in any module.",
        )
    )
    explicit_dropout: bool = _option(
        Declaration(
            "--bne-explicit-dropout",
            read_switch,
            "",
            "",
            "BNE401 also reports dropout that is told to stay on: `training=True`.",
            is_switch=True,
        )
    )
    uncalled: bool = _option(
        Declaration(
            "--bne-uncalled",
            read_switch,
            "",
            "",
            "Report inference and training in wrong modes also in functions that nothing in the "
            "project mentions. Without it they count as never run, unless the file stands alone.",
            is_switch=True,
        )
    )
    single_file: bool = _option(
        Declaration(
            "--bne-single-file",
            read_switch,
            "",
            "",
            "Look at no other file of the project: imports and callers stay unseen.",
            is_switch=True,
        )
    )
    project_root: str = _option(
        Declaration(
            "--bne-project-root",
            str,
            "DIRECTORY",
            "",
            "The directory beyond which no file is looked at. Without it: the nearest one above "
            "the file with a `pyproject.toml`, `setup.cfg`, `setup.py`, `tox.ini`, `.flake8`, "
            "`.git` or `.hg`, else the working directory.",
        )
    )
    project_files: int = _option(
        Declaration(
            "--bne-project-files",
            read_number,
            "NUMBER",
            "5000",
            "The most files of a project in which callers are searched, those nearest to its root "
            "first.",
        )
    )
    project_bytes: int = _option(
        Declaration(
            "--bne-project-bytes",
            read_number,
            "NUMBER",
            "400000",
            "How much text of other files is parsed at most to judge one file.",
        )
    )
    project_seconds: int = _option(
        Declaration(
            "--bne-project-seconds",
            read_number,
            "NUMBER",
            "60",
            "After so long a file is judged by what was found until then, so that no file holds "
            "up the others.",
        )
    )


def declarations() -> list[tuple[str, Declaration]]:
    """The name of every field with the declaration of its option."""
    return [(option.name, _declaration_of(option)) for option in fields(Options)]


def _declaration_of(option: Field[Any]) -> Declaration:
    declaration: Declaration = option.metadata["declaration"]
    return declaration


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add every option to a parser of command lines; what is not given is None."""
    for _, declaration in declarations():
        parser.add_argument(declaration.flag, **argparse_arguments(declaration))


def argparse_arguments(declaration: Declaration) -> dict[str, Any]:
    """How argparse, or flake8 with it, is told of an option."""
    if declaration.is_switch:
        help = f"{declaration.help} (default: no)"
        return {"action": argparse.BooleanOptionalAction, "help": help}
    return {
        "type": declaration.read,
        "metavar": declaration.metavar,
        "default": None,
        "help": f"{declaration.help} (default: {declaration.default or 'none'})",
    }


def from_namespace(
    namespace: argparse.Namespace, below: Mapping[str, Any] | None = None
) -> Options:
    """The options that argparse or flake8 has read, and those of ``below`` that they have not.

    The keys of ``below`` are those of ``[tool.bn-eval]``.  Raises `OptionError`.
    """
    lower = below or {}
    read = {}
    for name, option in declarations():
        given = getattr(namespace, option.destination, None)
        if given is not None:
            read[name] = _read(option, given)
        elif option.key in lower:
            read[name] = option.value(lower[option.key])
    return Options(**read)


def _read(declaration: Declaration, given: object) -> Any:
    """A value of flake8's configuration may be as it stands there: a text or a list."""
    return declaration.value(given) if isinstance(given, str | list | bool) else given
