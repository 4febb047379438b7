"""Whole conversations with a real client."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from tests.lsp.common import SPEC
from tests.lsp.editor import Editor, applied, editing_at_once

Session = Callable[[Editor, str], Awaitable[None]]


def run(folder: Path, session: Session, text: str = SPEC) -> None:
    async def whole() -> None:
        async with editing_at_once(folder) as editor:
            await session(editor, editor.open(folder / "x.music", text))

    asyncio.run(whole())


def test_diagnostics_follow_the_typing(tmp_path: Path) -> None:
    async def session(editor: Editor, uri: str) -> None:
        assert await editor.codes(uri) == []
        editor.type(uri, SPEC.replace("1..last  sidestep", "1..last  sidestpe"))
        (fault,) = await editor.diagnostics(uri)
        assert (fault.code, fault.severity, fault.source) == ("M104", lsp.DiagnosticSeverity.Error, "musicc")
        assert fault.range == lsp.Range(lsp.Position(21, 27), lsp.Position(21, 35))
        assert fault.related_information is not None
        assert fault.related_information[0].location == lsp.Location(
            uri, lsp.Range(lsp.Position(3, 24), lsp.Position(3, 32))
        )
        editor.type(uri, SPEC)
        assert await editor.codes(uri) == []

    run(tmp_path, session)


def test_only_the_newest_text_is_told_of(tmp_path: Path) -> None:
    async def session(editor: Editor, uri: str) -> None:
        for turns in range(1, 40):
            editor.type(uri, SPEC.replace("turns     = 3", f"turns     = {turns}x"))
        editor.type(uri, SPEC.replace("turns     = 3", "turns     = 0"))
        assert await editor.codes(uri) == ["M206"]
        assert editor.counted[uri] < 20

    run(tmp_path, session)


def test_unused_names_are_faded(tmp_path: Path) -> None:
    async def session(editor: Editor, uri: str) -> None:
        (one,) = await editor.diagnostics(uri)
        assert one.severity == lsp.DiagnosticSeverity.Warning
        assert one.tags == (lsp.DiagnosticTag.Unnecessary,)

    run(tmp_path, session, SPEC.replace("(sidestep)", "(sidestep, forget_history)"))


def test_unsaved_imports_count_and_importers_are_checked_again(tmp_path: Path) -> None:
    library = 'music 1\n\nmodel gemma { url = "http://localhost:1/v1"  name = "gemma" }\n'
    (tmp_path / "models.music").write_text("music 1\n")
    start = SPEC.index("# The model")
    spec = f'{SPEC[:start]}import "models" (gemma)\n{SPEC[SPEC.index("seeds chats") :]}'

    async def session(editor: Editor, uri: str) -> None:
        assert await editor.codes(uri) == ["M110"]
        other = editor.open(tmp_path / "models.music", library)
        assert await editor.said_again(uri, 2) == ()
        broken = library.replace("http:", "htp:")
        editor.type(other, broken)
        (seen,) = await editor.said_again(uri, 3)
        assert (seen.code, seen.range.start.line) == ("M204", spec[: spec.index('"models"')].count("\n"))
        assert seen.related_information is not None and seen.related_information[0].location.uri == other
        editor.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(other)))
        (again,) = await editor.said_again(uri, 4)
        assert again.code == "M110"  # what is saved declares nothing

    run(tmp_path, session, spec)


def test_every_look_at_a_name(tmp_path: Path) -> None:
    async def session(editor: Editor, uri: str) -> None:
        here = editor.at(uri, "assistant = helpful_assistant on gem‸ma")
        name, at = here.text_document, here.position
        hover = await editor.text_document_hover_async(lsp.HoverParams(name, at))
        assert hover is not None and isinstance(hover.contents, lsp.MarkupContent)
        assert "The model\nthat answers." in hover.contents.value
        found = await editor.text_document_definition_async(lsp.DefinitionParams(name, at))
        assert found == lsp.Location(uri, lsp.Range(lsp.Position(9, 6), lsp.Position(9, 11)))
        context = lsp.ReferenceContext(include_declaration=True)
        uses = await editor.text_document_references_async(lsp.ReferenceParams(context, name, at))
        assert [use.range.start.line for use in uses or ()] == [9, 18, 19]
        marks = await editor.text_document_document_highlight_async(lsp.DocumentHighlightParams(name, at))
        assert [mark.kind for mark in marks or ()] == [3, 2, 2]
        offered = await editor.text_document_completion_async(lsp.CompletionParams(name, at))
        assert isinstance(offered, list | tuple) and [one.label for one in offered] == ["gemma"]
        outline = await editor.text_document_document_symbol_async(lsp.DocumentSymbolParams(name))
        assert [one.name for one in outline or ()][:3] == ["params", "gemma", "chats"]
        assert len(await editor.text_document_folding_range_async(lsp.FoldingRangeParams(name)) or ()) == 5
        tokens = await editor.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(name))
        assert tokens is not None and tokens.data[:5] == (2, 23, 12, 0, 2)

    run(tmp_path, session)


def test_rename_reaches_every_place_and_refuses_what_would_change_a_meaning(tmp_path: Path) -> None:
    async def session(editor: Editor, uri: str) -> None:
        here = editor.at(uri, "model gem‸ma")
        params = lsp.RenameParams(here.text_document, here.position, "llama")
        edit = await editor.text_document_rename_async(params)
        assert edit is not None and edit.changes is not None
        renamed = applied(SPEC, edit.changes[uri])
        assert renamed == SPEC.replace("model gemma", "model llama").replace("on gemma", "on llama")
        for place, new, why in (
            ("model gem‸ma", "chats", "means something else"),
            ("model gem‸ma", "two words", "is no name"),
            ("helpful_ass‸istant", "mine", "belongs to the standard library"),
        ):
            at = editor.at(uri, place)
            with pytest.raises(JsonRpcException, match=why):
                await editor.text_document_rename_async(lsp.RenameParams(at.text_document, at.position, new))

    run(tmp_path, session)


def test_fixes_are_offered_one_by_one_and_all_at_once(tmp_path: Path) -> None:
    broken = SPEC.replace("turns     = 3", "tunrs     = 3").replace("validation = 1%", "validation = 0.01")

    async def session(editor: Editor, uri: str) -> None:
        faults = await editor.diagnostics(uri)
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(99, 0))
        name, context = lsp.TextDocumentIdentifier(uri), lsp.CodeActionContext(list(faults))
        offered = await editor.text_document_code_action_async(lsp.CodeActionParams(name, whole, context))
        actions = [one for one in offered or () if isinstance(one, lsp.CodeAction)]
        assert [one.title for one in actions] == ["write `turns`", "write `1%`", "fix all that can be fixed"]
        editor.type(uri, applied(broken, edits_of(actions[0])))
        assert await editor.codes(uri) == ["M205"]
        editor.type(uri, broken)
        assert len(await editor.diagnostics(uri)) == 2
        assert actions[-1].edit is None
        everything = await editor.code_action_resolve_async(actions[-1])
        editor.type(uri, applied(broken, edits_of(everything)))
        assert await editor.codes(uri) == []
        assert editor.texts[uri] == SPEC

    run(tmp_path, session, broken)


def test_a_warning_is_silenced_above_its_line(tmp_path: Path) -> None:
    text = SPEC.replace("validation = 1%", "\n  validation = 0%")

    async def session(editor: Editor, uri: str) -> None:
        (fault,) = await editor.diagnostics(uri)
        name = lsp.TextDocumentIdentifier(uri)
        only = lsp.CodeActionContext([fault], only=[lsp.CodeActionKind.QuickFix])
        offered = await editor.text_document_code_action_async(lsp.CodeActionParams(name, fault.range, only))
        (action,) = (one for one in offered or () if isinstance(one, lsp.CodeAction))
        editor.type(uri, applied(text, edits_of(action)))
        assert "\n  # musicc: allow(M492)\n  validation" in editor.texts[uri]
        assert await editor.codes(uri) == []

    run(tmp_path, session, text)


def edits_of(action: lsp.CodeAction) -> list[lsp.TextEdit]:
    assert action.edit is not None and action.edit.document_changes is not None
    (change,) = action.edit.document_changes
    assert isinstance(change, lsp.TextDocumentEdit)
    return [edit for edit in change.edits if isinstance(edit, lsp.TextEdit)]


def test_formatting_gives_the_one_style_and_refuses_what_is_broken(tmp_path: Path) -> None:
    async def session(editor: Editor, uri: str) -> None:
        params = lsp.DocumentFormattingParams(lsp.TextDocumentIdentifier(uri), lsp.FormattingOptions(2, True))
        edits = await editor.text_document_formatting_async(params)
        formatted = applied(editor.texts[uri], edits or ())
        assert "turns     = 3" in formatted and "turns  =   3" not in formatted
        editor.type(uri, formatted)
        assert not await editor.text_document_formatting_async(params)
        editor.type(uri, formatted.replace("dialogue talk {", "dialogue talk = {{"))
        assert await editor.text_document_formatting_async(params) is None

    run(tmp_path, session, SPEC.replace("turns     = 3", "turns  =   3"))


@pytest.mark.parametrize("encoding", list(lsp.PositionEncodingKind))
def test_positions_are_counted_as_agreed(tmp_path: Path, encoding: lsp.PositionEncodingKind) -> None:
    before = 'name = "𝄞é" '
    text = SPEC.replace('name = "gemma"', f"{before}{before}")

    async def whole() -> None:
        async with editing_at_once(tmp_path, encoding) as editor:
            uri = editor.open(tmp_path / "x.music", text)
            (fault,) = await editor.diagnostics(uri)
            assert fault.code == "M202"
            width = {"utf-8": 6, "utf-16": 3, "utf-32": 2}[encoding.value]
            assert fault.range.start == lsp.Position(11, 2 + 10 + width)

    asyncio.run(whole())


def test_a_file_that_was_never_saved_is_checked(tmp_path: Path) -> None:
    async def whole() -> None:
        async with editing_at_once(tmp_path) as editor:
            uri = "untitled:Untitled-1"
            item = lsp.TextDocumentItem(uri, "music", 7, "music 1\nmodle x { }\n")
            editor.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
            assert [one.code for one in await editor.said_again(uri, 1)] == ["M103"]

    asyncio.run(whole())
