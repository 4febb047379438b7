"""From one store to another through a file: everything arrives as it was, or nothing is believed."""

import gzip
import hashlib
import shutil
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import DiagnosticError
from musicc.runtime.store import Store
from musicc.runtime.store.export import is_export, read_export, write_export
from musicc.runtime.store.share import TakenIn, take_in
from tests.runtime.store.common import (
    contents,
    exported,
    file_limit,
    files,
    fill,
    key,
    memory_folder,
    quiet,
    small_disk,
    value,
)

SUFFIXES = ("calls", "calls.gz", "calls.zst")
CONTENTS = st.dictionaries(st.binary(min_size=32, max_size=32), st.binary(max_size=60), max_size=12)


def records(path: Path) -> list[tuple[bytes, bytes]]:
    return list(read_export(path, quiet))


def imported(folder: Path, *paths: Path) -> list[TakenIn]:
    with Store.open(folder) as store:
        return [take_in(store, read_export(path, quiet)) for path in paths]


def put(folder: Path, what: dict[bytes, bytes]) -> None:
    with Store.open(folder) as store:
        for one, content in what.items():
            store.put(one, content)


@pytest.mark.parametrize("name", SUFFIXES)
def test_what_is_exported_arrives(tmp_path, name):
    fill(tmp_path / "from", range(400))
    exported(tmp_path / "from", tmp_path / name)
    assert imported(tmp_path / "to", tmp_path / name) == [TakenIn(added=400)]
    assert contents(tmp_path / "to") == contents(tmp_path / "from")


def test_its_bytes_are_those_that_are_written_down(tmp_path):
    put(tmp_path / "store", {b"b" * 32: b"second", b"a" * 32: b"first"})
    content = b"musicc calls" + struct.pack("<I", 1)
    for letter, text in (b"a", b"first"), (b"b", b"second"):
        content += struct.pack("<I", len(text)) + letter * 32 + text
    content += struct.pack("<IQ", 0xFFFFFFFF, 2)
    content += hashlib.sha256(content).digest()
    assert exported(tmp_path / "store", tmp_path / "calls") == content
    exported(tmp_path / "store", tmp_path / "calls.gz")
    assert gzip.decompress((tmp_path / "calls.gz").read_bytes()) == content


@pytest.mark.parametrize("name", SUFFIXES)
def test_equal_content_makes_equal_bytes(tmp_path, name):
    fill(tmp_path / "a", range(300))
    fill(tmp_path / "b", reversed(range(300)))
    with Store.open(tmp_path / "b") as store:  # damaged and made again
        data = (tmp_path / "b/journal.log").read_bytes()
        (tmp_path / "b/journal.log").write_bytes(bytes(len(data)))
        assert store.get(key(3)) is None
        (tmp_path / "b/journal.log").write_bytes(data)
        store.put(key(3), value(3))
    assert exported(tmp_path / "a", tmp_path / f"1{name}") == exported(tmp_path / "b", tmp_path / f"2{name}")


def test_of_a_key_with_two_records_the_newer_one_is_exported(tmp_path):
    put(tmp_path / "store", {key(1): b"old"})
    journal = tmp_path / "store/journal.log"
    good = journal.read_bytes()
    with Store.open(tmp_path / "store") as store:
        journal.write_bytes(bytes(len(good)))
        assert store.get(key(1)) is None
        journal.write_bytes(good)
        store.put(key(1), b"made again")
    exported(tmp_path / "store", tmp_path / "calls")
    assert records(tmp_path / "calls") == [(key(1), b"made again")]


@given(CONTENTS, CONTENTS, st.sampled_from(SUFFIXES))
def test_taking_in_is_a_union_in_which_the_own_value_wins(ours, theirs, name):
    folder = memory_folder()
    put(folder / "ours", ours)
    put(folder / "theirs", theirs)
    exported(folder / "theirs", folder / name)
    assert dict(records(folder / name)) == theirs
    (taken,) = imported(folder / "ours", folder / name)
    assert contents(folder / "ours") == theirs | ours
    conflicts = {one for one in ours.keys() & theirs.keys() if ours[one] != theirs[one]}
    assert taken.added == len(theirs.keys() - ours.keys())
    assert taken.differing == len(conflicts)
    assert taken.known == len(ours.keys() & theirs.keys()) - len(conflicts)
    assert set(taken.keys) <= conflicts
    shutil.rmtree(folder)


def test_only_what_is_wanted_is_exported(tmp_path):
    fill(tmp_path / "from", range(100))
    exported(tmp_path / "from", tmp_path / "calls", {key(1), key(7)}.__contains__)
    assert dict(records(tmp_path / "calls")) == {key(1): value(1), key(7): value(7)}


def test_an_export_of_nothing(tmp_path):
    fill(tmp_path / "from", range(0))
    for name in SUFFIXES:
        exported(tmp_path / "from", tmp_path / name)
        assert records(tmp_path / name) == []


def test_of_two_files_the_first_counts(tmp_path):
    for number in (1, 2):
        put(tmp_path / str(number), {key(0): b"%d" % number, key(number): b"own"})
        exported(tmp_path / str(number), tmp_path / f"{number}.calls")
    first, second = imported(tmp_path / "to", tmp_path / "1.calls", tmp_path / "2.calls")
    assert (first, second) == (TakenIn(added=2), TakenIn(added=1, differing=1, keys=[key(0)]))
    assert contents(tmp_path / "to") == {key(0): b"1", key(1): b"own", key(2): b"own"}


def test_a_damaged_record_is_mended_by_an_import(tmp_path):
    fill(tmp_path / "store", range(20))
    exported(tmp_path / "store", tmp_path / "calls")
    journal = tmp_path / "store/journal.log"
    data = bytearray(journal.read_bytes())
    data[len(data) // 2] ^= 1
    journal.write_bytes(data)
    assert imported(tmp_path / "store", tmp_path / "calls") == [TakenIn(added=1, known=19)]
    with Store.open(tmp_path / "store") as store:
        assert all(store.get(key(number)) == value(number) for number in range(20))


# Files that are not whole


def refused(path: Path) -> str:
    with pytest.raises(DiagnosticError) as error:
        records(path)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.help
    assert diagnostic.at == str(path)
    return diagnostic.code.id


@pytest.mark.parametrize("name", SUFFIXES)
def test_an_export_that_is_cut_off_is_refused(tmp_path, name):
    fill(tmp_path / "store", range(1, 6))
    good = exported(tmp_path / "store", tmp_path / name)
    for length in range(len(good)):
        (tmp_path / name).write_bytes(good[:length])
        assert refused(tmp_path / name) == "M547"


@pytest.mark.parametrize("name", SUFFIXES)
def test_a_flipped_byte_anywhere_is_refused_or_changes_nothing(tmp_path, name):
    fill(tmp_path / "store", range(1, 6))
    good, expected = exported(tmp_path / "store", tmp_path / name), contents(tmp_path / "store")
    for at in range(len(good)):
        (tmp_path / name).write_bytes(good[:at] + bytes([good[at] ^ 0x5A]) + good[at + 1 :])
        try:
            assert dict(records(tmp_path / name)) == expected
            assert name == "calls.gz"  # whose header has bytes that nobody reads
        except DiagnosticError as error:
            assert error.diagnostics[0].code.id in {"M547", "M548"}


@pytest.mark.parametrize(
    "content", [b"", b"x", b"musicc", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"a text about calls\n" * 9]
)
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert refused(tmp_path / "file") == "M547"
    assert not is_export(tmp_path / "file")


def test_more_after_the_end_is_refused(tmp_path):
    write_export(tmp_path / "calls", [])
    (tmp_path / "calls").write_bytes((tmp_path / "calls").read_bytes() * 2)
    assert refused(tmp_path / "calls") == "M547"
    assert is_export(tmp_path / "calls")


def test_another_version_is_refused(tmp_path):
    write_export(tmp_path / "calls", [])
    data = bytearray((tmp_path / "calls").read_bytes())
    data[len(b"musicc calls")] = 2
    (tmp_path / "calls").write_bytes(data)
    assert refused(tmp_path / "calls") == "M548"
    assert is_export(tmp_path / "calls")


@pytest.mark.parametrize("name", ["none", "folder"])
def test_a_file_that_cannot_be_opened(tmp_path, name):
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / name) == "M544"


# A full disk


def check_after_full(folder: Path, export: Path, count: int) -> None:
    found = contents(folder)
    assert 0 < len(found) < count
    assert all(found[key(number)] == value(number) for number in range(count) if key(number) in found)
    assert not any(name.endswith(".partial") for name in files(folder.parent))
    with Store.open(folder, readonly=True) as store:
        assert not store.damaged
    assert refused_by_full(folder.parent / "again", export) == "M543"


def refused_by_full(folder: Path, path: Path) -> str:
    with pytest.raises(DiagnosticError) as error:
        imported(folder, path)
    assert error.value.exit_code == 2
    return error.value.diagnostics[0].code.id


def test_an_import_that_does_not_fit_goes_on_when_there_is_room(tmp_path):
    fill(tmp_path / "from", range(400))
    exported(tmp_path / "from", tmp_path / "calls.zst")
    with file_limit(100_000):
        assert refused_by_full(tmp_path / "to", tmp_path / "calls.zst") == "M543"
        check_after_full(tmp_path / "to", tmp_path / "calls.zst", 400)
    (taken,) = imported(tmp_path / "to", tmp_path / "calls.zst")
    assert taken.added + taken.known == 400
    assert contents(tmp_path / "to") == contents(tmp_path / "from")


def test_an_import_onto_a_full_disk(tmp_path):
    with small_disk(tmp_path) as disk:
        fill(tmp_path / "from", range(1000))
        exported(tmp_path / "from", tmp_path / "calls.zst")
        assert refused_by_full(disk / "to", tmp_path / "calls.zst") == "M543"
        check_after_full(disk / "to", tmp_path / "calls.zst", 1000)


def test_an_export_that_does_not_fit_leaves_the_old_one(tmp_path):
    fill(tmp_path / "from", range(400))
    write_export(tmp_path / "calls", [(key(1), b"old")])
    with file_limit(100_000), pytest.raises(DiagnosticError, match="M543"):
        exported(tmp_path / "from", tmp_path / "calls")
    assert records(tmp_path / "calls") == [(key(1), b"old")]
    assert files(tmp_path) == {"from", "calls"}
