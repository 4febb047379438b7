"""Rows in any order, out in theirs."""

import random
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import DiagnosticError
from musicc.runtime.store import OrderedSpool
from tests.runtime.store.common import file_limit, files, memory_folder

SIZES = st.integers(0, 50) | st.integers(16_370, 16_390)  # about where one read is not enough


@given(st.dictionaries(st.integers(0, 300), SIZES))  # in any order
def test_rows_come_out_in_index_order(sizes):
    rows = {index: bytes([index % 251]) * size for index, size in sizes.items()}
    folder = memory_folder()
    with OrderedSpool(folder / "spool") as spool:
        for index, row in rows.items():
            spool.add(index, row)
        assert list(spool.drain()) == [rows[index] for index in sorted(rows)]
        assert list(spool.drain()) == [rows[index] for index in sorted(rows)]
        assert len(spool) == len(rows)
        assert [index for index in range(-1, 310) if index in spool] == sorted(rows)
    shutil.rmtree(folder)


def test_a_row_is_added_once(tmp_path):
    with OrderedSpool(tmp_path / "spool") as spool:
        spool.add(3, b"")
        with pytest.raises(ValueError, match="row 3"):
            spool.add(3, b"again")
        assert list(spool.drain()) == [b""]


def test_nothing_is_left_of_the_file_not_even_by_a_kill(tmp_path):
    with OrderedSpool(tmp_path / "new" / "spool") as spool:
        spool.add(0, b"row")
        assert files(tmp_path / "new") == set()
        assert list(spool.drain()) == [b"row"]
    spool.close()


def test_memory_is_8_bytes_a_row(tmp_path):
    order = random.Random(1).sample(range(50_000), 50_000)
    with OrderedSpool(tmp_path / "spool") as spool:
        for index in order:
            spool.add(index, b"%d" % index)
        assert spool._starts.itemsize * len(spool._starts) == 8 * 50_000
        assert list(spool.drain()) == [b"%d" % index for index in range(50_000)]


def test_a_full_disk(tmp_path):
    with OrderedSpool(tmp_path / "spool") as spool:
        spool.add(0, b"kept")
        with file_limit(1_000), pytest.raises(DiagnosticError, match="M543"):
            spool.add(1, b"x" * 2_000)
        spool.add(2, b"goes on")
        assert list(spool.drain()) == [b"kept", b"goes on"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DiagnosticError, match="M544"):
        OrderedSpool(tmp_path / "file" / "spool")
