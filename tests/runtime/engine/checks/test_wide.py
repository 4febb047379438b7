"""Gates over all pairs of a dialogue, once they are there."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from musicc.plan.checks import Duplicates, Gate, Longer
from musicc.plan.document import Check, Plan
from musicc.runtime.data.pairs import UNMADE, Pair, from_line, to_line
from musicc.runtime.engine.checks.wide import Lengths, settle, surplus
from musicc.runtime.store.spool import OrderedSpool
from tests.runtime.engine.checks.common import pair
from tests.runtime.engine.theatre import make_plan, on

SENTENCE = "It was built in {} by the people of the town beside the river, and it still stands there."


def settled(
    tmp_path: Path, pairs: Sequence[Pair], *gates: Gate, then: str = "drop"
) -> tuple[list[Pair], list[Pair], list[bool]]:
    """The pairs that stay, those that go, and whether each finding was that it passed."""
    checks = tuple(Check(name=f"c{at}", gate=gate, then=then) for at, gate in enumerate(gates))  # type: ignore[arg-type]
    spec: Plan = make_plan(on((1, "last"), "other"), checks=checks)
    gone: list[Pair] = []
    told: list[bool] = []
    with ExitStack() as held:
        spool = held.enter_context(OrderedSpool(tmp_path / ".spool"))
        for at, one in reversed(list(enumerate(pairs))):
            spool.add(2 * at, to_line(one))
        left = settle(
            spec, spool, tmp_path, held, lambda _, passed: told.append(passed), lambda _c, _i, one: gone.append(one)
        )
        return [from_line(line) for line in left.drain()], gone, told


def about(name: str, number: int, **fields: object) -> Pair:
    return pair((SENTENCE.format(number), "No idea."), id=name, checks={"c0": UNMADE}, **fields)


def test_a_duplicate_goes_and_the_first_one_stays(tmp_path: Path) -> None:
    pairs = [
        about("a", 1800),
        about("b", 1800),
        pair(("Something else entirely is said here.", "No.")),
        about("d", 1800),
    ]
    kept, gone, told = settled(tmp_path, pairs, Duplicates(least=0.8))
    assert [one.id for one in kept] == ["a", "d-1"]
    assert [one.id for one in gone] == ["b", "d"]
    assert told == [True, False, True, False]
    assert (kept[0].checks["c0"].verdict, gone[0].checks["c0"].verdict) == ("new", "duplicate")


def test_the_edge_of_a_duplicate(tmp_path: Path) -> None:
    alike = [about("a", 1800), about("b", 1900)]
    for least, count in ((0.99, 2), (0.5, 1)):
        assert len(settled(tmp_path, alike, Duplicates(least=least))[0]) == count


def test_marked_pairs_stay(tmp_path: Path) -> None:
    kept, gone, _ = settled(tmp_path, [about("a", 1), about("b", 1)], Duplicates(least=0.8), then="mark")
    assert [(one.id, one.checks["c0"].passed) for one in kept] == [("a", True), ("b", False)]
    assert not gone


def test_other_dialogues_are_left_alone(tmp_path: Path) -> None:
    pairs = [about("a", 1), about("b", 1, dialogue="other"), about("c", 1)]
    kept, gone, _ = settled(tmp_path, pairs, Duplicates(least=0.8))
    assert ([one.id for one in kept], [one.id for one in gone]) == (["a", "b"], ["c"])
    assert kept[1] == pairs[1]


def test_without_such_checks_the_file_stays_as_it_is(tmp_path: Path) -> None:
    pairs = [about("a", 1), about("b", 1)]
    assert settled(tmp_path, pairs) == (pairs, [], [])


def test_one_check_reads_what_the_one_before_left(tmp_path: Path) -> None:
    long, short = ("word " * 9, "word"), ("a", "b c")
    pairs = [pair(long, id="a"), pair(long, id="b"), pair(short, id="c")]
    kept, gone, told = settled(tmp_path, pairs, Duplicates(least=0.9), Longer(low=0.5, high=0.5))
    assert ([one.id for one in kept], [one.id for one in gone]) == (["a", "c"], ["b"])
    assert told == [True, False, True, True, True]


def lengths(rows: Sequence[tuple[int, int]]) -> Lengths:
    found = Lengths()
    for at, (chosen, rejected) in enumerate(rows):
        found.add(at, chosen, rejected)
    return found


def test_the_most_lopsided_go_first(tmp_path: Path) -> None:
    rows = [(10, 9), (50, 5), (20, 10), (30, 3), (9, 10), (5, 50)]
    assert surplus(Longer(low=0.0, high=0.5), lengths(rows)) == {1, 3}
    assert surplus(Longer(low=0.0, high=0.6), lengths(rows)) == {3}, "of equals the last"
    assert surplus(Longer(low=0.8, high=1.0), lengths(rows)) == {5}
    assert surplus(Longer(low=0.4, high=0.67), lengths(rows)) == set()


rows = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30)
bounds = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)


@given(rows, bounds)
def test_no_more_goes_than_must(found: list[tuple[int, int]], percents: list[int]) -> None:
    low, high = (percent / 100 for percent in percents)
    gone = surplus(Longer(low=low, high=high), lengths(found))
    kinds = {found[at][0] > found[at][1] for at in gone}
    differing = [one > other for at, (one, other) in enumerate(found) if at not in gone and one != other]
    longer, every = sum(differing), len(differing)
    assert all(found[at][0] != found[at][1] for at in gone)
    assert len(kinds) < 2, "either too many are longer, or too few"
    for kind in kinds:
        if every:
            assert not _within(longer + kind, every + 1, low, high), "one less would have done"
    if every and not _within(longer, every, low, high):
        less = longer - 1 if longer / every > high else longer
        assert less / (every - 1) < low or less / (every - 1) > high, "one more would be too much of a step"


def _within(longer: int, every: int, low: float, high: float) -> bool:
    return low - 1e-6 <= longer / every <= high + 1e-6
