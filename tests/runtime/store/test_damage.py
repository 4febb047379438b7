"""Torn tails, flipped bits, stale snapshots: never a wrong value, and everything that is whole is found."""

import shutil
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.runtime.store import Store
from tests.runtime.store.common import FRAME, HEADER, key, memory_folder

VALUES = [b"", b"short", b"\xff\xf5\xfe\xfa" * 3, b"a longer value" * 5, b"last"]


def fill(folder: Path, values: list[bytes] = VALUES) -> bytes:
    with Store.open(folder) as store:
        for number, value in enumerate(values):
            store.put(key(number), value)
    (folder / "index.bin").unlink()
    return (folder / "journal.log").read_bytes()


def spans(values: list[bytes] = VALUES) -> list[tuple[int, int]]:
    """Where each value's record begins and ends."""
    ends = [HEADER]
    for value in values:
        ends.append(ends[-1] + FRAME + len(value))
    return list(pairwise(ends))


def test_a_journal_cut_at_any_byte_keeps_every_record_before_it(tmp_path):
    good = fill(tmp_path)
    for length in range(HEADER, len(good)):
        (tmp_path / "journal.log").write_bytes(good[:length])
        with Store.open(tmp_path, readonly=True) as store:
            expected = [v if end <= length else None for v, (_, end) in zip(VALUES, spans(), strict=True)]
            assert [store.get(key(number)) for number in range(len(VALUES))] == expected
            assert not store.damaged  # a torn tail is what a kill leaves, and no news


def test_a_flipped_byte_anywhere_costs_one_record_and_is_reported(tmp_path):
    good = fill(tmp_path)
    for at in range(HEADER, len(good)):
        (tmp_path / "journal.log").write_bytes(good[:at] + bytes([good[at] ^ 0x5A]) + good[at + 1 :])
        with Store.open(tmp_path, readonly=True) as store:
            expected = [None if a <= at < b else v for v, (a, b) in zip(VALUES, spans(), strict=True)]
            assert [store.get(key(number)) for number in range(len(VALUES))] == expected
            assert len(store) == len(VALUES) - 1
            if at < spans()[-1][0]:  # a damaged length of the last record looks like a torn one
                (damage,) = store.damaged
                assert damage.code.id == "M545"
                assert not damage.is_error


PLACES = st.integers(HEADER, spans()[-1][1])


@settings(max_examples=60, deadline=None)
@given(st.tuples(PLACES, PLACES).map(sorted), st.binary(max_size=200))
def test_after_a_hole_records_are_found_again(hole, noise):
    start, end = hole
    good = fill(folder := memory_folder())
    (folder / "journal.log").write_bytes(good[:start] + noise + good[end:])
    moved = len(noise) != end - start  # what has moved is not where it was written, and is not believed
    with Store.open(folder) as store:
        for number, (a, b) in enumerate(spans()):
            found = store.get(key(number))
            assert found in (VALUES[number], None)
            if b <= start or (a >= end and not moved):
                assert found == VALUES[number]
        store.put(key(99), b"goes on")
    with Store.open(folder) as store:
        assert store.get(key(99)) == b"goes on"
    shutil.rmtree(folder)


@pytest.mark.parametrize("across", [1, 2, 3, 4, 2_000_000])
def test_a_mark_across_two_search_windows(tmp_path, across):
    """The damaged record is as long as the window that is searched at a time, about."""
    values = [b"first", bytes((1 << 20) + 1 - FRAME - 4 + across), b"last"]
    good = bytearray(fill(tmp_path, values))
    good[spans(values)[1][0]] ^= 1
    (tmp_path / "journal.log").write_bytes(good)
    with Store.open(tmp_path) as store:
        assert [store.get(key(number)) for number in range(3)] == [b"first", None, b"last"]


def test_a_record_that_was_given_up_does_not_come_back(tmp_path):
    good = fill(tmp_path)
    with Store.open(tmp_path) as store:
        (tmp_path / "journal.log").write_bytes(good[:HEADER] + bytes(len(good) - HEADER))
        assert store.get(key(1)) is None
        (tmp_path / "journal.log").write_bytes(good)
        store.put(key(1), b"made again")
        store.flush()
        assert store.get(key(1)) == b"made again"


def test_a_snapshot_without_its_journal_is_an_empty_store(tmp_path):
    fill(tmp_path)
    Store.open(tmp_path).close()
    (tmp_path / "journal.log").unlink()
    with Store.open(tmp_path) as store:
        assert len(store) == 0
        assert store.get(key(1)) is None


def test_records_inside_values_are_not_records(tmp_path):
    inner = fill(tmp_path / "inner", [b"the inner value"])[HEADER:]
    values = [b"outer " + inner, inner * 20]
    outer = bytearray(fill(tmp_path / "outer", values))
    for start, _ in spans(values):
        outer[start + 4] ^= 1  # the lengths: what follows is searched for records
    (tmp_path / "outer/journal.log").write_bytes(outer)
    with Store.open(tmp_path / "outer") as store:
        assert len(store) == 0
        assert [store.get(key(0)), store.get(key(1))] == [None, None]


def test_damage_that_a_snapshot_covers_is_found_when_it_is_read_and_can_be_mended(tmp_path):
    fill(tmp_path, [b"first", b"second", bytes(10_000)])  # the snapshot knows its journal by the last bytes
    Store.open(tmp_path).close()
    journal = bytearray((tmp_path / "journal.log").read_bytes())
    journal[HEADER + FRAME] ^= 1
    (tmp_path / "journal.log").write_bytes(journal)
    with Store.open(tmp_path) as store:
        assert not store.damaged
        assert store.get(key(0)) is None
        assert key(0) not in store
        assert [damage.code.id for damage in store.damaged] == ["M545"]
        assert len(store) == 2
        store.put(key(0), b"made again")
        assert store.get(key(0)) == b"made again"
    with Store.open(tmp_path) as store:
        assert [store.get(key(0)), store.get(key(1))] == [b"made again", b"second"]
        assert len(store) == 3
        assert not store.damaged


def test_a_snapshot_is_not_used_with_another_journal(tmp_path):
    fill(tmp_path / "a")
    fill(tmp_path / "b", [b"other", *VALUES])
    for name in "ab":
        Store.open(tmp_path / name).close()
    shutil.copy(tmp_path / "a/index.bin", tmp_path / "b/index.bin")
    with Store.open(tmp_path / "b") as store:
        assert [store.get(key(number)) for number in range(6)] == [b"other", *VALUES]


def test_the_journal_beyond_the_snapshot_is_read(tmp_path):
    fill(tmp_path)
    Store.open(tmp_path).close()
    snapshot = (tmp_path / "index.bin").read_bytes()
    with Store.open(tmp_path) as store:
        store.put(key(50), b"beyond")
    (tmp_path / "index.bin").write_bytes(snapshot)
    with Store.open(tmp_path) as store:
        assert store.get(key(50)) == b"beyond"
        assert len(store) == len(VALUES) + 1


@pytest.mark.parametrize("writes_again", [True, False])
def test_a_torn_tail_is_cut_off_by_the_next_writer_only(tmp_path, writes_again):
    good = fill(tmp_path)
    torn = good + struct.pack("<4sII", b"\xff\xf5\xfe\xfa", 500, 0) + b"k" * 40
    (tmp_path / "journal.log").write_bytes(torn)
    Store.open(tmp_path, readonly=not writes_again).close()
    assert (tmp_path / "journal.log").read_bytes() == (good if writes_again else torn)
