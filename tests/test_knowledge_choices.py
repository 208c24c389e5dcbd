"""Names with several rows: by the version of the library, and by a literal argument."""

from __future__ import annotations

import pytest

from flake8_bn_eval.knowledge.lookup import Knowledge
from flake8_bn_eval.knowledge.schema import KnowledgeError, parse_table

VERSIONS = """\
[[callable]]
names = ["a.f"]
returns = "module"
before = "2.1"
source = "a.py"

[[callable]]
names = ["a.f"]
returns = "tensor"
since = "2.1"
before = "2.10"
source = "a.py"

[[callable]]
names = ["a.f"]
returns = "other"
since = "2.10"
source = "a.py"
"""


def test_a_name_may_have_a_row_for_each_version() -> None:
    expected = {(1, 9): "module", (2, 0): "module", (2, 1): "tensor", (2, 9): "tensor",
                (2, 10): "other", (3, 0): "other"}  # fmt: skip
    for version, returns in expected.items():
        assert parse_table(VERSIONS, "a.toml", version).callables["a.f"].returns == returns
    assert parse_table(VERSIONS, "a.toml").callables["a.f"].returns == "other"


def test_two_rows_for_one_version_are_a_mistake() -> None:
    with pytest.raises(KnowledgeError, match=r"a\.toml:15: `a\.f` has a row already, in line 8"):
        parse_table(VERSIONS.replace('since = "2.10"', 'since = "2.9"'), "a.toml")


GIVEN = """\
[[callable]]
names = ["zoo.load"]
returns = "module"
starts = "train"
source = "zoo.py"

[[callable]]
names = ["zoo.load(small_*)", "zoo.load(*tiny*)"]
returns = "module"
starts = "eval"
source = "zoo.py"

[[callable]]
names = ["zoo.load(small_net)"]
returns = "other"
source = "zoo.py"
"""


def test_a_literal_argument_may_have_a_row_of_its_own() -> None:
    knowledge = Knowledge([parse_table(GIVEN, "zoo.toml")])
    row = knowledge.callable("zoo.load")
    assert row is not None
    found = {it: knowledge.given(row, it) for it in ("big", "small_a", "a-tiny-one", "small_net")}
    assert [it.starts for it in found.values()] == ["train", "eval", "eval", "unknown"]
    assert found["small_net"].returns == "other"
    assert knowledge.callable("zoo.load(small_a)") is None
