"""Every option is declared once and read alike from every side."""

from __future__ import annotations

import argparse

import pytest

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.options import (
    OptionError,
    Options,
    add_to,
    declarations,
    from_namespace,
    read_codes,
    read_version,
)


def parse(*arguments: str) -> Options:
    parser = argparse.ArgumentParser()
    add_to(parser)
    return from_namespace(parser.parse_args(arguments))


def test_nothing_asked_gives_the_defaults() -> None:
    assert parse() == Options() == Options(opt_in=frozenset(), torch_version=(2, 13))


def test_options_are_read() -> None:
    options = parse("--bne-opt-in", "BNE105, bne308", "--bne-torch-version=2.2.1")
    assert options == Options(frozenset({"BNE105", "BNE308"}), (2, 2))


def test_flags_are_unique_and_explained() -> None:
    declared = [declaration for _, declaration in declarations()]
    assert len({declaration.flag for declaration in declared}) == len(declared)
    assert all(declaration.flag.startswith("--bne-") for declaration in declared)
    assert all(declaration.help.endswith(".") for declaration in declared)


@pytest.mark.parametrize("text", ["BNE", "BNE1", "E501", "BNE1055", "BNE105;BNE308"])
def test_a_code_must_be_whole(text: str) -> None:
    with pytest.raises(OptionError, match="no full rule code such as BNE105"):
        read_codes(text)


@pytest.mark.parametrize("text", ["", "2", "two", "2.x", "2.13 or so"])
def test_a_version_must_be_a_version(text: str) -> None:
    with pytest.raises(OptionError, match="no version such as"):
        read_version(text)


def test_bad_values_end_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--bne-torch-version", "new")
    assert caught.value.code == 2
    assert "'new' is no version such as 2.13" in capsys.readouterr().err


def test_dropout_that_is_told_to_stay_on_is_reported_on_demand() -> None:
    text = """\
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        x = F.dropout(x, 0.5, training=True)
        return F.dropout(x, 0.5, training=self.training)
"""
    assert analyse(text, options=parse()) == []
    (found,) = analyse(text, options=parse("--bne-explicit-dropout"))
    assert (found.code, found.span.line) == ("BNE401", 7)
    assert analyse(text, options=parse("--bne-explicit-dropout", "--no-bne-explicit-dropout")) == []
