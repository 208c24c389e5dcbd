"""From the flags that were given to what is to be done, with all that is configured.

flake8's files are read by flake8, by Flake8-pyproject where that is installed.  A `select`
in them that names no code of ours is meant for flake8's other plugins and left aside.
"""

from __future__ import annotations

import argparse
import configparser
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from flake8.exceptions import ExecutionError
from flake8.options import aggregator, config
from flake8.options.manager import OptionManager

from flake8_bn_eval.configuration.choice import Choice, choose
from flake8_bn_eval.configuration.reading import Table
from flake8_bn_eval.configuration.section import ConfigurationError
from flake8_bn_eval.configuration.table import read_table, table_above
from flake8_bn_eval.files.units import InputError
from flake8_bn_eval.options import OptionError
from flake8_bn_eval.rules import all_rules
from flake8_bn_eval.settings.flags import flake8_options


def settings_of(given: argparse.Namespace) -> Choice:
    """What a command line asks for; an `InputError` if that cannot be done."""
    try:
        table = _table(given)
        choice = choose(_with_configured(given), table)
        choice.check()
    except ExecutionError as error:
        raise InputError(f"flake8's configuration: {error}") from error
    except (ConfigurationError, OptionError) as error:
        raise InputError("\nbn-eval: ".join(str(error).split("\n"))) from error
    return choice


def files_read(given: argparse.Namespace, choice: Choice) -> list[str]:
    """The files that the configuration comes from, flake8's first."""
    if given.isolated:
        return []
    found = [] if choice.table is None else [choice.table.path]
    if given.config is None:
        theirs = config._find_config_file(str(Path.cwd()))
        return [*([] if theirs is None else [theirs]), *given.append_config, *found]
    return found if _is_toml(given.config) else [given.config, *given.append_config, *found]


def _table(given: argparse.Namespace) -> Table | None:
    if given.isolated:
        return None
    if given.config is not None and _is_toml(given.config):
        return read_table(given.config)
    return table_above(str(Path.cwd()))


def _is_toml(path: str) -> bool:
    return path.endswith(".toml")


def _with_configured(given: argparse.Namespace) -> argparse.Namespace:
    """The namespace that flake8 would have, and in it what was given."""
    manager = flake8_options()
    manager.parser.error = _refuse
    toml = given.config is not None and _is_toml(given.config)
    if given.config is not None and not Path(given.config).is_file():
        raise InputError(f"{given.config}: no such configuration file")
    try:
        files, folder = config.load_config(
            None if toml else given.config, given.append_config, isolated=given.isolated or toml
        )
        _let_other_files_be_read(manager, given)
        namespace = aggregator.aggregate_options(manager, files, folder, [])
    except configparser.Error as error:
        raise InputError(" ".join(str(error).split())) from error
    except (ExecutionError, ValueError) as error:
        raise InputError(f"flake8's configuration: {error}") from error
    if namespace.select is not None and not _names_a_rule(namespace.select):
        namespace.select = None
    flags = {name: value for name, value in vars(given).items() if value is not None}
    namespace = argparse.Namespace(**vars(namespace) | flags)
    namespace.output_file = None  # flake8 writes nothing
    namespace.verbose = 0
    return namespace


def _let_other_files_be_read(manager: OptionManager, given: argparse.Namespace) -> None:
    """Flake8-pyproject puts itself between flake8 and its configuration when it is registered."""
    if given.isolated or given.config is not None or find_spec("flake8p") is None:
        return
    from flake8p.hook import Plugin  # noqa: PLC0415

    Plugin.add_options(manager)


def _names_a_rule(select: list[str]) -> bool:
    return any(rule.code.startswith(tuple(select)) for rule in all_rules())


def _refuse(message: str) -> NoReturn:
    """What flake8's parser says of a configured value."""
    raise InputError(f"flake8's configuration: {message}")
