"""The hash table and its snapshot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.store.index import Index, load_snapshot
from tests.runtime.store.common import key

# few distinct prefixes and tables, so that keys meet
KEYS = st.builds(
    lambda prefix, rest: bytes([prefix]) * 8 + bytes(23) + bytes([rest]), st.integers(0, 5), st.integers(0, 2)
)


@given(st.lists(KEYS | st.binary(min_size=32, max_size=32), max_size=200))
def test_every_offset_is_among_its_keys_candidates(keys):
    index = Index()
    for offset, one in enumerate(keys, 1):
        index.add(one, offset)
    assert len(index) == len(keys)
    for one in keys:
        alike = [offset for offset, other in enumerate(keys, 1) if other[:8] == one[:8] and other[-1] == one[-1]]
        assert index.candidates(one) == alike[::-1]


@given(st.sets(st.integers(1, 500)))
def test_discarded_offsets_are_gone_and_the_others_stay(gone):
    index = Index()
    for number in range(1, 301):
        index.add(key(number), number)
    index.discard(gone)
    assert len(index) == len(set(range(1, 301)) - gone)
    for number in range(1, 301):
        assert index.candidates(key(number)) == ([] if number in gone else [number])


def test_an_entry_costs_at_most_48_bytes(tmp_path):
    index, numbers = Index(), 30_000
    for number in range(1, numbers + 1):
        index.add(key(number), number)
    index.save(tmp_path / "index.bin", 1, bytes(32))
    assert 24 <= (tmp_path / "index.bin").stat().st_size / numbers <= 48.5
    assert all(index.candidates(key(number)) == [number] for number in range(1, numbers + 1))


def test_a_snapshot_brings_everything_back(tmp_path):
    index = Index()
    for number in range(1, 5000):
        index.add(key(number), number)
    index.save(tmp_path / "index.bin", 12345, b"m" * 32)
    snapshot = load_snapshot(tmp_path / "index.bin")
    assert snapshot is not None
    assert (snapshot.covered, snapshot.mark, len(snapshot.index)) == (12345, b"m" * 32, 4999)
    snapshot.index.add(key(5000), 5000)
    assert all(snapshot.index.candidates(key(number)) == [number] for number in range(1, 5001))


def test_a_missing_snapshot_is_none(tmp_path):
    assert load_snapshot(tmp_path / "index.bin") is None


@pytest.mark.parametrize("at", [0, 8, 16, 30, 60, 2000, 4200, 20_000, -1])
def test_a_damaged_snapshot_is_none(tmp_path, at):
    path = tmp_path / "index.bin"
    index = Index()
    index.add(key(1), 1)
    index.save(path, 1, bytes(32))
    good = path.read_bytes()
    path.write_bytes(good[:at])
    assert load_snapshot(path) is None
    bad = bytearray(good)
    bad[at] ^= 0x10
    path.write_bytes(bad)
    assert load_snapshot(path) is None
