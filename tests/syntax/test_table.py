"""The cache of the parse table: an aid that may be missing, damaged or out of reach."""

import os
import stat
from zlib import crc32

import pytest

from musicc.diagnostics import Source
from musicc.syntax import parse, table

TEXT = "music 1\nparams { a = 1 }"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache folder of the test's own, and a table that is read anew."""
    monkeypatch.setattr(table.platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "musicc"))
    table.load.cache_clear()
    yield tmp_path / "musicc"
    table.load.cache_clear()


def computes(monkeypatch):
    """Counts how often Lark is asked."""
    calls = []
    compute = table._compute
    monkeypatch.setattr(table, "_compute", lambda text: calls.append(text) or compute(text))
    return calls


def test_the_second_start_reads_the_cache(folder, monkeypatch):
    calls = computes(monkeypatch)
    first = table.load()
    table.load.cache_clear()
    second = table.load()
    assert len(calls) == 1
    assert (first.states, first.rules, first.starts) == (second.states, second.rules, second.starts)
    assert list(first.terminals) == list(second.terminals)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["grammar.json"]


def checksummed(body):
    return b"%d\n%b" % (crc32(body), body)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"NAME", b"MANE"),
        lambda data: b"\xff" + data,
        lambda data: checksummed(b"[]"),
        lambda data: checksummed(b"{}"),
        lambda data: checksummed(b"\xff"),
    ],
)
def test_a_damaged_cache_is_written_anew(folder, monkeypatch, damage):
    table.load()
    file = folder / "grammar.json"
    file.write_bytes(damage(file.read_bytes()))
    calls = computes(monkeypatch)
    for _ in range(2):
        table.load.cache_clear()
        assert parse(Source("test", TEXT)).diagnostics == ()
    assert len(calls) == 1


def test_a_cache_of_another_grammar_is_not_used(folder, monkeypatch):
    table._write(folder / "grammar.json", "file: other", {"states": []})
    assert parse(Source("test", TEXT)).diagnostics == ()


def test_a_folder_that_cannot_be_written(folder, monkeypatch):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")
    assert parse(Source("test", TEXT)).diagnostics == ()
    assert folder.read_text().startswith("a file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(folder):
    folder.mkdir(mode=0o500)
    assert parse(Source("test", TEXT)).diagnostics == ()
    assert list(folder.iterdir()) == []
