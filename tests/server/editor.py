"""A real client of the language protocol: starts the server and talks to it over pipes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from flake8_bn_eval.fix.edits import lines_of

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    "from flake8_bn_eval.cli import main; sys.exit(main(['server', *sys.argv[1:]]))"
)
WITHIN = 60.0
"""Seconds: the machine of the tests may have much else to do."""


class Editor(LanguageClient):
    """An editor with open documents, which keeps the diagnostics that it was told last."""

    def __init__(self, folder: Path) -> None:
        super().__init__("editor", "1")
        self.folder = folder
        self.told: dict[str, types.PublishDiagnosticsParams] = {}
        self.count: dict[str, int] = {}
        self.shown: list[str] = []
        self.registered: list[str] = []
        self.news = asyncio.Event()
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._take))
        self.feature(types.WINDOW_SHOW_MESSAGE)(partial(self._show))
        self.feature(types.CLIENT_REGISTER_CAPABILITY)(partial(self._register))

    def _take(self, params: types.PublishDiagnosticsParams) -> None:
        self.told[params.uri] = params
        self.count[params.uri] = self.count.get(params.uri, 0) + 1
        self.news.set()

    def _show(self, params: types.ShowMessageParams) -> None:
        self.shown.append(params.message)
        self.news.set()

    def _register(self, params: types.RegistrationParams) -> None:
        self.registered += [each.method for each in params.registrations]
        self.news.set()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for something to be told."""
        async with asyncio.timeout(WITHIN):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def after(self, uri: str, change: Callable[[], None]) -> list[types.Diagnostic]:
        """What is told of a document after a change of it."""
        before = self.count.get(uri, 0)
        change()
        await self.until(lambda: self.count.get(uri, 0) > before)
        return list(self.told[uri].diagnostics)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    async def open(self, name: str, text: str) -> list[types.Diagnostic]:
        uri = self.uri(name)
        item = types.TextDocumentItem(uri, "python", 1, text)
        opened = types.DidOpenTextDocumentParams(item)
        return await self.after(uri, lambda: self.text_document_did_open(opened))

    async def change(self, name: str, text: str, version: int) -> list[types.Diagnostic]:
        uri = self.uri(name)
        changed = types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, uri),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
        return await self.after(uri, lambda: self.text_document_did_change(changed))

    async def actions(
        self, uri: str, place: types.Range, only: list[str] | None = None
    ) -> list[types.CodeAction]:
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri), place, types.CodeActionContext([], only)
        )
        found = await self.text_document_code_action_async(params)
        return [each for each in found or [] if isinstance(each, types.CodeAction)]


@asynccontextmanager
async def editor(
    folder: Path,
    *flags: str,
    encoding: types.PositionEncodingKind = types.PositionEncodingKind.Utf16,
    related: bool = True,
) -> AsyncIterator[Editor]:
    """An editor that has a folder open, with the server started for it; both end together."""
    client = Editor(folder)
    await client.start_io(sys.executable, "-c", PROGRAM, *flags)
    capabilities = types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[encoding]),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=related
            )
        ),
        workspace=types.WorkspaceClientCapabilities(
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=True
            )
        ),
    )
    root = types.WorkspaceFolder(folder.as_uri(), folder.name)
    await client.initialize_async(
        types.InitializeParams(capabilities, workspace_folders=[root], root_uri=folder.as_uri())
    )
    client.initialized(types.InitializedParams())
    try:
        yield client
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()


def run(conversation: Callable[[], Awaitable[Any]]) -> None:
    """Hold a conversation."""
    asyncio.run(conversation())  # type: ignore[arg-type]


def text_at(text: str, place: types.Range, encoding: str = "utf-16-le") -> str:
    """The piece of a text that a range of the protocol means."""
    unit = 2 if encoding == "utf-16-le" else 1
    lines = [*lines_of(text), ""]

    def offset(position: types.Position) -> int:
        before = sum(len(line) for line in lines[: position.line])
        data = lines[position.line].encode(encoding)[: position.character * unit]
        return before + len(data.decode(encoding))

    return text[offset(place.start) : offset(place.end)]


def applied(texts: dict[str, str], action: types.CodeAction) -> dict[str, str]:
    """The texts after an action, as an editor changes them."""
    found = dict(texts)
    assert action.edit is not None
    for change in action.edit.document_changes or []:
        assert isinstance(change, types.TextDocumentEdit)
        uri = change.text_document.uri
        in_turn = sorted(
            (it for it in change.edits if isinstance(it, types.TextEdit)),
            key=lambda edit: (edit.range.start.line, edit.range.start.character),
            reverse=True,
        )
        assert len(in_turn) == len(change.edits)
        for edit in in_turn:
            text = found[uri]
            start = text_at(text, types.Range(types.Position(0, 0), edit.range.start))
            end = text_at(text, types.Range(types.Position(0, 0), edit.range.end))
            found[uri] = start + edit.new_text + text[len(end) :]
    return found
