"""Editors that run flake8: python-lsp-server, and the way the extension of VS Code calls it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
WIDE = 'from torch import nn\n\nnet = nn.Dropout()\nif net:\n\t"🧮é"; net.eval\n'
COLUMN = WIDE.splitlines()[4].index("net")
"""flake8 counts characters: a tab is one, an emoji is one."""

FORMAT = "%(row)d,%(col)d,%(code).1s,%(code)s:%(text)s"
PARSED = re.compile(
    r"(?P<line>\d+),(?P<column>-?\d+),(?P<type>\w+),(?P<code>\w+\d+):(?P<message>[^\r\n]*)"
)
"""What the extension of VS Code asks flake8 to print, and how it reads that.

Source: bundled/tool/lsp_server.py of https://github.com/microsoft/vscode-flake8
"""


WITHIN = 120.0
"""Seconds: the machine of the tests may have much else to do."""


@pytest.fixture
def environment() -> dict[str, str]:
    """The programs beside the running Python come first, and this checkout in them."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def test_the_extension_of_vs_code_reads_every_line(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    path = tmp_path / "a.py"
    command = [sys.executable, "-m", "flake8", "--select=BNE", f"--format={FORMAT}"]
    done = subprocess.run(
        [*command, "--stdin-display-name", str(path), "-"],
        cwd=tmp_path,
        env=environment,
        input=WIDE,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    [line] = done.stdout.splitlines()
    found = PARSED.fullmatch(line)
    assert found is not None
    assert (found["line"], found["column"], found["code"]) == ("5", str(COLUMN + 1), "BNE303")
    assert found["message"].startswith("`net.eval` is not called")


def test_python_lsp_server_shows_the_finding(tmp_path: Path, environment: dict[str, str]) -> None:
    pytest.importorskip("pylsp", reason="python-lsp-server is not installed")
    with subprocess.Popen(
        [sys.executable, "-m", "pylsp"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            [told] = told_by(process, tmp_path)
        finally:
            process.kill()
    assert told["range"]["start"] == {"line": 4, "character": COLUMN}
    assert told["code"] == "BNE303"
    assert "`net.eval` is not called" in told["message"]


def told_by(process: subprocess.Popen[bytes], folder: Path) -> list[dict[str, Any]]:
    """What the server says of a file that is opened, when only flake8 is switched on."""
    from pylsp_jsonrpc.endpoint import Endpoint
    from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter

    news: SimpleQueue[list[dict[str, Any]]] = SimpleQueue()
    handlers = {
        "textDocument/publishDiagnostics": lambda params: news.put(params["diagnostics"]),
    }
    client = Endpoint(handlers, JsonRpcStreamWriter(process.stdin).write)
    reader = JsonRpcStreamReader(process.stdout)
    Thread(target=reader.listen, args=(client.consume,), daemon=True).start()
    others = ("pycodestyle", "pyflakes", "mccabe", "pylint", "pydocstyle")
    plugins: dict[str, Any] = {name: {"enabled": False} for name in others}
    plugins["flake8"] = {"enabled": True, "select": ["BNE"]}
    begun = {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}}
    client.request("initialize", begun).result(timeout=WITHIN)
    client.notify("initialized", {})
    configured = {"settings": {"pylsp": {"plugins": plugins}}}
    client.notify("workspace/didChangeConfiguration", configured)
    uri = (folder / "a.py").as_uri()
    item = {"uri": uri, "languageId": "python", "version": 1, "text": WIDE}
    client.notify("textDocument/didOpen", {"textDocument": item})
    return news.get(timeout=WITHIN)
