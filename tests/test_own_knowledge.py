"""What users say of their own code: tables, words and wrappers, a version of PyTorch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_bn_eval.analysis import analyse, follow
from flake8_bn_eval.cli import main
from flake8_bn_eval.options import Options, read_files

ROOT = Path(__file__).parent.parent
BUILT = """\
import torch
from toolbox.zoo import build_model

model = build_model("small")
with torch.no_grad():
    for image in torch.load("images.pt"):
        print(model(image).argmax().item())
"""
TABLE = """\
[[callable]]
names = ["toolbox.zoo.build_model"]
returns = "module"
starts = "train"
sensitive = "yes"
source = "toolbox/zoo.py"
"""
CONTEXT = """\
[[callable]]
names = ["toolbox.quietly"]
returns = "context"
keyword = "model"
sets = "eval"
restores = "each"
gradient = "off"
source = "toolbox/__init__.py"
"""
MISTAKE = '[[callable]]\nnames = ["a.b"]\nstarts = "evil"\nsource = "a.py"\n'

Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Writes a table into the working folder."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "mine.toml") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def codes(text: str, **options: object) -> list[tuple[int, str]]:
    found = analyse(text, options=Options(**options))  # type: ignore[arg-type]
    return [(finding.span.line, finding.code) for finding in found]


# --- Tables -------------------------------------------------------------------------------


def test_a_row_of_ones_own_is_believed(table: Table) -> None:
    assert codes(BUILT) == []
    assert codes(BUILT, knowledge=(table(TABLE),)) == [(7, "BNE101")]
    quiet = table(TABLE.replace('"train"', '"eval"'), "quiet.toml")
    assert codes(BUILT, knowledge=(quiet,)) == []


def test_all_of_several_tables_count_and_the_last_wins(table: Table) -> None:
    one, other = table(TABLE), table(CONTEXT, "other.toml")
    assert codes(BUILT, knowledge=(one, other)) == [(7, "BNE101")]
    again = table(TABLE.replace('"train"', '"eval"'), "again.toml")
    assert codes(BUILT, knowledge=(one, again)) == []
    assert codes(BUILT, knowledge=(again, one)) == [(7, "BNE101")]


def test_a_row_of_ones_own_wins_over_a_shipped_one(table: Table) -> None:
    text = BUILT.replace("toolbox.zoo", "timm").replace("build_model", "create_model")
    assert codes(text) == [(7, "BNE101")]
    mine = TABLE.replace("toolbox.zoo.build_model", "timm.create_model").replace("train", "eval")
    assert codes(text, knowledge=(table(mine),)) == []


def test_a_name_in_any_module_and_behind_a_relative_import(table: Table) -> None:
    anywhere = table(TABLE.replace("toolbox.zoo.build_model", "*.build_model"))
    assert codes(BUILT, knowledge=(anywhere,)) == [(7, "BNE101")]
    relative = BUILT.replace("toolbox.zoo", ".zoo")
    assert codes(relative, knowledge=(anywhere,)) == [(7, "BNE101")]


SCORED = """\
import torch
from torch import nn
from toolbox import quietly

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
with quietly(model):
    reveal_mode(model)
    reveal_grad()
reveal_mode(model)
reveal_grad()
"""


def test_a_context_of_ones_own_sets_and_restores(table: Table) -> None:
    options = Options(knowledge=(table(CONTEXT),))
    revealed = [it.text for it in follow(SCORED, options=options).facts.reveals]
    assert revealed == ["eval", "off", "train", "on"]


HOOK = """\
[[hook]]
base = "toolbox.Engine"
names = ["score"]
module = "self.net"
mode = "eval"
gradient = "off"
source = "toolbox/engine.py"
"""
ENGINE = """\
from toolbox import Engine


class Mine(Engine):
    def score(self, batch):
        reveal_mode(self.net)
        reveal_grad()
        return self.net(batch)
"""


def test_a_hook_of_ones_own_runs_in_its_mode(table: Table) -> None:
    options = Options(knowledge=(table(HOOK),))
    assert [it.text for it in follow(ENGINE, options=options).facts.reveals] == ["eval", "off"]
    assert [it.text for it in follow(ENGINE).facts.reveals] != ["eval", "off"]


# --- Words and wrappers -------------------------------------------------------------------

REHEARSED = """\
import torch
from torch import nn


def train(loader):
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for batch in loader:
        optimizer.zero_grad()
        model(batch).sum().backward()
        optimizer.step()
    return model


def rehearse(model, batches):
    return [model(batch).argmax(1) for batch in batches]


rehearse(train(torch.load("a.pt")), torch.load("b.pt"))
"""


def test_words_for_functions_that_train() -> None:
    """What is only looked at is a prediction, unless the function says that it trains."""
    assert (16, "BNE101") in codes(REHEARSED)
    words = frozenset({"rehearse"})
    assert codes(REHEARSED, training_functions=words) == []
    assert (16, "BNE101") in codes(REHEARSED, evaluation_functions=words, training_functions=words)


LOADED = REHEARSED.replace("rehearse", "run").replace("batches", "probes")


def test_words_for_data() -> None:
    assert (16, "BNE101") in codes(LOADED)
    words = frozenset({"probes"})
    assert codes(LOADED, training_data=words) == []
    assert (16, "BNE101") in codes(LOADED, evaluation_data=words, training_data=words)


def test_words_for_models() -> None:
    assert codes(UNSET) == []
    assert codes(UNSET, models=frozenset({"trunk"})) == [(7, "BNE102")]


UNSET = """\
import torch


@torch.no_grad()
def evaluate(trunk, val_loader):
    for images, labels in val_loader:
        print((trunk(images).argmax(1) == labels).sum().item())
"""
WRAPPED = """\
import torch
from torch import nn
from toolbox.parallel import Spread

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
spread = Spread(model)
reveal_mode(spread)
model.eval()
reveal_mode(spread)
"""


@pytest.mark.parametrize("name", ["toolbox.parallel.Spread", "*.Spread"])
def test_wrappers_return_the_module_they_are_given(name: str) -> None:
    options = Options(wrappers=frozenset({name}))
    followed = follow(WRAPPED, options=options)
    assert [it.text for it in followed.facts.reveals] == ["train", "eval"]
    assert [it.text for it in follow(WRAPPED).facts.reveals] != ["train", "eval"]


# --- The version of PyTorch ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["no_grad", "inference_mode"])
def test_a_decorator_needs_its_parentheses_before_2_1(name: str) -> None:
    text = f"import torch\n\n\n@torch.{name}\ndef predict(model, x):\n    return model(x)\n"
    assert "BNE202" not in [code for _, code in codes(text)]
    assert "BNE202" not in [code for _, code in codes(text, torch_version=(2, 1))]
    assert (5, "BNE202") in codes(text, torch_version=(2, 0))
    called = text.replace(name, f"{name}()")
    assert "BNE202" not in [code for _, code in codes(called, torch_version=(2, 0))]


def test_set_grad_enabled_always_needs_them() -> None:
    text = "import torch\n\n\n@torch.set_grad_enabled\ndef no_grad(x):\n    return x\n"
    assert codes(text) == [(5, "BNE202")]


EXPORTED = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
net[1].eval()
torch.onnx.export(net, (torch.ones(2, 4),), "net.onnx")
reveal_mode(net[1])
"""


@pytest.mark.parametrize(("version", "mode"), [((2, 8), "train"), ((2, 9), "eval")])
def test_the_exporter_before_2_9_loses_mixed_modes(version: tuple[int, int], mode: str) -> None:
    options = Options(torch_version=version)
    assert [it.text for it in follow(EXPORTED, options=options).facts.reveals] == [mode]


def test_rows_of_ones_own_may_hold_for_some_versions(table: Table) -> None:
    later = table(TABLE.replace("sensitive", 'since = "2.4"\nsensitive'))
    assert codes(BUILT, knowledge=(later,)) == [(7, "BNE101")]
    assert codes(BUILT, knowledge=(later,), torch_version=(2, 4)) == [(7, "BNE101")]
    assert codes(BUILT, knowledge=(later,), torch_version=(2, 3)) == []


# --- Where they are named -----------------------------------------------------------------


def test_files_are_separated_by_commas_or_lines() -> None:
    assert read_files("a/b.toml, c/d.toml") == (Path("a/b.toml"), Path("c/d.toml"))
    assert read_files("a/b.toml\nc/d.toml,") == (Path("a/b.toml"), Path("c/d.toml"))
    assert read_files("") == ()


def test_a_bare_name_may_lie_further_up(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    file = table(TABLE)
    below = file.parent / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert read_files("mine.toml") == (file,)
    assert read_files("other.toml") == (Path("other.toml"),)


def test_the_command_line_reads_tables(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(TABLE)
    (file.parent / "use.py").write_text(BUILT, encoding="utf-8")
    assert main(["check", "use.py"]) == 0
    assert main(["check", "--bne-knowledge=mine.toml", "use.py"]) == 1
    assert "use.py:7:15: BNE101" in capsys.readouterr().out
    assert main(["trace", "--bne-knowledge=mine.toml", "use.py"]) == 0
    assert "train" in capsys.readouterr().out


def test_every_mistaken_table_is_named_with_its_line(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    table(TABLE)
    table(MISTAKE, "wrong.toml")
    arguments = ["--bne-knowledge=wrong.toml,mine.toml,missing.toml", "use.py"]
    for command in ("check", "trace"):
        assert main([command, *arguments]) == 2
        complaints = capsys.readouterr().err.splitlines()
        assert len(complaints) == 2
        assert complaints[0].startswith('bn-eval: --bne-knowledge: wrong.toml:3: `starts` must be')
        assert complaints[1].startswith("bn-eval: --bne-knowledge: missing.toml:1: ")


class Flake8:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, within: str = ".") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flake8", "--select=BNE", *arguments],
            cwd=self.folder / within,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture
def flake8(table: Table) -> Flake8:
    file = table(TABLE)
    (file.parent / "src").mkdir()
    for name in ("one.py", "two.py"):
        (file.parent / "src" / name).write_text(BUILT, encoding="utf-8")
    return Flake8(file.parent)


def test_flake8_reads_tables_from_its_command_line(flake8: Flake8) -> None:
    assert flake8("src").stdout == ""
    done = flake8("--bne-knowledge=mine.toml", "src")
    assert [line.split(" ")[1] for line in done.stdout.splitlines()] == ["BNE101", "BNE101"]
    assert flake8("--bne-knowledge=mine.toml", "--jobs=2", "src").stdout == done.stdout


@pytest.mark.parametrize("written", ["mine.toml", "./mine.toml", "mine.toml,\n  other.toml"])
def test_flake8_reads_tables_from_its_configuration(flake8: Flake8, written: str) -> None:
    (flake8.folder / "other.toml").write_text(CONTEXT, encoding="utf-8")
    config = f"[flake8]\nbne-knowledge = {written}\nbne-wrappers = a.b\n"
    (flake8.folder / "setup.cfg").write_text(config, encoding="utf-8")
    done = flake8("src")
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 2
    assert len(flake8("one.py", within="src").stdout.splitlines()) == 1


def test_flake8_refuses_a_mistaken_table(flake8: Flake8) -> None:
    (flake8.folder / "wrong.toml").write_text(MISTAKE, encoding="utf-8")
    for arguments in (["--bne-knowledge=wrong.toml"], ["--bne-knowledge=mine.toml,wrong.toml"]):
        done = flake8(*arguments, "src")
        assert done.returncode == 2
        assert "wrong.toml:3: `starts` must be" in done.stderr
        assert "Traceback" not in done.stderr
    (flake8.folder / "setup.cfg").write_text("[flake8]\nbne-knowledge = wrong.toml\n")
    assert flake8("src").returncode == 2
