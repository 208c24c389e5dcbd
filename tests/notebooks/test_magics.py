"""What IPython adds to Python gives way, and everything else stays where it stands."""

from __future__ import annotations

import pytest

from flake8_bn_eval.notebooks.magics import python_cell


@pytest.mark.parametrize(
    ("written", "python"),
    [
        ("%matplotlib inline", "pass"),
        ("!pip install torch  # don't", "pass"),
        ("x = !ls", "x = _"),
        ("files, more = %sx ls", "files, more = _"),
        ("out = %time net(x)", "out =       net(x)"),
        ("%time net(x)", "None; net(x)"),
        ("%timeit -n 10 -r2 net(x)", "None;             net(x)"),
        ("%time", "pass"),
        ("%time net(", "pass"),
        ("%prun -l 7 net(x)", "None;      net(x)"),
        ("net?", "pass"),
        ("?net.eval", "pass"),
        ("net.layers[0]??", "pass"),
        ("pip install torch", "pass"),
        ("/net x", "pass"),
    ],
)
def test_a_line_gives_way(written: str, python: str) -> None:
    for indentation in ("", "    "):
        head = "if True:\n" if indentation else "x = 1\n"
        cell = python_cell(f"{head}{indentation}{written}\ny = 2")
        assert cell.lines == (head.rstrip(), indentation + python, "y = 2")
        assert cell.written == (head.rstrip(), indentation + written, "y = 2")
        assert cell.refusal is None


@pytest.mark.parametrize(
    "written",
    [
        "x = (a\n% b)\n",
        'x = """\n%time net(x)\n!ls\nit\'s\n"""\n',
        "x = a \\\n% b",
        "s = '%s' % a",
        "x != y",
        "ls",
        "await net(x)",
        "# what? really?",
        "",
        "\n\n",
    ],
)
def test_python_stays_as_it_is(written: str) -> None:
    cell = python_cell(f"{written}\n")
    assert "\n".join(cell.lines) == f"{written}\n"
    beside_a_magic = python_cell(f"{written}\n%matplotlib inline\n")
    assert "\n".join(beside_a_magic.lines) == f"{written}\npass\n"


def test_a_magic_goes_on_behind_a_backslash() -> None:
    cell = python_cell("!echo a \\\n  don't \\\n  (\nx = 1")
    assert cell.lines == ("pass", "", "", "x = 1")


@pytest.mark.parametrize("magic", ["time", "timeit -n 1", "capture out", "prun", "wandb"])
def test_a_cell_magic_that_runs_the_cell_leaves_it(magic: str) -> None:
    cell = python_cell(f"\n%%{magic}\nnet.train()\n!ls")
    assert cell.lines == ("", "", "net.train()", "pass")
    assert cell.refusal is None


def test_cell_magics_inside_each_other() -> None:
    assert python_cell("%%capture\n%%time\nnet.train()").lines == ("", "", "net.train()")


@pytest.mark.parametrize("magic", ["bash", "html", "writefile train.py", "script python", "js"])
def test_a_cell_that_runs_elsewhere_is_no_part_of_the_program(magic: str) -> None:
    cell = python_cell(f"%%{magic}\nnet.train()\n(")
    assert cell.lines == ("", "", "")
    assert cell.refusal is None


@pytest.mark.parametrize(
    ("written", "line", "message"),
    [
        ("x = 1\nfor it in", 2, "invalid syntax"),
        ("%time x\ny = (", 2, "'(' was never closed"),
        ("    x = 1", 1, "unexpected indent"),
    ],
)
def test_a_cell_that_is_no_python_is_empty_and_told(written: str, line: int, message: str) -> None:
    cell = python_cell(written)
    assert set(cell.lines) == {""}
    assert len(cell.lines) == len(written.split("\n"))
    assert cell.refusal is not None
    assert (cell.refusal.line, cell.refusal.message) == (line, message)
