"""Margins and weights: what is a number, and what is none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.data.pairs import to_line
from musicc.runtime.reward.columns import Columns, NumberError, Origin
from tests.runtime.data.mixing.common import built

BY_COLUMN = Columns(margin="of.it", weight="of.it")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_taken_as_they_are_also_from_text(number: float) -> None:
    for written in (number, repr(number)):
        assert BY_COLUMN.margin_of({"of": {"it": written}}, 3) == number
        if number > 0:
            assert BY_COLUMN.weight_of({"of": {"it": written}}) == number


@pytest.mark.parametrize("value", [None, True, [1], {"it": 1}, "", "one", float("nan"), float("inf"), 10**400])
def test_what_is_no_finite_number(value: Any) -> None:
    for read in (lambda record: BY_COLUMN.margin_of(record, 3), BY_COLUMN.weight_of):
        with pytest.raises(NumberError, match="missing" if value is None else "no finite number"):
            read({"of": {"it": value}})


@pytest.mark.parametrize("record", [{}, {"of": None}, {"of": 1}, {"of": {"other": 1}}, {"of.it": 1}])
def test_what_is_not_there(record: dict[str, Any]) -> None:
    with pytest.raises(NumberError, match=r"the margin in `of\.it` is missing"):
        BY_COLUMN.margin_of(record, 3)


def test_a_long_value_is_told_by_its_beginning() -> None:
    with pytest.raises(NumberError, match=r"`x{32}…`"):
        BY_COLUMN.weight_of({"of": {"it": "x" * 99}})


def test_without_columns() -> None:
    assert (Columns().margin_of({}, 3), Columns(turns=True).margin_of({}, 3), Columns().weight_of({})) == (0, 3, 1)


@pytest.mark.parametrize("music", [None, "jazz", {}, {"turns": "many"}, {"turns": [5], "seed": "1", "dialogue": "x"}])
def test_records_that_no_build_made(music: Any) -> None:
    assert Origin.of({"id": "1", "music": music}) is None


def test_a_record_of_a_build() -> None:
    import orjson

    assert Origin.of(orjson.loads(to_line(built(7)))) == Origin(built(7).id, built(7).seed, "talk", ("sidestep",))
