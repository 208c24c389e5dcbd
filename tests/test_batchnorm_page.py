"""The truth table of batch norm: measured, and as docs/batchnorm.md and BNE301 tell it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("torch")

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("batchnorm_table", DOCS / "batchnorm_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_what_is_measured(table: ModuleType) -> None:
    assert table.table() in (DOCS / "batchnorm.md").read_text(encoding="utf-8")


def test_training_and_the_buffers_select_the_statistics_and_nothing_else(
    table: ModuleType,
) -> None:
    for setting, outcome in table.measured().items():
        has_buffers = setting.constructed and not setting.buffers_dropped
        of_batch = setting.training or not has_buffers
        assert outcome.statistics == ("of the batch" if of_batch else "running"), setting


def test_the_flag_says_whether_training_updates_the_buffers(table: ModuleType) -> None:
    for setting, outcome in table.measured().items():
        tracks = setting.constructed if setting.toggled is None else setting.toggled
        has_buffers = setting.constructed and not setting.buffers_dropped
        moves = has_buffers and setting.training and tracks
        assert (outcome.running == "updated") is moves, setting


def test_the_gradient_mode_makes_no_difference(table: ModuleType) -> None:
    measured = table.measured()
    for setting, outcome in measured.items():
        on = table.Setting(
            setting.training,
            setting.constructed,
            setting.toggled,
            setting.buffers_dropped,
            "on",
        )
        assert outcome == measured[on], setting
