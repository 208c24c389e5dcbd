"""A project of several files through real flake8 processes, and what is never read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flake8_bn_eval.analysis import RAISE, analyse
from flake8_bn_eval.interpret.calls.classes import Classes
from flake8_bn_eval.operations import ClassDefinition
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import callers
from flake8_bn_eval.project.callers import Callers
from flake8_bn_eval.project.definitions import Definitions
from flake8_bn_eval.project.projects import Project
from flake8_bn_eval.project.together import Together

ROOT = Path(__file__).parent.parent
FILES = {
    "setup.cfg": "",
    "evaluation.py": """\
import torch


def evaluate(net, loader):
    net.eval()
    with torch.no_grad():
        return sum(net(images).argmax(1).sum().item() for images in loader)


def score(net, test_loader):
    with torch.no_grad():
        return [net(images).argmax(1).tolist() for images in test_loader]
""",
    "package/__init__.py": "",
    "package/nets.py": """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))

    def forward(self, x):
        return self.layers(x)
""",
    "package/learner.py": """\
import torch
from torch import nn


class Learner(nn.Module):
    def learn(self, loader, dev_loader):
        self.train()
        for inputs, targets in loader:
            nn.functional.mse_loss(self(inputs), targets).backward()
        with torch.no_grad():
            return [self.predict(inputs) for inputs in dev_loader]

    def predict(self, inputs):
        raise NotImplementedError
""",
    "tagger.py": """\
from torch import nn

from package.learner import Learner


class Tagger(Learner):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 4), nn.Dropout())

    def forward(self, x):
        return self.layers(x)

    def predict(self, inputs):
        return self(inputs).argmax(1).numpy()
""",
    "train.py": """\
import torch
from torch import nn

from evaluation import evaluate, score
from package.nets import Net


def fit(loader, val_loader):
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(10):
        for inputs, targets in loader:
            loss = nn.functional.mse_loss(net(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(evaluate(net, val_loader))


def main(test_loader):
    net = Net()
    net.load_state_dict(torch.load("net.pt"))
    print(score(net, test_loader))
""",
}
FOUND = {
    "train.py:13:43: BNE103 `net` is trained while it may still be in evaluation mode "
    "(evaluating since evaluation.py:5); call `net.train()` before each training step or epoch "
    "[more: bn-eval explain BNE103]",
    "evaluation.py:12:17: BNE101 `net` predicts in training mode "
    "(training since train.py:21); call `net.eval()` before [more: bn-eval explain BNE101]",
    "package/learner.py:11:21: BNE101 `self` predicts in training mode "
    "(training since line 7); call `self.eval()` before [more: bn-eval explain BNE101]",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for path, text in FILES.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def flake8(
    folder: Path, *arguments: str, stdin: str | None = None, hash_seed: str = "random"
) -> set[str]:
    """The lines that flake8 prints, without the ``./`` in front of a path."""
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--select=BNE1", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert not done.stderr, done.stderr
    return {line.removeprefix("./") for line in done.stdout.splitlines()}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_directory_has_the_findings_of_its_files(project: Path, jobs: str) -> None:
    assert flake8(project, f"--jobs={jobs}", ".") == FOUND
    paths = [path for path in FILES if path.endswith(".py")]
    assert flake8(project, f"--jobs={jobs}", *paths) == FOUND
    assert flake8(project, f"--jobs={jobs}", *reversed(paths)) == FOUND


@pytest.mark.parametrize("hash_seed", ["1", "77"])
def test_the_findings_do_not_hang_on_the_order_of_sets(project: Path, hash_seed: str) -> None:
    assert flake8(project, "--jobs=1", ".", hash_seed=hash_seed) == FOUND


def test_of_another_file_only_what_is_asked_for_is_defined(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "package/nets.py"
    idle = "\n\nclass Idle{0}(Net):\n    pass\n\n\ndef idle{0}():\n    return Idle{0}()\n"
    path.write_text(FILES["package/nets.py"] + "".join(map(idle.format, range(50))), "utf-8")
    defined: list[str] = []
    define = Classes.define

    def noting(self: Classes, definition: ClassDefinition, *rest: Any) -> Any:
        defined.append(definition.name)
        return define(self, definition, *rest)

    monkeypatch.setattr(Classes, "define", noting)
    assert "BNE103" in judged(project, "train.py")
    assert set(defined) == {"Net"}


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith(".py")])
def test_a_file_alone_has_the_same_findings(project: Path, path: str) -> None:
    expected = {line for line in FOUND if line.startswith(f"{path}:")}
    assert flake8(project, path) == expected
    given = FILES[path]
    (project / path).write_text("", encoding="utf-8")
    assert flake8(project, f"--stdin-display-name={path}", "-", stdin=given) == expected


def test_from_another_directory_the_findings_are_the_same(project: Path) -> None:
    found = flake8(project.parent, "project")
    assert {line.removeprefix("project/") for line in found} == FOUND


def test_one_option_turns_it_off(project: Path) -> None:
    assert flake8(project, "--bne-single-file", "train.py") == set()
    assert flake8(project, "--bne-single-file", "evaluation.py") == set()
    (project / "setup.cfg").write_text("[flake8]\nbne-single-file = true\n", encoding="utf-8")
    assert flake8(project, "train.py") == set()


def judged(project: Path, path: str, **options: object) -> list[str]:
    text = (project / path).read_text(encoding="utf-8")
    found = analyse(text, filename=str(project / path), options=Options(**options))  # type: ignore[arg-type]
    return [finding.code for finding in found]


def test_nothing_outside_the_root_is_read(project: Path) -> None:
    assert "BNE103" in judged(project, "train.py")
    inner = project / "inner"
    inner.mkdir()
    (project / "train.py").rename(inner / "train.py")
    assert "BNE103" in judged(project, "inner/train.py")
    assert "BNE103" not in judged(project, "inner/train.py", project_root=str(inner))


def test_no_link_that_leads_out_is_followed(project: Path) -> None:
    outside = project.parent / "outside.py"
    (project / "evaluation.py").rename(outside)
    (project / "evaluation.py").symlink_to(outside)
    assert "BNE103" not in judged(project, "train.py")


@pytest.mark.parametrize("text", ["def evaluate(net", "\0", "\ud800", "x = '\n" * 9])
def test_a_broken_file_is_no_error(project: Path, text: str) -> None:
    (project / "evaluation.py").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "BNE103" not in judged(project, "train.py")


def test_what_only_the_compiler_refuses_in_another_file_is_no_error(project: Path) -> None:
    """`ast` reads a ``return`` outside of any function."""
    text = FILES["evaluation.py"] + "\n\nreturn evaluate\n"
    (project / "evaluation.py").write_text(text, encoding="utf-8")
    assert "BNE901" not in judged(project, "train.py")


def test_a_file_that_changes_is_read_again(project: Path) -> None:
    assert "BNE103" in judged(project, "train.py")
    text = FILES["evaluation.py"].replace("    net.eval()\n", "")
    (project / "evaluation.py").write_text(text, encoding="utf-8")
    assert "BNE103" not in judged(project, "train.py")


@pytest.mark.parametrize(
    ("part", "method"), [(Together, "_run"), (Definitions, "telling_files"), (Callers, "of")]
)
def test_an_error_of_ours_in_other_files_is_said_and_leaves_what_the_file_itself_says(
    project: Path, monkeypatch: pytest.MonkeyPatch, part: type, method: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("surprise")

    text = """\
import torch

torch.no_grad()


def score(net, test_loader):
    with torch.no_grad():
        return [net(images).argmax(1).tolist() for images in test_loader]
"""
    monkeypatch.setattr(part, method, fail)
    monkeypatch.delenv(RAISE, raising=False)
    found = analyse(text, filename=str(project / "evaluation.py"))
    assert [(each.code, each.span.line) for each in found] == [
        ("BNE901", 1),
        ("BNE202", 3),
        ("BNE102", 8),
    ]
    assert found[0].message == (
        "other files of the project are left out: internal error KeyError: 'surprise'"
    )
    monkeypatch.setenv(RAISE, "1")
    with pytest.raises(KeyError):
        analyse(text, filename=str(project / "evaluation.py"))


def test_too_much_text_is_not_parsed(project: Path) -> None:
    assert "BNE103" not in judged(project, "train.py", project_bytes=100)
    assert "BNE101" not in judged(project, "evaluation.py", project_files=0)
    assert "BNE103" not in judged(project, "train.py", project_seconds=0)


def test_handing_a_name_on_is_no_use_of_it(project: Path) -> None:
    init = project / "package" / "__init__.py"
    init.write_text("from .scores import score\n\n__all__ = [\"score\"]\n")
    (project / "package" / "scores.py").write_text("def score(net):\n    return net\n")
    (project / "user.py").write_text("from package import score\n\nscore(None)\n")
    near = Project.around(str(project / "package" / "scores.py"), "", Options())
    assert near is not None
    users = Callers(near.definitions).of("package/scores.py", ["score"])
    assert [each.path for each in users] == ["user.py"]


def test_a_name_that_hides_the_folder_it_comes_from_leads_nowhere(project: Path) -> None:
    """There is no `second/net.py`: its path leads to the name `second` of `nets`, and on."""
    (project / "nets" / "first").mkdir(parents=True)
    (project / "nets" / "first" / "net.py").write_text("class first(nn.Module):\n    pass\n")
    (project / "nets" / "__init__.py").write_text(
        "from nets.first.net import first\nfrom nets.second.net import second\n"
    )
    (project / "chosen.py").write_text(
        """\
from nets import *

class Chosen(nn.Module):
    if name == "first":
        net = first()
    else:
        net = second()
"""
    )
    text = """\
import torch
from chosen import Chosen

net = Chosen()
torch.no_grad()
for images in test_loader:
    print(net(images).argmax(1).tolist())
"""
    (project / "hidden.py").write_text(text)
    assert judged(project, "hidden.py") == ["BNE202", "BNE201"]


@pytest.mark.parametrize(("most", "found"), [(1, []), (2, ["BNE201"])])
def test_only_the_nearest_that_call_a_method_by_its_name_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, found: list[str]
) -> None:
    speaker = tmp_path / "speaker.py"
    speaker.write_text(
        "import torch\nfrom torch import nn\n\n\n"
        "class Speaker(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.decoder = nn.Sequential(nn.Linear(8, 8), nn.Dropout())\n\n"
        "    def forward(self, x):\n"
        "        return self.decoder(x)\n\n"
        "    def predict_words(self, states):\n"
        "        words = []\n"
        "        for state in states:\n"
        "            words.append(torch.argmax(self.decoder(state)).item())\n"
        "        return words\n"
    )
    (tmp_path / "setup.cfg").write_text("")
    asking = "    model = torch.load(path)\n    model.eval()\n"
    for name, context in (("first", "torch.no_grad()"), ("second", "open(path)")):
        (tmp_path / f"{name}.py").write_text(
            f"import torch\n\n\ndef {name}(path, states):\n{asking}"
            f"    with {context}:\n        return model.predict_words(states)\n"
        )
    monkeypatch.setattr(callers, "MOST_ASKING", most)
    seen = analyse(speaker.read_text(), filename=str(speaker))
    assert [each.code for each in seen] == found
