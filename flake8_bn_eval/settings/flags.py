"""The flags that commands share: flake8's own under their names, and those of the analysis.

What is not given on the command line is not in the namespace either, so that it does not
hide what is configured.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from flake8.main.options import register_default_options
from flake8.options.manager import Option, OptionManager

from flake8_bn_eval import __version__
from flake8_bn_eval.flake8_plugin import Plugin
from flake8_bn_eval.options import argparse_arguments, declarations

SELECTING = (
    "--select", "--extend-select", "--ignore", "--extend-ignore", "--per-file-ignores",
    "--disable-noqa",
)  # fmt: skip
"""Which findings are shown."""

SEARCHING = ("--exclude", "--extend-exclude", "--filename", "--stdin-display-name")
"""Which files are looked at."""

SHOWING = ("--quiet", "--color", "--count", "--statistics", "--exit-zero")
"""What is printed of the findings."""

RUNNING = ("--jobs",)


def flake8_options() -> OptionManager:
    """The options of flake8 and of the plugin, without those of other plugins."""
    manager = OptionManager(
        version=__version__, plugin_versions="", parents=[], formatter_names=["default", "pylint"]
    )
    register_default_options(manager)
    Plugin.add_options(manager)
    manager.extend_default_select(["BNE"])
    return manager


def add_flags(parser: argparse.ArgumentParser, *groups: Iterable[str]) -> None:
    """Add the named flags of flake8, those of the analysis, and where the configuration is."""
    by_flag = {option.long_option_name: option for option in flake8_options().options}
    for flags in groups:
        for flag in flags:
            _add(parser, by_flag[flag])
    _add_places_of_configuration(parser)
    analysis = parser.add_argument_group("analysis")
    for _, declaration in declarations():
        arguments = argparse_arguments(declaration) | {"default": argparse.SUPPRESS}
        analysis.add_argument(declaration.flag, **arguments)


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    names, arguments = option.to_argparse()
    default = str(arguments.get("default", "")).replace("%", "%%")
    help = str(arguments["help"]).replace("%(default)s", default)
    parser.add_argument(*names, **arguments | {"default": argparse.SUPPRESS, "help": help})


def _add_places_of_configuration(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("configuration")
    group.add_argument(
        "--config",
        metavar="FILE",
        help="read this file in place of flake8's, or a .toml with [tool.bn-eval] in place of all",
    )
    group.add_argument(
        "--append-config",
        metavar="FILE",
        action="append",
        default=[],
        help="read this file of flake8's as well; may be given several times",
    )
    group.add_argument("--isolated", action="store_true", help="read no configuration")
