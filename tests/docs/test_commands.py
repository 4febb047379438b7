"""The commands of the docs are run, page by page, and print what the page shows."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, blocks
from tests.docs.player import Player, matches

PLAYED = [page for page in PAGES if any(block.language == "console" for block in blocks(page))]
SLOW = [page for page in PLAYED if any("slow" in block.said for block in blocks(page))]


@pytest.mark.parametrize("page", PLAYED, ids=lambda page: page.stem)
def test_commands(page: Path, tmp_path: Path) -> None:
    assert Player(tmp_path, slow=False).play(blocks(page)) > 0


@pytest.mark.slow
@pytest.mark.timeout(900)  # a page's builds one after the other
@pytest.mark.parametrize("page", SLOW, ids=lambda page: page.stem)
def test_commands_that_need_the_model(page: Path, tmp_path: Path) -> None:
    assert Player(tmp_path, slow=True).play(blocks(page)) > 0


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a: ok\n", "a: ok\n", True),
        ("a: ok\n", "b: ok\n", False),
        ("a: ok\n", "a: ok\nmore\n", False),
        ("", "", True),
        ("", "something\n", False),
        ("… calls made, 3 reused\n", "12 calls made, 3 reused\n", True),
        ("… calls made, 3 reused\n", "12 calls made, 4 reused\n", False),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\nd\n", "a\nd\n", True),
        ("a\n…\nd\n", "a\nb\nc\n", False),
        ("…\nd\n", "a\nd\n", True),
        ("a\n…\n", "a\nb\nc\n", True),
        ("a\n…\n", "a\n", True),
        ("a\n…\n", "b\n", False),
        ("(a*)\n", "(a*)\n", True),
    ],
)
def test_matching(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same
