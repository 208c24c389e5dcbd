"""Notebooks in the language server: every cell is a document, all together are one program."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pygls.lsp.server", reason="the extra `server` is not installed")

from lsprotocol import types

from tests.server.editor import Editor, applied, editor, run, text_at

SETUP = """\
%matplotlib inline
import torch
from torch import nn
net = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)"""
TRAIN = """\
%%time
net.train()
for batch in batches:
    optimizer.zero_grad()
    net(batch).sum().backward()
    optimizer.step()"""
TEST = """\
with torch.no_grad():
    for batch in test_batches:
        "🧮"; scores = net(batch)
        print(scores.argmax(dim=1))"""
NOTES = "# What comes *next*"


class Notebook:
    """A notebook that an editor has open."""

    def __init__(self, client: Editor, texts: list[str]) -> None:
        self.client = client
        self.uri = client.uri("x.ipynb")
        self.cells = [self.cell(number, text) for number, text in enumerate(texts)]
        self.version = 1

    def cell(self, number: int, text: str) -> types.TextDocumentItem:
        return types.TextDocumentItem(f"{self.name}#c{number}", "python", 1, text)

    @property
    def name(self) -> str:
        return self.uri.replace("file:", "vscode-notebook-cell:")

    def open(self) -> None:
        cells = [_code(each.uri) for each in self.cells]
        cells.insert(1, types.NotebookCell(types.NotebookCellKind.Markup, f"{self.name}#m"))
        self.client.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(
                types.NotebookDocument(self.uri, "jupyter-notebook", self.version, cells),
                self.cells,
            )
        )

    def change(self, change: types.NotebookDocumentCellChanges) -> None:
        self.version += 1
        self.client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(self.version, self.uri),
                types.NotebookDocumentChangeEvent(cells=change),
            )
        )

    def type(self, number: int, text: str) -> None:
        uri = self.cells[number].uri
        content = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(self.version + 1, uri),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
        self.change(types.NotebookDocumentCellChanges(text_content=[content]))

    def insert(self, place: int, cell: types.TextDocumentItem) -> None:
        array = types.NotebookCellArrayChange(place, 0, [_code(cell.uri)])
        structure = types.NotebookDocumentCellChangeStructure(array, did_open=[cell])
        self.change(types.NotebookDocumentCellChanges(structure=structure))

    def close(self) -> None:
        self.client.notebook_document_did_close(
            types.DidCloseNotebookDocumentParams(
                types.NotebookDocumentIdentifier(self.uri),
                [types.TextDocumentIdentifier(each.uri) for each in self.cells],
            )
        )


def _code(uri: str) -> types.NotebookCell:
    return types.NotebookCell(types.NotebookCellKind.Code, uri)


def test_the_mode_flows_through_the_cells(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path) as client:
            notebook = Notebook(client, [SETUP, TRAIN, TEST])
            first, second, third = (each.uri for each in notebook.cells)
            [told] = await client.after(third, notebook.open)
            assert text_at(TEST, told.range) == "net(batch)"
            assert told.range.start == types.Position(2, 23)
            assert "(training since cell 2, line 2)" in told.message
            note, *_clues = told.related_information or []
            assert note.location.uri == second
            assert text_at(TRAIN, note.location.range) == "net.train()"
            assert [client.told[uri].diagnostics for uri in (first, second)] == [(), ()]

    run(conversation)


def test_a_fix_changes_its_cell(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path) as client:
            notebook = Notebook(client, [SETUP, TRAIN, TEST])
            texts = {each.uri: each.text for each in notebook.cells}
            third = notebook.cells[2].uri
            [told] = await client.after(third, notebook.open)
            fix, disable = await client.actions(third, told.range)
            fixed = applied(texts, fix)
            assert fixed == texts | {third: f"net.eval()\n{TEST}"}
            disabled = applied(texts, disable)[third]
            assert disabled == TEST.replace("net(batch)", "net(batch)  # noqa: BNE101")
            assert await client.after(third, lambda: notebook.type(2, disabled)) == []
            assert len(await client.after(third, lambda: notebook.type(2, TEST))) == 1
            assert await client.after(third, lambda: notebook.type(2, fixed[third])) == []

    run(conversation)


def test_cells_come_and_are_no_python_for_a_while(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with editor(tmp_path) as client:
            notebook = Notebook(client, [SETUP, TRAIN, TEST])
            third = notebook.cells[2].uri
            assert len(await client.after(third, notebook.open)) == 1
            evaluating = notebook.cell(9, "net.eval(")
            assert len(await client.after(third, lambda: notebook.insert(3, evaluating))) == 1, (
                "the cell is no Python yet, all others count"
            )
            notebook.cells.append(evaluating)
            assert await client.after(third, lambda: notebook.type(3, "net.eval()")) == []
            notebook.close()
            await client.until(
                lambda: all(not client.told[cell.uri].diagnostics for cell in notebook.cells)
            )

    run(conversation)


def test_a_fix_behind_the_last_line_of_the_last_cell(tmp_path: Path) -> None:
    """A cell does not end with a line end, and what comes behind it begins with one."""
    function = """\
def evaluate(net, batches):
    for batch in batches:
        print(net(batch).argmax(dim=1))"""

    async def conversation() -> None:
        async with editor(tmp_path) as client:
            notebook = Notebook(client, [SETUP, function])
            texts = {each.uri: each.text for each in notebook.cells}
            second = notebook.cells[1].uri
            told = await client.after(second, notebook.open)
            place = next(each.range for each in told if each.code == "BNE102")
            actions = await client.actions(second, place)
            restoring = next(each for each in actions if "put the mode back" in each.title)
            changed = applied(texts, restoring)[second].split("\n")
            assert changed[-2:] == [
                "        print(net(batch).argmax(dim=1))",
                "    net.train(was_training)",
            ]

    run(conversation)
