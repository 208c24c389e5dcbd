"""The proofs of rules about other frameworks, executed: Keras with each of its backends.

The backend of Keras is chosen when it is imported, and TensorFlow decides then whether it has
Keras 2 or 3, so each proof runs in an interpreter of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from flake8_bn_eval.rules import all_rules
from tests.installed import imported, is_installed

BACKENDS = ("jax", "tensorflow", "torch")
PROOFS = [
    (f"{rule.code}-{number}", example.text)
    for rule in all_rules()
    for number, example in enumerate(rule.page.examples, start=1)
    if example.is_executed and imported(example.text) - {"numpy"}
]


def runs() -> list[tuple[str, str, str]]:
    """Each proof, with every backend if it is about Keras itself."""
    return [
        (name, text, backend)
        for name, text in PROOFS
        for backend in (BACKENDS if "import keras" in text else ("",))
    ]


@pytest.mark.parametrize(("name", "text", "backend"), runs(), ids=lambda value: value[:20])
def test_a_proof_holds(name: str, text: str, backend: str) -> None:
    """Its asserts hold in the framework that it is about."""
    needed = {*imported(text), *({backend} if backend else ())}
    missing = sorted(package for package in needed if not is_installed(package))
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    settings = {"KERAS_BACKEND": backend} if backend else {}
    if "compat.v1" in text:
        settings["TF_USE_LEGACY_KERAS"] = "1"
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        env=os.environ | quiet | settings,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{name}\n{done.stderr[-2000:]}"
    assert "assert " in text, "a proof asserts what it claims"


def test_each_rule_about_other_frameworks_has_a_proof() -> None:
    proved = {name.partition("-")[0] for name, _ in PROOFS}
    assert proved == {rule.code for rule in all_rules() if rule.code.startswith("BNE5")}
