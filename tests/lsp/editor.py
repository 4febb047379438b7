"""An editor: a real client of `musicc lsp`, as pygls has it, with a word or two for what tests ask."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from tests.warm import forked

CURSOR = "‸"
ENOUGH = 60  # seconds, for a machine that is busy


class Editor(LanguageClient):
    def __init__(self) -> None:
        super().__init__("a test", "1")
        self.published: dict[str, lsp.PublishDiagnosticsParams] = {}
        self.counted: dict[str, int] = {}
        self.complaints: list[str] = []
        self.texts: dict[str, str] = {}
        self._news = asyncio.Condition()
        self._versions: dict[str, int] = {}

        @self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def received(params: lsp.PublishDiagnosticsParams) -> None:
            async with self._news:
                self.published[params.uri] = params
                self.counted[params.uri] = self.counted.get(params.uri, 0) + 1
                self._news.notify_all()

        @self.feature(lsp.WINDOW_SHOW_MESSAGE)
        def shown(params: lsp.ShowMessageParams) -> None:
            self.complaints.append(params.message)

    async def connect(self, port: int) -> None:
        """To a server that begins to listen soon."""
        for _ in range(ENOUGH * 50):
            try:
                return await self.start_tcp("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
        raise AssertionError("nobody listens")

    async def begin(self, folder: Path, *encodings: lsp.PositionEncodingKind) -> lsp.InitializeResult:
        general = lsp.GeneralClientCapabilities(position_encodings=encodings) if encodings else None
        snippets = lsp.ClientCompletionItemOptions(snippet_support=True)
        completion = lsp.CompletionClientCapabilities(completion_item=snippets)
        action = lsp.CodeActionClientCapabilities(resolve_support=lsp.ClientCodeActionResolveOptions(["edit"]))
        text = lsp.TextDocumentClientCapabilities(completion=completion, code_action=action)
        capabilities = lsp.ClientCapabilities(general=general, text_document=text)
        folders = [lsp.WorkspaceFolder(folder.as_uri(), "specs")]
        params = lsp.InitializeParams(capabilities=capabilities, workspace_folders=folders)
        agreed = await self.initialize_async(params)
        self.initialized(lsp.InitializedParams())
        return agreed

    def open(self, path: Path, text: str) -> str:
        uri = path.as_uri()
        self.texts[uri], self._versions[uri] = text, 1
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "music", 1, text)))
        return uri

    def type(self, uri: str, text: str) -> None:
        self._versions[uri] += 1
        self.texts[uri] = text
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        name = lsp.VersionedTextDocumentIdentifier(uri=uri, version=self._versions[uri])
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(name, [whole]))

    async def diagnostics(self, uri: str) -> Sequence[lsp.Diagnostic]:
        """What is said of the text as it was sent last."""

        def told() -> bool:
            return uri in self.published and self.published[uri].version == self._versions[uri]

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(told), ENOUGH)
        return self.published[uri].diagnostics

    async def codes(self, uri: str) -> list[object]:
        return [one.code for one in await self.diagnostics(uri)]

    async def said_again(self, uri: str, times: int) -> Sequence[lsp.Diagnostic]:
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: self.counted.get(uri, 0) >= times), ENOUGH)
        return self.published[uri].diagnostics

    def at(self, uri: str, before: str) -> lsp.TextDocumentPositionParams:
        """The place of `‸` in a passage of the text, counted in UTF-16."""
        found = self.texts[uri].index(before.replace(CURSOR, ""))
        return lsp.TextDocumentPositionParams(
            lsp.TextDocumentIdentifier(uri), position(self.texts[uri], found + before.index(CURSOR))
        )

    async def end(self) -> None:
        await self.shutdown_async(None)
        self.exit(None)

    async def exit_status(self) -> int | None:
        """That of a server which the editor has started itself."""
        assert self._server is not None
        return await asyncio.wait_for(self._server.wait(), ENOUGH)


def position(text: str, offset: int) -> lsp.Position:
    line = text.count("\n", 0, offset)
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return lsp.Position(line, len(before.encode("utf-16-le")) // 2)


def applied(text: str, edits: Sequence[lsp.TextEdit]) -> str:
    """The text with edits made, as an editor would."""

    def offset(at: lsp.Position) -> int:
        lines = text.split("\n")
        before = lines[at.line].encode("utf-16-le")[: at.character * 2].decode("utf-16-le")
        return sum(len(line) + 1 for line in lines[: at.line]) + len(before)

    for edit in sorted(edits, key=lambda edit: offset(edit.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@asynccontextmanager
async def editing(folder: Path) -> AsyncIterator[Editor]:
    """An editor with a server that it has started itself, which must end well and never complain."""
    editor = Editor()
    await editor.start_io(sys.executable, "-m", "musicc", "lsp", cwd=folder)
    try:
        await editor.begin(folder)
        yield editor
    finally:
        await editor.end()
        assert await editor.exit_status() == 0
        await editor.stop()
    assert editor.complaints == []


@asynccontextmanager
async def editing_at_once(folder: Path, *encodings: lsp.PositionEncodingKind) -> AsyncIterator[Editor]:
    """The same with a server that is a fork (`tests/warm.py`) and listens on a port."""
    editor, port = Editor(), free_port()
    with forked("musicc", "lsp", "--tcp", str(port), cwd=folder, environment=os.environ) as server:
        await editor.connect(port)
        try:
            await editor.begin(folder, *encodings)
            yield editor
        finally:
            await editor.end()
            await asyncio.to_thread(server.process.join, ENOUGH)
            assert server.process.exitcode == 0, server.err.read_text()
            await editor.stop()
    assert editor.complaints == []
