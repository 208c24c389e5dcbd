"""The conversation with an editor: what it opens and changes is judged, and what is found told.

Reading and writing messages goes on while something is judged: that happens in one other
thread.  A document that has changed meanwhile is judged again; only the last state is told.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from flake8_bn_eval import __version__
from flake8_bn_eval.files.units import InputError
from flake8_bn_eval.server.actions import FIX_ALL, Actions
from flake8_bn_eval.server.documents import Document, Part
from flake8_bn_eval.server.judging import Checked, Office, folder_of
from flake8_bn_eval.server.messages import NAME, Messages, nothing

STACK = 64 * 1024 * 1024
"""Bytes: threads of some systems have too little for deep trees, which the main one has."""

PATIENCE = 0.05
"""Seconds without a further change before a document is judged."""

CONFIGURATION = "**/{pyproject.toml,setup.cfg,tox.ini,.flake8}"
WARM_UP = "from torch import nn\n\nnet = nn.Dropout()\nnet.eval\n"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Judging:
    """What is, or will be, reported of a state of a document."""

    document: Document
    result: asyncio.Future[Checked | None]


class Server(LanguageServer):
    """The server of one editor."""

    def __init__(self, given: argparse.Namespace) -> None:
        super().__init__(
            NAME,
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            notebook_document_sync=types.NotebookDocumentSyncOptions(
                [
                    types.NotebookDocumentFilterWithNotebook(
                        notebook="jupyter-notebook",
                        cells=[types.NotebookCellLanguage(language="python")],
                    )
                ],
                save=True,
            ),
        )
        self.unsaved: dict[str, str] = {}
        self.office = Office(given, self.unsaved)
        self.judging: dict[str, Judging] = {}
        self.waiting: dict[str, asyncio.Task[None]] = {}
        self._told_mistakes: set[str] = set()
        threading.stack_size(STACK)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="judging")

    async def work(self, task: Callable[..., _T], *arguments: Any) -> _T:
        """Do something that takes time, after what was asked for before."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, task, *arguments)

    @property
    def messages(self) -> Messages:
        """What makes diagnostics for this editor."""
        told = self.client_capabilities.text_document
        diagnostics = None if told is None else told.publish_diagnostics
        related = diagnostics is not None and bool(diagnostics.related_information)
        return Messages(self.workspace.position_codec, related, self.unsaved)

    @property
    def folders(self) -> list[str]:
        """The folders that the editor has open."""
        uris = [folder.uri for folder in self.workspace.folders.values()]
        uris = uris or [self.workspace.root_uri or ""]
        return [path for uri in uris if (path := to_fs_path(uri))]

    def document(self, uri: str) -> Document | None:
        """What an address belongs to: a file, a notebook, or the notebook of a cell."""
        workspace = self.workspace
        notebook = workspace.get_notebook_document(notebook_uri=uri)
        notebook = notebook or workspace.get_notebook_document(cell_uri=uri)
        if notebook is not None:
            cells = [it for it in notebook.cells if it.kind == types.NotebookCellKind.Code]
            parts = tuple(self._part(cell.document) for cell in cells)
            return Document(notebook.uri, _path_of(notebook.uri), parts, is_notebook=True)
        if not self._is_open(uri):
            return None
        return Document(uri, _path_of(uri), (self._part(uri),))

    def _is_open(self, uri: str) -> bool:
        """Whether the editor has handed over a text; pygls 2.0 keeps addresses as they are."""
        return not {uri, unquote(uri)}.isdisjoint(self.workspace.text_documents)

    def _part(self, uri: str) -> Part:
        """A text; a cell in another language, which the editor keeps for itself, is empty."""
        if not self._is_open(uri):
            return Part(uri, "")
        document = self.workspace.get_text_document(uri)
        return Part(uri, document.source, document.version)

    def judge_soon(self, uri: str) -> None:
        """Judge a document when nothing more has changed for a moment."""
        document = self.document(uri)
        if document is None:
            return
        if not document.is_notebook:
            self.unsaved[document.path] = document.parts[0].text
        before = self.waiting.pop(document.uri, None)
        if before is not None:
            before.cancel()
        self.waiting[document.uri] = asyncio.ensure_future(self._judge_later(document.uri))

    async def _judge_later(self, uri: str) -> None:
        await asyncio.sleep(PATIENCE)
        document = self.document(uri)
        checked = await self.up_to_date(uri)
        if document is None or self.document(uri) != document:
            return  # closed, or changed: then it is judged again
        told = nothing(document.parts) if checked is None else self.messages.by_part(checked)
        for part, diagnostics in told.items():
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(part.uri, diagnostics, part.version)
            )

    async def up_to_date(self, uri: str) -> Checked | None:
        """What is reported of a document as it is now; None if that cannot be told.

        It is judged once, however many ask.
        """
        document = self.document(uri)
        if document is None:
            return None
        judging = self.judging.get(document.uri)
        if judging is None or judging.document != document:
            judging = Judging(document, asyncio.ensure_future(self._judged(document)))
            self.judging[document.uri] = judging
        return await asyncio.shield(judging.result)

    async def _judged(self, document: Document) -> Checked | None:
        try:
            folder = folder_of(document.path, self.folders)
            return await self.work(self._judge_if_current, document, folder)
        except InputError as error:
            self._tell(str(error))
            return None

    def _judge_if_current(self, document: Document, folder: str) -> Checked | None:
        """Done in the other thread: what has changed while it was waiting is not worth it."""
        judging = self.judging.get(document.uri)
        if judging is None or judging.document is not document:
            return None
        return self.office.check(document, folder)

    def _tell(self, mistake: str) -> None:
        """Show a mistake of the configuration, once."""
        if mistake not in self._told_mistakes:
            self._told_mistakes.add(mistake)
            text = f"bn-eval: {mistake}"
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, text))

    def judge_all(self) -> None:
        """Judge everything that is open anew: a file that others import may have changed."""
        self.judging.clear()
        self.office.forget_configuration()
        self._told_mistakes.clear()
        texts = [document.uri for document in self.workspace.text_documents.values()]
        documents = [self.document(uri) for uri in texts]
        for uri in dict.fromkeys(it.uri for it in documents if it is not None):
            self.judge_soon(uri)

    def forget(self, uri: str, parts: list[str]) -> None:
        """Take back what was told of a document that is closed."""
        waiting = self.waiting.pop(uri, None)
        if waiting is not None:
            waiting.cancel()
        self.judging.pop(uri, None)
        self.unsaved.pop(_path_of(uri), None)
        for part in parts:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(part, []))


def _path_of(uri: str) -> str:
    """The path of a file, or a name for what is no file yet: it belongs to no project."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return os.path.normpath(path) if path else uri.rpartition("/")[2].rpartition(":")[2] or uri


def server_for(given: argparse.Namespace) -> Server:
    """A server whose findings are those that the flags select."""
    server = Server(given)
    features: dict[str, Callable[[Server, Any], Awaitable[Any] | None]] = {
        types.INITIALIZED: _initialized,
        types.TEXT_DOCUMENT_DID_OPEN: _changed,
        types.TEXT_DOCUMENT_DID_CHANGE: _changed,
        types.TEXT_DOCUMENT_DID_SAVE: _saved,
        types.TEXT_DOCUMENT_DID_CLOSE: _closed,
        types.NOTEBOOK_DOCUMENT_DID_OPEN: _notebook_changed,
        types.NOTEBOOK_DOCUMENT_DID_CHANGE: _notebook_changed,
        types.NOTEBOOK_DOCUMENT_DID_SAVE: _saved,
        types.NOTEBOOK_DOCUMENT_DID_CLOSE: _notebook_closed,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES: _saved,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: _saved,
    }
    for name, feature in features.items():
        server.feature(name)(feature)
    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(kinds))(_actions)
    return server


async def _initialized(server: Server, _: types.InitializedParams) -> None:
    """Load what judging needs before something is typed, and ask for changed configuration."""
    warm_up = Document("", "warm_up", (Part("", WARM_UP),))
    await server.work(_warm_up, server.office, warm_up)
    told = server.client_capabilities.workspace
    watching = None if told is None else told.did_change_watched_files
    if watching is not None and watching.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(CONFIGURATION)]
        )
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        await server.client_register_capability_async(
            types.RegistrationParams([types.Registration(f"{NAME}-files", method, options)])
        )


def _warm_up(office: Office, document: Document) -> None:
    checked = office.check(document, str(Path.cwd()))
    for finding in checked.result.findings:
        office.fix_for(checked, finding)


def _changed(
    server: Server, params: types.DidOpenTextDocumentParams | types.DidChangeTextDocumentParams
) -> None:
    server.judge_soon(params.text_document.uri)


def _saved(server: Server, _: object) -> None:
    server.judge_all()


def _closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    server.forget(params.text_document.uri, [params.text_document.uri])


def _notebook_changed(
    server: Server,
    params: types.DidOpenNotebookDocumentParams | types.DidChangeNotebookDocumentParams,
) -> None:
    server.judge_soon(params.notebook_document.uri)


def _notebook_closed(server: Server, params: types.DidCloseNotebookDocumentParams) -> None:
    cells = [cell.uri for cell in params.cell_text_documents]
    server.forget(params.notebook_document.uri, cells)


async def _actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri = params.text_document.uri
    checked = await server.up_to_date(uri)
    if checked is None:
        return []
    only = params.context.only
    kinds = None if only is None else [str(getattr(it, "value", it)) for it in only]
    actions = Actions(checked, server.office, server.messages)
    return await server.work(actions.at, uri, params.range, kinds)
