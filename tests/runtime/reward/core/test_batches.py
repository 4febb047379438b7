"""Steps follow from the data and the seed alone; what devices read of them adds up to them and keeps to the budget."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.runtime.reward.batches import Batches, cost, read_together
from musicc.runtime.reward.tokens import length
from musicc.runtime.reward.types import TokenPair
from tests.runtime.reward.core import tiny

BUDGETS, DEVICES = st.integers(1, 400), st.integers(1, 5)


@st.composite
def made(draw: st.DrawFn) -> Batches:
    pairs = tiny.pairs(draw(st.integers(1, 40)), start=draw(st.integers(0, 1000)))
    pairs += pairs[: draw(st.integers(0, 3))]  # a mix may repeat pairs
    return Batches(
        pairs, draw(st.integers(1, 12)), draw(BUDGETS), draw(st.integers(0, 3)), draw(DEVICES), draw(st.booleans())
    )


def usual(devices: int = 1) -> Batches:
    return Batches(tiny.TRAINED, tiny.BATCH, tiny.BUDGET, tiny.SEED, devices)


def ids(batches: Batches, number: int) -> list[str]:
    return [batches.pairs[pair].example.id for pair in batches.step(number)]


def size(batches: Batches, part: Iterable[int]) -> int:
    """The tokens that a part reads."""
    pairs = [batches.pairs[number] for number in part]
    return sum(map(cost, pairs)) if batches.rows else 2 * len(pairs) * max(map(length, pairs))


def epoch(batches: Batches, number: int) -> list[int]:
    steps = range(number * batches.steps_per_epoch, (number + 1) * batches.steps_per_epoch)
    return list(chain.from_iterable(map(batches.step, steps)))


def alike(count: int, in_group: int) -> list[TokenPair]:
    """Pairs of which so many start with the same long history, that of their seed."""
    draw = Random(0)
    histories = [tiny.said(draw, 60) for _ in range(count)]
    sides = ((number // in_group, [tiny.said(draw, 5) for _ in range(2)]) for number in range(count))
    return [
        tiny.pair(*(histories[group] + end for end in ends), number, seed=f"seed {group}")
        for number, (group, ends) in enumerate(sides)
    ]


# Steps


@given(made(), st.integers(0, 5))
def test_every_epoch_reads_each_pair_once(batches: Batches, number: int) -> None:
    assert sorted(epoch(batches, number)) == list(range(len(batches.pairs)))


@given(made())
def test_only_the_last_step_of_an_epoch_is_smaller(batches: Batches) -> None:
    sizes = [len(batches.step(number)) for number in range(batches.steps_per_epoch)]
    assert all(size == batches.batch for size in sizes[:-1])
    assert 1 <= sizes[-1] <= batches.batch


@given(made(), BUDGETS, DEVICES)
def test_steps_depend_neither_on_the_budget_nor_on_the_devices(batches: Batches, budget: int, devices: int) -> None:
    other = replace(batches, budget=budget, devices=devices)
    assert [other.step(number) for number in range(7)] == [batches.step(number) for number in range(7)]


@given(made(), st.randoms(use_true_random=False))
def test_steps_do_not_depend_on_the_order_of_the_file(batches: Batches, order: Random) -> None:
    mixed = replace(batches, pairs=order.sample(batches.pairs, len(batches.pairs)))
    assert [ids(mixed, number) for number in range(7)] == [ids(batches, number) for number in range(7)]


def test_steps_can_be_asked_for_in_any_order() -> None:
    batches = usual()
    forwards = [batches.step(number) for number in range(20)]
    assert [batches.step(number) for number in reversed(range(20))] == forwards[::-1]


def test_the_order_changes_with_the_epoch_and_the_seed() -> None:
    batches = usual()
    orders = [epoch(batches, 0), epoch(batches, 1), epoch(replace(batches, seed=4), 0)]
    assert len(set(map(tuple, orders))) == 3


def test_a_pair_that_is_left_out_changes_no_order_of_the_others() -> None:
    batches = usual()
    fewer = replace(batches, pairs=tiny.TRAINED[1:])
    gone = tiny.TRAINED[0].example.id
    assert [
        batches.pairs[number].example.id for number in epoch(batches, 0) if batches.pairs[number].example.id != gone
    ] == [fewer.pairs[number].example.id for number in epoch(fewer, 0)]


def test_copies_of_a_pair_are_spread() -> None:
    """Else a step of copies would learn one pair by heart; the first copies stand as if there were no others."""
    once = usual()
    twice = replace(once, pairs=[*once.pairs, *once.pairs])
    order = epoch(twice, 0)
    assert [number for number in order if number < len(once.pairs)] == epoch(once, 0)
    alone = sum(
        len({twice.pairs[pair].example.id for pair in twice.step(number)}) for number in range(twice.steps_per_epoch)
    )
    assert alone > 0.9 * len(order)


# Groups


def test_pairs_of_one_seed_stand_together_where_that_saves_tokens() -> None:
    batches = Batches(alike(24, in_group=4), 8, 1000, 3)
    assert batches.grouped
    for number in range(9):
        seeds = [batches.pairs[pair].example.seed for pair in batches.step(number)]
        assert [seeds[0]] * 4 + [seeds[4]] * 4 == seeds


def test_pairs_of_one_seed_are_spread_where_that_saves_nothing() -> None:
    assert not usual().grouped  # two of a seed, whose conversations have nothing in common
    assert not Batches(alike(24, in_group=1), 8, 1000, 3).grouped
    padded = Batches(alike(24, in_group=4), 8, 1000, 3, rows=False)
    assert not padded.grouped
    seeds = [padded.pairs[number].example.seed for number in epoch(padded, 0)]
    assert sum(one == other for one, other in pairwise(seeds)) < 9  # of the 18 of groups that stand together


def test_groups_are_formed_from_a_share_of_a_twentieth_on() -> None:
    pairs = alike(4, in_group=2)
    for others, grouped in ((5, True), (60, False)):
        batches = Batches([*pairs, *tiny.pairs(others, start=100, source="other")], 7, 150, 3)
        apart = sum(map(cost, batches.pairs))
        saved = sum(cost(one) + cost(two) - read_together([one, two]) for one, two in (pairs[:2], pairs[2:]))
        assert (saved >= 0.05 * apart) == grouped
        assert batches.grouped == grouped


# Parts


@given(made(), st.integers(0, 20))
def test_all_devices_together_read_the_step(batches: Batches, number: int) -> None:
    step = batches.step(number)
    parts = list(chain.from_iterable(batches.parts(step)))
    assert sorted(pair for part in parts if not part.filler for pair in part.pairs) == sorted(step)
    assert all(part.pairs for part in parts)


@given(made(), st.integers(0, 20))
def test_every_device_reads_as_many_parts_and_fillers_only_for_that(batches: Batches, number: int) -> None:
    shares = batches.parts(batches.step(number))
    assert len(shares) == batches.devices
    assert len({len(parts) for parts in shares}) == 1
    assert any(not part.filler for parts in shares for part in parts[-1:])
    for parts in shares:
        real = [part for part in parts if not part.filler]
        assert parts[: len(real)] == real


@given(made(), st.integers(0, 20))
def test_parts_keep_to_the_budget_but_for_single_pairs(batches: Batches, number: int) -> None:
    for part in chain.from_iterable(batches.parts(batches.step(number))):
        assert len(part.pairs) == 1 or size(batches, part.pairs) <= batches.budget


@given(made())
def test_what_is_read_together_is_never_more_than_was_reckoned(batches: Batches) -> None:
    assert read_together(batches.pairs) <= sum(map(cost, batches.pairs))


@given(made(), st.integers(0, 20))
def test_no_part_could_take_the_first_pair_of_the_next(batches: Batches, number: int) -> None:
    for parts in batches.parts(batches.step(number)):
        real = [part for part in parts if not part.filler]
        for part, after in pairwise(real):
            assert size(batches, (*part.pairs, after.pairs[0])) > batches.budget


@given(made(), st.integers(0, 20))
def test_padded_conversations_stand_with_others_of_their_length(batches: Batches, number: int) -> None:
    for parts in batches.parts(batches.step(number)):
        read = [length(batches.pairs[pair]) for part in parts if not part.filler for pair in part.pairs]
        assert batches.rows or read == sorted(read)


@settings(max_examples=30)
@given(made())
def test_devices_have_about_as_much_to_read(batches: Batches) -> None:
    """Longest first (Graham 1969): no two loads differ by more than the longest pair."""
    for number in range(batches.steps_per_epoch):
        shares = batches.parts(batches.step(number))
        loads = [
            sum(cost(batches.pairs[pair]) for part in parts if not part.filler for pair in part.pairs)
            for parts in shares
        ]
        assert max(loads) - min(loads) <= max(cost(batches.pairs[pair]) for pair in batches.step(number))


def test_a_device_without_a_pair_reads_the_shortest_one_for_nothing() -> None:
    batches = Batches(tiny.TRAINED, 1, 150, 3, devices=2)
    (own,), (other,) = batches.parts(batches.step(0))
    assert (own.filler, other.filler) == (False, True)
    assert cost(batches.pairs[other.pairs[0]]) == min(map(cost, batches.pairs))
