"""The language server as an editor sees it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pygls.lsp.server", reason="the extra `server` is not installed")

from lsprotocol import types

from flake8_bn_eval.rules import DOCUMENTATION
from tests.server.editor import PROGRAM, applied, editor, run, text_at

DEFECT = "from torch import nn\n\nnet = nn.Dropout()\nnet.eval\n"
WIDE = 'from torch import nn\n\nnet = nn.Dropout()\nif net:\n\t"🧮é"; net.eval\n'
TRAINED = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net.train()
for batch in batches:
    optimizer.zero_grad()
    net(batch).sum().backward()
    optimizer.step()
with torch.no_grad():
    for batch in test_batches:
        print(net(batch).argmax(dim=1))
"""
PREPARED = TRAINED.replace("import nn\n", "import nn\nfrom prepare import prepare\n").replace(
    "net.train()", "prepare(net)"
)


def test_a_finding_has_its_range_its_rule_and_its_notes(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path) as client:
            [told] = await client.open("a.py", TRAINED)
            assert text_at(TRAINED, told.range) == "net(batch)"
            assert told.range.start.line == 12
            assert told.code == "BNE101"
            assert told.source == "bn-eval"
            assert told.severity == types.DiagnosticSeverity.Warning
            assert told.code_description is not None
            assert told.code_description.href.startswith(DOCUMENTATION)
            headline, help = told.message.split("\n")
            assert headline.endswith("(training since line 6)")
            assert help == "help: call `net.eval()` before"
            note, *_clues = told.related_information or []
            assert note.location.uri == client.uri("a.py")
            assert text_at(TRAINED, note.location.range) == "net.train()"

    run(conversation)


def test_without_related_information_the_notes_stand_in_the_text(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path, related=False) as client:
            [told] = await client.open("a.py", TRAINED)
            assert told.related_information is None
            assert "\nline 6: `net.train()` puts it in training mode\n" in told.message

    run(conversation)


@pytest.mark.parametrize(
    ("encoding", "codec", "column"),
    [
        (types.PositionEncodingKind.Utf16, "utf-16-le", 8),
        (types.PositionEncodingKind.Utf8, "utf-8", 11),
    ],
)
def test_columns_are_those_of_the_editor(
    tmp_path: Path, encoding: types.PositionEncodingKind, codec: str, column: int
) -> None:
    """A tab is one, an emoji two units of UTF-16 and four of UTF-8."""

    async def conversation() -> None:
        async with editor(tmp_path, encoding=encoding) as client:
            [told] = await client.open("a.py", WIDE)
            assert (told.range.start.line, told.range.start.character) == (4, column)
            assert text_at(WIDE, told.range, codec) == "net.eval"

    run(conversation)


def test_unsaved_text_counts_here_and_in_what_is_imported(tmp_path: Path) -> None:
    """On disk the imported function sets nothing; in the editor it trains."""
    prepare = tmp_path / "prepare.py"
    prepare.write_text("def prepare(net):\n    net.eval()\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").touch()

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            assert await client.open("a.py", PREPARED) == []
            assert await client.open("prepare.py", "def prepare(net):\n    net.train()\n") == []
            [told] = await client.change("a.py", f"{PREPARED}\n", 2)
            assert "(training since prepare.py:2)" in told.message
            note, *_clues = told.related_information or []
            assert note.location.uri == prepare.as_uri()
            assert note.location.range.start == types.Position(1, 4)
            assert await client.change("a.py", DEFECT.replace("eval", "eval()"), 3) == []
            fixed = await client.change("a.py", PREPARED.replace("prepare(net)", ""), 4)
            assert all("prepare.py" not in each.message for each in fixed)

    run(conversation)


def test_what_is_closed_has_no_findings(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path) as client:
            assert len(await client.open("a.py", DEFECT)) == 1
            closed = types.DidCloseTextDocumentParams(
                types.TextDocumentIdentifier(client.uri("a.py"))
            )
            assert (
                await client.after(
                    client.uri("a.py"), lambda: client.text_document_did_close(closed)
                )
                == []
            )

    run(conversation)


def test_text_that_is_no_python_yet_has_no_findings(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path) as client:
            assert len(await client.open("a.py", DEFECT)) == 1
            assert await client.change("a.py", f"{DEFECT}for", 2) == []
            assert len(await client.change("a.py", f"{DEFECT}\n", 3)) == 1
            assert client.told[client.uri("a.py")].version == 3

    run(conversation)


def test_configuration_counts_and_is_read_again(tmp_path: Path) -> None:
    configured = tmp_path / "pyproject.toml"
    configured.write_text("[tool.bn-eval]\nignore = ['BNE303']\n", encoding="utf-8")

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            assert await client.open("a.py", DEFECT) == []
            await client.until(lambda: client.registered)
            configured.write_text("[tool.bn-eval]\nexclude = ['b.py']\n", encoding="utf-8")
            told = types.DidChangeWatchedFilesParams(
                [types.FileEvent(configured.as_uri(), types.FileChangeType.Changed)]
            )
            uri = client.uri("a.py")
            assert (
                len(
                    await client.after(uri, lambda: client.workspace_did_change_watched_files(told))
                )
                == 1
            )
            assert await client.open("b.py", DEFECT) == []
            configured.write_text("[tool.bn-eval]\nselct = ['BNE']\n", encoding="utf-8")
            saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
            assert await client.after(uri, lambda: client.text_document_did_save(saved)) == []
            await client.until(lambda: client.shown)
            [message] = client.shown
            assert "pyproject.toml:2: selct: no such option; is select meant?" in message

    run(conversation)


def test_flags_and_noqa_count(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path, "--stdio", "--ignore=BNE303") as client:
            assert await client.open("a.py", DEFECT) == []
        async with editor(tmp_path) as client:
            assert await client.open("a.py", f"{DEFECT.rstrip()}  # noqa: BNE303\n") == []

    run(conversation)


def test_a_folder_with_a_blank_and_a_file_that_is_not_saved(tmp_path: Path) -> None:
    folder = tmp_path / "a folder é"
    folder.mkdir()

    async def conversation() -> None:
        async with editor(folder) as client:
            assert len(await client.open("x y.py", DEFECT)) == 1
            item = types.TextDocumentItem("untitled:Untitled-1", "python", 1, DEFECT)
            opened = types.DidOpenTextDocumentParams(item)
            assert (
                len(await client.after(item.uri, lambda: client.text_document_did_open(opened)))
                == 1
            )

    run(conversation)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quick_fixes(tmp_path: Path, end: str) -> None:
    text = WIDE.replace("\n", end)

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            [told] = await client.open("a.py", text)
            uri = client.uri("a.py")
            fix, disable = await client.actions(uri, told.range)
            assert (fix.title, fix.kind, fix.is_preferred) == (
                "Call `net.eval()`", types.CodeActionKind.QuickFix, True,
            )  # fmt: skip
            assert list(fix.diagnostics or []) == [told]
            fixed = applied({uri: text}, fix)[uri]
            assert fixed == text.replace("net.eval", "net.eval()")
            assert disable.title == "Disable BNE303 for this line"
            disabled = applied({uri: text}, disable)[uri]
            assert disabled == text.replace("net.eval", "net.eval  # noqa: BNE303")
            assert await client.change("a.py", disabled, 2) == []
            assert await client.change("a.py", fixed, 3) == []
            nowhere = types.Range(types.Position(0, 0), types.Position(0, 3))
            assert await client.actions(uri, nowhere) == []

    run(conversation)


def test_actions_are_those_of_the_text_as_it_is_now(tmp_path: Path) -> None:
    """They are asked for before anything is told of the last change."""

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            [told] = await client.open("a.py", DEFECT)
            uri = client.uri("a.py")
            for version in range(2, 6):
                client.text_document_did_change(
                    types.DidChangeTextDocumentParams(
                        types.VersionedTextDocumentIdentifier(version, uri),
                        [types.TextDocumentContentChangeWholeDocument("\n" * version + DEFECT)],
                    )
                )
            assert await client.actions(uri, told.range) == []
            line = told.range.start.line + 5
            place = types.Range(types.Position(line, 0), types.Position(line, 0))
            fix, _ = await client.actions(uri, place)
            assert fix.edit is not None
            [change] = fix.edit.document_changes or []
            assert isinstance(change, types.TextDocumentEdit)
            assert change.text_document.version == 5
            await client.until(lambda: client.told[uri].version == 5)

    run(conversation)


def test_an_unsafe_fix_says_so(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path) as client:
            [told] = await client.open("a.py", TRAINED)
            uri = client.uri("a.py")
            fix, _ = await client.actions(uri, told.range, ["quickfix"])
            assert fix.title == "Call `net.eval()` before (changes what is computed)"
            assert not fix.is_preferred
            fixed = applied({uri: TRAINED}, fix)[uri]
            assert "net.eval()\nwith torch.no_grad():" in fixed
            assert await client.change("a.py", fixed, 2) == []

    run(conversation)


def test_all_safe_fixes_when_they_are_asked_for(tmp_path: Path) -> None:
    text = f"{DEFECT}{DEFECT}"

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            told = await client.open("a.py", text)
            assert len(told) == 2
            uri = client.uri("a.py")
            whole = types.Range(types.Position(0, 0), types.Position(8, 0))
            for only in (["source.fixAll"], ["source.fixAll.bn-eval"], ["source"]):
                [action] = await client.actions(uri, whole, only)
                assert applied({uri: text}, action)[uri] == text.replace("eval\n", "eval()\n")
            assert await client.actions(uri, whole, ["source.organizeImports"]) == []

    run(conversation)


def test_a_comment_joins_the_one_that_is_there_and_stands_in_no_string(tmp_path: Path) -> None:
    there = DEFECT.replace("net.eval", "net.eval  # noqa: E501")
    string = DEFECT.replace("net.eval", "x = net.eval, '''\n'''").replace("x = ", "x, y = ")

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            uri = client.uri("a.py")
            [told] = await client.open("a.py", there)
            *_, disable = await client.actions(uri, told.range)
            assert applied({uri: there}, disable)[uri] == there.replace("E501", "E501,BNE303")
            for told in await client.change("a.py", string, 2):
                actions = await client.actions(uri, told.range)
                assert all("Disable" not in action.title for action in actions)

    run(conversation)


BLOCK = """\
class Block{number}(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x):
        return torch.relu(self.norm(self.first(x))) + {number}


def evaluate{number}(model, loader):
    model.eval()
    with torch.no_grad():
        return [model(inputs).argmax(dim=1) for inputs in loader]

"""


def long_program(lines: int) -> str:
    """A script of some length with functions, classes and loops, and one finding."""
    head, tail = TRAINED.split("\nnet = ")
    blocks = (BLOCK.format(number=number) for number in range((lines - 20) // 16))
    return "\n".join([head, *blocks]) + f"\nnet = {tail}"


def test_it_answers_soon(tmp_path: Path) -> None:
    """The time from a key to the diagnostics, once warm; the median, because others work too."""
    text = long_program(500)
    assert 480 <= text.count("\n") <= 520

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            assert len(await client.open("a.py", text)) == 1
            taken = []
            for version in range(2, 9):
                begun = time.perf_counter()
                assert len(await client.change("a.py", f"# {version}\n{text}", version)) == 1
                taken.append(time.perf_counter() - begun)
            print(f"median {statistics.median(taken):.3f} s of {[round(it, 3) for it in taken]}")
            assert min(taken) < ALLOWED * slowdown(), taken

    run(conversation)


ALLOWED = 0.3
"""Seconds, on a machine that has nothing else to do; the best of some."""


def slowdown() -> float:
    """How many seconds a second of the processor takes, because others work on it, too."""
    begun, used = time.perf_counter(), time.process_time()
    while time.process_time() - used < ALLOWED:
        pass
    return (time.perf_counter() - begun) / ALLOWED


def test_without_pygls_it_says_what_is_missing(tmp_path: Path) -> None:
    program = f"import sys; sys.modules['pygls'] = None; {PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert "needs pygls: pip install 'flake8-bn-eval[server]'" in done.stderr


def test_a_mistake_in_the_flags_is_said_at_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--bne-opt-in=BNE999"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert "no such rule: BNE999" in done.stderr
