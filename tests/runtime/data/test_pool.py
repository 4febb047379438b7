"""The pool: what is in it, in which order, which other seed is drawn, and what it costs."""

import random
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.runtime.data.pool import Counts, SeedPool
from tests.runtime.data.common import assistant, jsonl, load, only, seeds, skywork, user


def write(base: Path, questions: Iterable[str]) -> None:
    jsonl(base / "seeds.jsonl", [{"prompt": question} for question in questions])


def questions(pool: SeedPool) -> list[str]:
    return [pool[row].user_turns[0] for row in range(len(pool))]


def test_rows_are_the_seeds_in_their_order(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [skywork("é\n", turns=2), {"prompt": "two"}])
    pool, told = load(tmp_path, seeds())
    assert questions(pool) == ["é\n 1", "two"]
    assert pool[0].chosen[-1] == assistant("good")
    assert isinstance(pool[0].messages, tuple)
    assert (told, pool.counts) == ([], Counts(read=2))
    with pytest.raises(IndexError):
        pool[2]


def test_equal_conversations_are_one_seed(tmp_path: Path) -> None:
    other = {**skywork("one"), "rejected": [user("one 1"), assistant("worse")]}
    jsonl(tmp_path / "seeds.jsonl", [skywork("one"), other, {"prompt": "one 1"}, {"text": "?"}, {"prompt": "two"}])
    pool, _ = load(tmp_path, seeds())
    assert questions(pool) == ["one 1", "two"]
    assert pool.counts == Counts(read=5, malformed=1, duplicates=2)


def test_filters(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [skywork("one", turns=3), skywork("two", turns=2), skywork("x" * 50, turns=3)])
    pool, _ = load(tmp_path, seeds(min_turns=3, max_chars=60))
    assert questions(pool) == ["one 1"]
    assert pool.counts == Counts(read=3, filtered=2)


def test_nothing_passes_the_filters(tmp_path: Path) -> None:
    write(tmp_path, ["one", "two"])
    with pytest.raises(DiagnosticError, match="none of its 2 seeds passes") as raised:
        load(tmp_path, seeds(min_turns=2))
    assert only(raised.value) == ("M453", "seeds.jsonl")


def test_take_reads_no_more_than_it_needs(tmp_path: Path) -> None:
    write(tmp_path, [f"q{n}" for n in range(5)])
    with (tmp_path / "seeds.jsonl").open("ab") as lines:
        lines.write(b"broken\n" * 3)
    pool, told = load(tmp_path, seeds(take=5))
    assert (questions(pool), told) == ([f"q{n}" for n in range(5)], [])
    assert pool.counts == Counts(read=5)


def test_take_counts_what_is_left_after_filters_and_duplicates(tmp_path: Path) -> None:
    write(tmp_path, ["a", "a", "too long", "b", "c"])
    pool, told = load(tmp_path, seeds(take=2, max_chars=1))
    assert (questions(pool), told) == (["a", "b"], [])
    assert pool.counts == Counts(read=4, duplicates=1, filtered=1)


def test_fewer_seeds_than_are_taken_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, ["a", "b"])
    pool, told = load(tmp_path, seeds(take=31_000))
    assert len(pool) == 2
    assert [(fault.code.id, fault.at, fault.is_error) for fault in told] == [("M461", "seeds.jsonl", False)]
    assert told[0].message == "`take` asks for 31,000 seeds, there are 2"


def test_shuffle_depends_on_the_spec_seed_and_on_nothing_else(tmp_path: Path) -> None:
    names = [f"q{n}" for n in range(40)]
    write(tmp_path, names)
    first = questions(load(tmp_path, seeds(shuffle=True))[0])
    other_seed = questions(load(tmp_path, seeds(shuffle=True), spec_seed=8)[0])
    write(tmp_path, reversed(names))
    assert questions(load(tmp_path, seeds(shuffle=True))[0]) == first
    assert sorted(first) == sorted(other_seed) == sorted(names)
    assert first not in (names, other_seed)
    assert questions(load(tmp_path, seeds(shuffle=True, take=7))[0]) == first[:7]


def test_a_shuffled_pool_answers_by_row_and_by_ring(tmp_path: Path) -> None:
    write(tmp_path, [f"q{n}" for n in range(40)])
    pool, _ = load(tmp_path, seeds(shuffle=True, take=10))
    inside = {pool[row].id for row in range(10)}
    assert {pool.other(pool[0].id, random.Random(n).getrandbits(64)).id for n in range(300)} == inside - {pool[0].id}


def test_the_other_seed_is_the_next_in_the_ring(tmp_path: Path) -> None:
    write(tmp_path, [f"q{n}" for n in range(6)])
    pool, _ = load(tmp_path, seeds())
    ids = sorted(pool[row].id for row in range(6))
    for place, one in enumerate(ids):
        after, before = ids[(place + 1) % 6], ids[place - 1]
        assert pool.other(after, int(one, 16)).id == one
        assert pool.other(before, int(one, 16) + 1).id == (after if after != before else one)
        assert pool.other(one, int(one, 16)).id == after
    assert pool.other(ids[3], 2**64 - 1).id == ids[0]
    assert pool.other(ids[0], 2**64 - 1).id == ids[1]


def test_the_other_seed_opens_with_another_message(tmp_path: Path) -> None:
    alike = [{"messages": [user("same"), assistant(f"a{n}"), user("more")]} for n in range(20)]
    jsonl(tmp_path / "seeds.jsonl", [*alike, {"prompt": "different"}])
    pool, _ = load(tmp_path, seeds())
    drawn = {pool.other(pool[0].id, random.Random(n).getrandbits(64)).user_turns[0] for n in range(100)}
    assert drawn == {"different"}
    assert pool.other(pool[20].id, 0).user_turns[0] == "same"


def test_the_other_seed_where_all_open_alike(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [{"messages": [user("same"), assistant(f"a{n}"), user("more")]} for n in range(3)])
    pool, _ = load(tmp_path, seeds())
    drawn = {pool.other(pool[0].id, random.Random(n).getrandbits(64)).id for n in range(100)}
    assert drawn == {pool[1].id, pool[2].id}


def test_the_other_seed_of_a_single_one(tmp_path: Path) -> None:
    write(tmp_path, ["alone"])
    pool, _ = load(tmp_path, seeds())
    with pytest.raises(DiagnosticError) as raised:
        pool.other(pool[0].id, 12)
    assert only(raised.value) == ("M462", "seeds.jsonl")


@settings(max_examples=25, deadline=None)
@given(st.sets(st.text("abcdef", min_size=1, max_size=3), min_size=3, max_size=12), st.randoms())
def test_one_seed_more_changes_only_the_draws_that_fall_to_it(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], rng: Any
) -> None:
    base = tmp_path_factory.mktemp("ring")
    added, *rest = sorted(names)
    write(base, rest)
    before, _ = load(base, seeds())
    write(base, [*rest, added])
    after, _ = load(base, seeds())
    new = after[len(rest)].id
    for _ in range(50):
        own, point = before[rng.randrange(len(rest))].id, rng.getrandbits(64)
        assert after.other(own, point).id in (before.other(own, point).id, new)


def test_the_scratch_file_leaves_no_trace(tmp_path: Path) -> None:
    write(tmp_path, ["one"])
    pool, _ = load(tmp_path, seeds())
    assert list((tmp_path / "scratch").iterdir()) == []
    pool.close()
    with pytest.raises(ValueError, match="closed"):
        pool[0]


def test_a_scratch_folder_that_is_a_file(tmp_path: Path) -> None:
    write(tmp_path, ["one"])
    (tmp_path / "scratch").write_text("in the way")
    with pytest.raises(OSError, match="File exists"):
        load(tmp_path, seeds())


def test_errors_of_the_source_are_errors_of_the_pool(tmp_path: Path) -> None:
    for path, code in {"nowhere.jsonl": "M454", "a.txt": "M455"}.items():
        (tmp_path / "a.txt").write_text("x")
        with pytest.raises(DiagnosticError) as raised:
            load(tmp_path, seeds(path))
        assert only(raised.value)[0] == code


def test_memory_is_a_few_numbers_a_seed(tmp_path: Path) -> None:
    """20,000 seeds of 2 kB: the texts would be 40 MB, and a text each in memory far more than what is allowed here."""
    count = 20_000
    with (tmp_path / "seeds.jsonl").open("wb") as lines:
        for number in range(count):
            lines.write(orjson.dumps({"prompt": f"{number} " + "x" * 2000}) + b"\n")
    told: list[Diagnostic] = []
    tracemalloc.start()
    try:
        pool = SeedPool.load(seeds(shuffle=True), tmp_path, tmp_path / "scratch", spec_seed=1, report=told.append)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(pool) == count
    assert held < 40 * count + 500_000
    assert peak < 250 * count + 1_000_000


def test_another_process_reads_the_same_pool(tmp_path: Path) -> None:
    """Over the same open file, wherever its position is; seeds of any length."""
    jsonl(tmp_path / "seeds.jsonl", [skywork("é" * 3 ** (at + 1), turns=2) for at in range(10)])
    pool, _ = load(tmp_path, seeds(shuffle=True, take=9))
    copy, again = SeedPool.of(pool.share()), SeedPool.of(pool.share())
    own = [pool[row] for row in range(9)]
    assert [copy[row] for row in range(9)] == [again[row] for row in range(9)] == own
    points = range(0, 1 << 64, 1 << 61)
    assert [copy.other(own[0].id, point) for point in points] == [pool.other(own[0].id, point) for point in points]
    assert copy.name == pool.name
