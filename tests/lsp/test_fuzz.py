"""Whatever is typed, every question gets an answer: random edits of real specs, half-written ones above all."""

import asyncio
import random
from pathlib import Path

import pytest
from lsprotocol import types as lsp

from musicc.lsp.actions import actions
from musicc.lsp.colours import colours
from musicc.lsp.complete import completions
from musicc.lsp.desk import Desk
from musicc.lsp.edits import formatted
from musicc.lsp.hover import hover
from musicc.lsp.navigate import Refusal, definition, highlights, references, rename
from musicc.lsp.outline import folds, symbols
from musicc.lsp.publish import published
from musicc.semantics.files import STD
from tests.lsp.common import SPEC
from tests.lsp.editor import editing, position

PAPER = Path(__file__).parents[2] / "specs" / "skywork.music"
BITS = ["{", "}", "(", ")", "[", "]", '"', '"""', "=", ":", ".", "..", "|", "%", ",", "\n", " ", "#", "𝄞", "\r", "\x00"]
WORDS = ["turn ", "like ", "on ", "then ", "music 2\n", "import ", "{{ ", "{% if ", "9k", "-", "profile x { ", "when "]


def edited(text: str, dice: random.Random) -> str:
    start = dice.randrange(len(text) + 1)
    end = min(len(text), start + dice.choice((0, 0, 1, 3, 30, 300)))
    other = dice.randrange(len(text) + 1)
    new = dice.choice((*BITS, *WORDS, "", text[other : other + 40]))
    return text[:start] + new + text[end:]


def ask_everything(text: str, folder: Path, dice: random.Random) -> None:
    desk = Desk()
    path = folder / "x.music"
    document = desk.put(path.as_uri(), path, text, 1)
    view = desk.view(document)
    found = desk.check(document).diagnostics
    sent = published(desk, document, found)
    actions(desk, document, found, sent, 0, len(text), None)
    symbols(document), folds(document), formatted(document), colours(view)
    for offset in (dice.randrange(len(text) + 1) for _ in range(6)):
        for item in completions(view, offset, snippets=True):
            assert item.label
        hover(desk, view, offset)
        definition(desk, view, offset), highlights(view, offset), references(desk, view, offset, declaration=True)
        try:
            rename(desk, view, offset, "another")
        except Refusal as refusal:
            assert str(refusal)


@pytest.mark.slow
@pytest.mark.parametrize("start", [SPEC, PAPER.read_text(), (STD / "personas.music").read_text()])
@pytest.mark.parametrize("seed", range(4))
def test_no_edit_breaks_anything(start: str, seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    for _ in range(3):
        text = start
        for _ in range(6):
            text = edited(text, dice)
            ask_everything(text, tmp_path, dice)


@pytest.mark.slow
def test_a_server_outlives_a_wild_typist(tmp_path: Path) -> None:
    dice = random.Random(5)

    async def whole() -> None:
        async with editing(tmp_path) as editor:
            text = SPEC
            uri = editor.open(tmp_path / "x.music", text)
            for _ in range(60):
                text = edited(text, dice) if len(text) < 4 * len(SPEC) else SPEC
                editor.type(uri, text)
                at = lsp.CompletionParams(
                    lsp.TextDocumentIdentifier(uri), position(text, dice.randrange(len(text) + 1))
                )
                await editor.text_document_completion_async(at)
                await editor.text_document_hover_async(lsp.HoverParams(at.text_document, at.position))
            await editor.diagnostics(uri)
            editor.type(uri, SPEC)
            assert await editor.diagnostics(uri) == ()

    asyncio.run(whole())
