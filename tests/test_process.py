"""What is changed for the whole process is put back, and threads do not disturb each other."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from flake8_bn_eval import process
from flake8_bn_eval.analysis import RAISE, analyse
from flake8_bn_eval.findings import Finding
from flake8_bn_eval.project import projects
from tests.markdown import programs as programs_of

PAGES = Path(__file__).parent
THREADS = 8

Setting = Callable[[], object]
CHANGES: dict[str, tuple[Setting, Setting]] = {
    "deep recursion": (process.deep_recursion, sys.getrecursionlimit),
    "no garbage collection": (process.without_garbage_collection, gc.isenabled),
}
each_change = pytest.mark.parametrize(("change", "setting"), CHANGES.values(), ids=CHANGES.keys())


def settings() -> list[object]:
    """Everything that belongs to the process."""
    return [setting() for _, setting in CHANGES.values()]


@each_change
def test_a_change_lasts_until_the_last_one_is_done(change: Setting, setting: Setting) -> None:
    before = setting()
    first, second = ExitStack(), ExitStack()
    first.enter_context(change())
    during = setting()
    assert during != before
    second.enter_context(change())
    first.close()
    assert setting() == during
    second.close()
    assert setting() == before


@each_change
def test_a_change_is_taken_back_after_an_error(change: Setting, setting: Setting) -> None:
    before = setting()
    with pytest.raises(KeyError), change():
        raise KeyError
    assert setting() == before


def test_what_somebody_else_has_set_meanwhile_is_left() -> None:
    before = sys.getrecursionlimit()
    try:
        with process.deep_recursion():
            sys.setrecursionlimit(7_000)
        assert sys.getrecursionlimit() == 7_000
    finally:
        sys.setrecursionlimit(before)


def test_garbage_collection_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with process.without_garbage_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.usefixtures("busy_threads")
def test_many_threads_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among the files: some that import from each other, a deep one, and one that is refused."""
    monkeypatch.setenv(RAISE, "1")
    files = write_files(tmp_path)
    before = settings()
    serial = [findings(file) for file in files]
    assert sum(map(len, serial)) > 10
    for _ in range(2):
        projects.forget()
        with ThreadPoolExecutor(THREADS) as pool:
            assert list(pool.map(findings, files)) == serial
        assert settings() == before


def write_files(folder: Path) -> list[Path]:
    """Programs of the pages, and files that share another one."""
    (folder / "setup.cfg").write_text("")
    (folder / "shared.py").write_text("def evaluate(net):\n    net.eval()\n    return net\n")
    texts = [program.text for page in sorted(PAGES.rglob("*.md")) for program in programs_of(page)]
    texts = texts[:: len(texts) // 60]
    texts += [
        "import torch\nfrom torch import nn\nfrom shared import evaluate\n\n"
        f"net = evaluate(nn.Dropout(0.{number}))\nnet(1).sum().backward()\nnet.eval\n"
        for number in range(1, 10)
    ]
    net = "from torch import nn\nnet = nn.Dropout()\nnet.eval\n"
    texts += [
        net + "if a:\n    b\n" + "elif c:\n    d\n" * 400,
        net + "x = " + " + ".join(["a"] * 1_200) + "\n",
        net + "x = (\n",
    ]
    files = [folder / f"file{number}.py" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return files


def findings(file: Path) -> list[Finding]:
    return analyse(file.read_text(), filename=str(file))


def faults(function: Callable[[], object]) -> int:
    """How many pages of memory the system hands out meanwhile."""
    resource = pytest.importorskip("resource", reason="Windows does not count")
    before: int = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    function()
    after: int = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    return after - before


def test_calls_in_any_depth_take_no_new_memory() -> None:
    """Without it some depth is at a border: there each of 5,000 calls takes a page."""

    def one() -> int:
        return 1

    def in_depth(levels: int) -> None:
        if levels:
            in_depth(levels - 1)
        else:
            for _ in range(5_000):
                one()

    def in_every_depth() -> None:
        for levels in range(200):
            in_depth(levels)

    process.with_room_for_frames(in_every_depth)  # what is taken once
    assert faults(lambda: process.with_room_for_frames(in_every_depth)) < 1_000


def test_what_is_called_with_room_returns_and_raises() -> None:
    assert process.with_room_for_frames(lambda: 1) == 1
    with pytest.raises(KeyError):
        process.with_room_for_frames(lambda: {}["missing"])
