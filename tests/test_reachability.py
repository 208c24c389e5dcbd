"""What counts as a use of a function, where it is no statement of the project's own Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_bn_eval.analysis import analyse
from flake8_bn_eval.options import Options
from flake8_bn_eval.project import definitions, projects

SCORING = """\
import torch


def score(model, test_loader):
    model.eval()
    return [model(images).argmax(1).tolist() for images in test_loader]


def other(path):
    return torch.load(path)
"""
MAIN = """\
from scoring import other

print(other("weights.pt"))
"""


def codes(folder: Path, options: Options | None = None, path: str = "scoring.py") -> list[str]:
    """What is found in a file of a project."""
    projects.forget()
    file = folder / path
    found = analyse(file.read_text(), filename=str(file), options=options)
    return [each.code for each in found]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a function that nothing uses."""
    (tmp_path / "setup.cfg").write_text("[flake8]\n")
    (tmp_path / "scoring.py").write_text(SCORING)
    (tmp_path / "main.py").write_text(MAIN)
    return tmp_path


def test_a_function_that_nothing_uses_is_reported_on_request(project: Path) -> None:
    assert codes(project) == []
    assert codes(project, Options(uncalled=True)) == ["BNE201"]
    assert codes(project, Options(single_file=True)) == ["BNE201"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conf/run.yaml", "_target_: scoring.score\n"),
        ("notes.ipynb", '{"cells": [{"source": ["scoring.score(model, loader)"]}]}'),
        ("README.md", "Call `score(model, test_loader)`.\n"),
        ("run.sh", "python -c 'from scoring import score; score(None, [])'\n"),
        ("tests/test_scoring.py", "from scoring import score\n\ndef test_it():\n    score(0, 1)\n"),
        ("plugins.py", "import importlib\n\nprint(importlib.import_module('scoring'))\n"),
    ],
)
def test_a_text_or_a_test_may_use_it(project: Path, path: str, text: str) -> None:
    (project / path).parent.mkdir(exist_ok=True)
    (project / path).write_text(text)
    assert codes(project) == ["BNE201"]


@pytest.mark.parametrize("text", ["It is scored, and scores.\n", "underscore\n"])
def test_a_longer_word_is_no_use(project: Path, text: str) -> None:
    (project / "notes.md").write_text(text)
    assert codes(project) == []


def test_a_helper_of_a_test_is_used_by_nobody(project: Path) -> None:
    (project / "tests").mkdir()
    helper = "def helper():\n    return score(0, 1)\n"
    (project / "tests" / "helpers.py").write_text(helper)
    (project / "tests" / "test_it.py").write_text("from tests.helpers import helper\n")
    assert codes(project) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("setup.py", "from setuptools import setup\n\nsetup(name='tool')\n"),
        ("setup.cfg", "[metadata]\nname = tool\n"),
        ("pyproject.toml", "[project]\nname = 'tool'\n"),
    ],
)
def test_what_a_library_offers_is_there_for_others(project: Path, path: str, text: str) -> None:
    package = project / "tool"
    package.mkdir()
    for name in ("scoring.py", "main.py"):
        (project / name).rename(package / name)
    (package / "__init__.py").write_text("")
    assert codes(project, path="tool/scoring.py") == []
    (project / path).write_text(text)
    assert codes(project, path="tool/scoring.py") == ["BNE201"]
    hidden = (package / "scoring.py").read_text().replace("def score", "def _score")
    (package / "scoring.py").write_text(hidden)
    assert codes(project, path="tool/scoring.py") == []


def test_entry_points_of_servers_and_hubs_are_called_by_their_names(project: Path) -> None:
    for name in ("predict_fn", "handle"):
        (project / "scoring.py").write_text(SCORING.replace("score", name))
        assert codes(project) == ["BNE201"], name
    (project / "hubconf.py").write_text(SCORING)
    assert codes(project, path="hubconf.py") == ["BNE201"]


def test_decorated_functions_are_called_by_whoever_decorates_them(project: Path) -> None:
    decorated = SCORING.replace("def score", "@app.route(\n    '/'\n)\ndef score")
    (project / "scoring.py").write_text(decorated)
    assert codes(project) == ["BNE201"]


@pytest.mark.parametrize(
    "use",
    [
        "import sys\n\nimport scoring\n\nprint(getattr(scoring, sys.argv[1]))\n",
        "import sys\n\nimport scoring as it\n\nprint(it.__dict__[sys.argv[1]], vars(it))\n",
        "import sys\nfrom scoring import *\n\nprint(globals()[sys.argv[1]])\n",
        "import sys\nfrom scoring import *\n\nprint(eval(sys.argv[1]))\n",
    ],
)
def test_a_computed_name_may_mean_it(project: Path, use: str) -> None:
    (project / "choose.py").write_text(use)
    assert codes(project) == ["BNE201"]


@pytest.mark.parametrize(
    "use",
    [
        "import sys\n\nimport torch\n\nprint(getattr(torch.optim, sys.argv[1]))\n",
        "import scoring\n\nprint(getattr(scoring, 'other'))\n",
        "print(model.eval())\n",
    ],
)
def test_a_computed_name_of_something_else_does_not_mean_it(project: Path, use: str) -> None:
    (project / "choose.py").write_text(use)
    assert codes(project) == []


def test_a_method_may_be_found_by_a_computed_name(project: Path) -> None:
    scorer = """
class Scorer:
    def __init__(self, model, mode):
        self.model = model
        self.found = getattr(self, "with_" + mode)

    def with_labels(self, test_loader):
        self.model.eval()
        return [self.model(images).argmax(1).tolist() for images in test_loader]


print(Scorer(None, "labels"))
"""
    (project / "scoring.py").write_text(SCORING.replace("def score", "def _score") + scorer)
    assert codes(project) == ["BNE201"]
    text = (project / "scoring.py").read_text().replace('"with_" + mode', '"with_others"')
    (project / "scoring.py").write_text(text)
    assert codes(project) == []


BROKEN = "from tool.{} import {}\n\n" + SCORING


@pytest.mark.parametrize(
    ("module", "name", "found"),
    [
        ("there", "defined", ["BNE201"]),
        ("there", "gone", []),
        ("gone", "defined", []),
        ("of_stars", "anything", ["BNE201"]),
        ("inner", "there", ["BNE201"]),
        ("inner", "gone", []),
        ("inner.gone", "anything", []),
        ("_compiled", "defined", ["BNE201"]),
    ],
)
def test_a_file_that_cannot_be_imported_is_never_run(
    project: Path, module: str, name: str, found: list[str]
) -> None:
    (project / "tool" / "inner").mkdir(parents=True)
    (project / "tool" / "there.py").write_text("def defined():\n    return 1\n")
    (project / "tool" / "of_stars.py").write_text("from numpy import *\n")
    (project / "tool" / "inner" / "there.py").write_text("")
    (project / "more.py").write_text("from scoring import score\n\nprint(score)\n")
    (project / "scoring.py").write_text(BROKEN.format(module, name))
    assert codes(project) == found
    rest = "\nexcept ImportError:\n    pass\n"
    text = "try:\n    " + BROKEN.format(module, name).replace("\n\n", rest, 1)
    (project / "scoring.py").write_text(text)
    assert codes(project) == ["BNE201"]


def test_what_a_test_runner_finds_predicts_nothing(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "setup.cfg").write_text("")
    text = (
        "import torch\n\n\n"
        "def test_scores(model, test_loader):\n"
        "    model.eval()\n"
        "    for batch in test_loader:\n"
        "        assert model(batch).argmax(1).max().item() < 10\n"
    )
    for name, found in (("tests/test_net.py", []), ("test_net.py", ["BNE201"])):
        path = tmp_path / name
        path.write_text(text)
        codes = [each.code for each in analyse(text, filename=str(path))]
        assert codes == found, name


PROGRAM = """\
from tools.used import run


if __name__ == "__main__":
    run()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that imports one of two files beside each other; nobody uses the other one."""
    (tmp_path / "setup.cfg").write_text("")
    (tmp_path / "tools").mkdir()
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "tools" / "used.py").write_text("def run():\n    print(1)\n")
    (tmp_path / "tools" / "scoring.py").write_text(SCORING)
    return tmp_path


def test_a_file_that_nobody_uses_beside_one_that_is_used_is_dead(program: Path) -> None:
    assert codes(program, path="tools/scoring.py") == []
    (program / "main.py").write_text(PROGRAM.replace("tools.used", "run"))
    assert codes(program, path="tools/scoring.py") == ["BNE201"]


def test_a_name_means_the_function_of_a_file_only_where_that_is_imported(program: Path) -> None:
    (program / "main.py").write_text(PROGRAM + "    score = print\n    score(1)\n")
    assert codes(program, path="tools/scoring.py") == []
    text = PROGRAM.replace("import run", "import run\nfrom tools.scoring import score")
    (program / "main.py").write_text(text + "    print(score)\n")
    assert codes(program, path="tools/scoring.py") == ["BNE201"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import importlib; importlib.import_module('tools.' + name)", ["BNE201"]),
        ("eval(name)()", []),
        ("import tools.scoring; eval(name)()", ["BNE201"]),
        ("class Net:\n    def eval(self):\n        return self", []),
    ],
)
def test_what_is_found_by_a_computed_name_is_of_the_same_project(
    program: Path, line: str, found: list[str]
) -> None:
    (program / "more.py").write_text(line + "\n")
    assert codes(program, path="tools/scoring.py") == found
    (program / "more.py").unlink()
    (program / "papers" / "other").mkdir(parents=True)
    (program / "papers" / "other" / "more.py").write_text(line + "\n")
    beside = found if "tools.scoring" in line else []
    assert codes(program, path="tools/scoring.py") == beside


def test_a_file_in_an_encoding_that_python_lacks_is_read_all_the_same(program: Path) -> None:
    (program / "run.py").write_text(PROGRAM)
    assert codes(program, path="tools/scoring.py") == []
    text = PROGRAM.replace("import run", "import run\nfrom tools.scoring import score")
    (program / "main.py").write_text("# coding: future_fstrings\n" + text + "    print(score)\n")
    assert codes(program, path="tools/scoring.py") == ["BNE201"]


def test_a_program_in_a_package_offers_nothing(program: Path) -> None:
    (program / "setup.cfg").write_text("[metadata]\nname = tools\n")
    (program / "tools" / "__init__.py").write_text("")
    assert codes(program, path="tools/scoring.py") == ["BNE201"]
    guard = "\n\nif __name__ == '__main__':\n    print(other('x'))\n"
    (program / "tools" / "scoring.py").write_text(SCORING + guard)
    assert codes(program, path="tools/scoring.py") == []


def test_what_needs_too_much_of_other_files_may_react(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = "from torch import nn\n\n\nclass {}(nn.Module):\n    layer = nn.{}\n"
    (tmp_path / "setup.cfg").write_text("")
    (tmp_path / "plain.py").write_text(net.format("Plain", "Linear"))
    (tmp_path / "other.py").write_text(net.format("Other", "Dropout"))
    (tmp_path / "scores.py").write_text(
        "import torch\nfrom plain import Plain\n\nmodel = torch.load('model.pt')\n"
        "with torch.no_grad():\n    for images, labels in torch.load('test.pt'):\n"
        "        print((model(images).argmax(1) == labels).sum().item())\n"
    )
    assert codes(tmp_path, path="scores.py") == []
    monkeypatch.setattr(definitions, "MOST_VISITED", 1)
    assert codes(tmp_path, path="scores.py") == ["BNE102"]
