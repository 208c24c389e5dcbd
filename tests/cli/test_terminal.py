"""What somebody sees who looks at a terminal, and how a run ends that is disturbed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flake8_bn_eval.report.snippet import snippet
from tests.cli.client import DEFECT, INFERENCE, environment, run, write

if sys.platform == "win32":
    pytest.skip("terminals of Unix", allow_module_level=True)

from rich.cells import cell_len

from tests.cli.terminal import Terminal, children_of

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SLOW = "from torch import nn\n\n\ndef f(net):\n" + "".join(
    f"    if a{number}:\n        net.train()\n    net(x).backward()\n    net.eval()\n"
    for number in range(400)
)


def plain(shown: str) -> list[str]:
    """The lines as they look in the end: what was written over is gone."""
    lines = CODES.sub("", shown).replace("\r\n", "\n").split("\n")
    return [line.rpartition("\r")[2] for line in lines if line]


def check(folder: Path, *arguments: str, width: int = 80, **more: str) -> tuple[str, int]:
    terminal = Terminal(
        folder, "-m", "flake8_bn_eval", "check", "--no-cache", *arguments, width=width, **more
    )
    status = terminal.end()
    return terminal.shown, status


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": DEFECT})
    shown, status = check(tmp_path)
    assert status == 1
    assert "\x1b[1;31mBNE303\x1b[0m" in shown
    lines = plain(shown)
    piped = run(tmp_path, "check").stdout.splitlines()
    assert lines[: len(piped)] == piped


@pytest.mark.parametrize(
    ("arguments", "more", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        (["--color=never"], {}, False),
        ([], {"TERM": "dumb"}, False),
    ],
)
def test_colours_can_be_refused(
    tmp_path: Path, arguments: list[str], more: dict[str, str], coloured: bool
) -> None:
    write(tmp_path, {"a.py": DEFECT})
    terminal = Terminal(tmp_path, "-c", RUN, "check", "a.py", *arguments)
    if more:
        terminal.end()
        terminal = Terminal(tmp_path, "-c", with_variables(more), "check", "a.py", *arguments)
    terminal.end()
    assert bool(re.search(r"\x1b\[[0-9;]*3[1-7]m", terminal.shown)) == coloured
    assert "BNE303" in terminal.shown


RUN = "import sys; from flake8_bn_eval.cli import main; sys.exit(main())"


def with_variables(more: dict[str, str]) -> str:
    return f"import os; os.environ.update({more!r}); {RUN}"


def test_a_pipe_gets_colours_on_demand_only(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": DEFECT})
    assert "\x1b" not in run(tmp_path, "check", "a.py").stdout
    assert "\x1b[" in run(tmp_path, "check", "a.py", "--color=always").stdout
    assert "\x1b" not in run(tmp_path, "check", "a.py", "--output-format=json").stdout


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_end_where_the_terminal_does(tmp_path: Path, width: int) -> None:
    long = INFERENCE.replace("model(inputs).argmax", "model(inputs, '" + "説明" * 60 + "').argmax")
    write(tmp_path, {"a_file_with_quite_a_long_name.py": long})
    shown, _ = check(tmp_path, width=width)
    lines = plain(shown)
    assert all(cell_len(line) <= width for line in lines), [*map(cell_len, lines)]
    words = " ".join(" ".join(lines).split())
    assert "`model` predicts in training mode" in words
    marks = [index for index, line in enumerate(lines) if "^" in line]
    assert len(marks) >= 3
    for index in marks:
        start = lines[index].index("^")
        above = lines[index - 1]
        column = next(at for at in range(len(above) + 1) if cell_len(above[:at]) >= start)
        assert above[column:].startswith(("model(inputs", "model.train()", "validate(")), above


@pytest.mark.parametrize(
    ("line", "start", "end", "width", "expected"),
    [
        ("net.eval", 0, 8, 40, ("net.eval", "^^^^^^^^")),
        ("\tnet.eval", 1, 9, 40, ("    net.eval", "    ^^^^^^^^")),
        ("π = '😀'; net.eval", 9, 17, 40, ("π = '😀'; net.eval", "          ^^^^^^^^")),
        ("説明 = net.eval", 5, 13, 40, ("説明 = net.eval", "       ^^^^^^^^")),
        ("a\x1b[31m; net", 8, 11, 40, ("a�[31m; net", "        ^^^")),
        ("x" * 50, 0, 5, 20, ("x" * 17 + "...", "^^^^^")),
        ("x" * 50, 45, 50, 20, ("..." + "x" * 17, " " * 15 + "^^^^^")),
        ("x" * 50, 20, 25, 20, ("..." + "x" * 14 + "...", " " * 7 + "^^^^^")),
        ("x" * 50, 0, 50, 20, ("x" * 13 + "...", "^" * 13)),
        ("x", 1, 1, 20, ("x", " ^")),
    ],
)
def test_long_and_wide_lines_are_cut_around_the_place(
    line: str, start: int, end: int, width: int, expected: tuple[str, str]
) -> None:
    found = snippet(line, start, end, width)
    assert cell_len(found.line) <= width
    assert len(found.marks) <= width
    assert (found.line, found.marks) == expected


def test_a_long_run_shows_how_far_it_is_and_leaves_no_trace(tmp_path: Path) -> None:
    write(tmp_path, {f"file_{number:03}.py": SLOW for number in range(60)})
    with (tmp_path / "out").open("wb") as out:
        terminal = Terminal(
            tmp_path, "-m", "flake8_bn_eval", "check", "--no-cache", "-j1", stdout=out.fileno()
        )
        terminal.read_until("judging files")
        terminal.end(120)
    assert plain(terminal.shown)[-1].startswith("bn-eval: ")
    assert "\x1b[2K" in terminal.shown  # the line was cleared
    assert "judging" not in (tmp_path / "out").read_text(encoding="utf-8")
    assert "judging" not in run(tmp_path, "check", "--no-cache").stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_ends_at_once_and_cleanly(tmp_path: Path, jobs: str) -> None:
    write(tmp_path, {f"file_{number:03}.py": SLOW for number in range(60)})
    terminal = Terminal(tmp_path, "-m", "flake8_bn_eval", "check", "--no-cache", f"-j{jobs}")
    terminal.read_until("judging files", 120)
    terminal.interrupt()
    begun = time.monotonic()
    assert terminal.end() == 130
    assert time.monotonic() - begun < 30
    assert plain(terminal.shown)[-1] == "bn-eval: interrupted"
    assert "Traceback" not in terminal.shown
    assert children_of(terminal.process.pid) == []


def test_a_process_that_is_killed_is_no_endless_wait(tmp_path: Path) -> None:
    write(tmp_path, {f"file_{number:03}.py": SLOW for number in range(60)})
    process = subprocess.Popen(
        [sys.executable, "-m", "flake8_bn_eval", "check", "--no-cache", "-j2"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    children: list[str] = []
    listing = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not listing.parent.parent.parent.is_dir():
        process.kill()
        pytest.skip("there is no /proc here to find the processes in")
    end = time.monotonic() + 60
    while not children and time.monotonic() < end:
        children = listing.read_text(encoding="utf-8").split()
    os.kill(int(children[0]), signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "a process that judged files was killed" in said
    assert "Traceback" not in said


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    write(tmp_path, {"a.py": DEFECT})
    for arguments in (["check", "a.py"], ["explain", "BNE101"], ["rules"], ["trace", "a.py"]):
        with full.open("w") as stream:
            done = subprocess.run(
                [sys.executable, "-m", "flake8_bn_eval", *arguments],
                cwd=tmp_path,
                env=environment(),
                stdout=stream,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                check=False,
            )
        assert done.returncode == 2
        assert done.stderr.endswith("bn-eval: standard output: No space left on device\n")
        assert "Traceback" not in done.stderr
        assert "Exception" not in done.stderr
    done = run(tmp_path, "check", "--output-file=/dev/full", "a.py")
    assert done.returncode == 2
    assert "bn-eval: /dev/full: No space left on device" in done.stderr


def test_closed_streams_are_no_error(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": DEFECT})
    for streams in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(
            f"{sys.executable} -m flake8_bn_eval check a.py {streams}",
            shell=True,
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    write(tmp_path, {f"file_{number:03}.py": DEFECT for number in range(300)})
    command = f"{sys.executable} -m flake8_bn_eval check --no-cache -j1 | head -1"
    done = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.startswith("file_000.py:4:1: BNE303 ")
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("name", ["text", "concise", "github", "junit"])
def test_any_encoding_of_the_output_will_do(tmp_path: Path, encoding: str, name: str) -> None:
    write(tmp_path, {"π.py": DEFECT.replace("net", "ネット")})
    done = subprocess.run(
        [sys.executable, "-m", "flake8_bn_eval", "check", f"--output-format={name}", "π.py"],
        cwd=tmp_path,
        env=environment(PYTHONIOENCODING=encoding),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    printed = done.stdout.decode(encoding)
    assert "BNE303" in printed
    assert ("ネット" in printed) == (encoding.startswith("utf") and name != "junit")


def test_pages_and_tables_fit_a_terminal(tmp_path: Path) -> None:
    for arguments in (["explain", "BNE101"], ["rules"]):
        terminal = Terminal(tmp_path, "-m", "flake8_bn_eval", *arguments, width=60)
        assert terminal.end() == 0
        assert all(cell_len(line) <= 60 for line in plain(terminal.shown))
        assert "BNE101" in terminal.shown
        assert "\x1b[" in terminal.shown
        assert "```" not in terminal.shown
