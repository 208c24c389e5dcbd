"""The rows of layers that are told their mode, against the frameworks that have them.

Where a framework is not installed its tests are skipped.
"""

from __future__ import annotations

import importlib
import inspect
import os
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.rows import LayerRow
from flake8_bn_eval.knowledge.schema import Table, read_table
from tests.installed import needs

os.environ.setdefault("KERAS_BACKEND", "jax")
needs("keras")
needs("flax")

KNOWLEDGE = Knowledge.for_packages(frozenset({"keras", "tensorflow", "flax", "paddle"}))


@cache
def shipped(name: str) -> Table:
    return read_table(files("flake8_bn_eval.knowledge") / f"{name}.toml")


def layer_classes() -> list[tuple[str, Any]]:
    keras, layers = importlib.import_module("keras"), importlib.import_module("keras.layers")
    found = vars(layers).items()
    return sorted(
        (name, it) for name, it in found if isinstance(it, type) and issubclass(it, keras.Layer)
    )


def is_augmenting(layer: Any) -> bool:
    """Image layers have `training=True` as the default, or derive from those that do."""
    return inspect.signature(layer.call).parameters["training"].default is True


def test_a_layer_with_a_mode_has_a_row_that_says_so() -> None:
    unsaid = []
    for name, layer in layer_classes():
        if "training" not in inspect.signature(layer.call).parameters or is_augmenting(layer):
            continue
        row = KNOWLEDGE.layer(f"keras.layers.{name}")
        assert row is not None
        if row.sensitive == "no" and not row.contains:
            unsaid.append(name)
    # These take the argument for quantisation, or pass it on to a function of the user.
    assert set(unsaid) <= {"Dense", "EinsumDense", "Lambda"}, unsaid


@pytest.mark.parametrize("table", ["keras", "flax"])
def test_the_arguments_of_a_row_are_those_of_the_class(table: str) -> None:
    checked = 0
    for name, row in shipped(table).layers.items():
        made = found(name)
        if made is None:
            continue
        parameters = list(inspect.signature(made).parameters.values())
        names = [each.name for each in parameters]
        for argument in (*row.roles, *row.conditions):
            assert argument.parameter in names, f"{name}: {argument.parameter}"
            if argument.position is not None:
                assert names[argument.position] == argument.parameter, name
            default = parameters[names.index(argument.parameter)].default
            if isinstance(default, float):
                assert argument.default == default, name
            checked += 1
    assert checked > 3


def found(name: str) -> Any:
    """The object of a row, where its name has no star but that of a sub-package of Keras."""
    name = name.replace("keras.*.", "keras.layers.")
    if "*" in name:
        return None
    module, _, last = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), last, None)
    except ImportError:
        return None


@pytest.mark.parametrize("name", sorted(shipped("keras").removed))
def test_what_is_removed_is_gone(name: str) -> None:
    backend = importlib.import_module("keras.backend")
    assert not hasattr(backend, name.rpartition(".")[2])


@pytest.mark.parametrize("name", sorted(shipped("flax").differentiators))
def test_a_differentiator_exists(name: str) -> None:
    assert callable(found(name))


def test_a_library_that_keeps_the_phase_is_not_said_to_have_lost_it() -> None:
    assert KNOWLEDGE.removed("tensorflow.keras.backend.learning_phase") is not None
    assert KNOWLEDGE.removed("tf_keras.backend.learning_phase") is None


def test_applications_without_norms_and_dropout_are_told_apart() -> None:
    keras = importlib.import_module("keras")
    for name in ("VGG16", "MobileNetV2", "EfficientNetB0"):
        row = KNOWLEDGE.layer(f"keras.applications.{name}")
        assert isinstance(row, LayerRow)
        model = getattr(keras.applications, name)(weights=None)
        kinds = {type(layer).__name__ for layer in model.layers}
        assert (row.sensitive == "yes") is bool(kinds & {"BatchNormalization", "Dropout"}), name
