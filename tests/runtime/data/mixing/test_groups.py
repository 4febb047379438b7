"""What belongs together, against a search through a graph; and how sides are drawn."""

from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.data.mixing.groups import Groups, kept_out

met = st.lists(st.tuples(st.integers(0, 12), st.integers(100, 112)), max_size=40)


def connected(pairs: list[tuple[int, int]], prompt: int) -> set[int]:
    """The prompts that hang together with one, by what they were met with."""
    reached = {prompt}
    while True:
        seeds = {seed for seed, other in pairs if other in reached}
        grown = reached | {other for seed, other in pairs if seed in seeds}
        if grown == reached:
            return reached
        reached = grown


@given(met, st.randoms())
def test_prompts_of_a_seed_are_one_group_in_whatever_order_they_are_met(pairs: list[tuple[int, int]], random) -> None:  # type: ignore[no-untyped-def]
    groups, turned = Groups(), Groups()
    for pair in pairs:
        groups.enter(*pair)
    for pair in random.sample(pairs, len(pairs)):
        turned.enter(*pair)
    for _, prompt in pairs:
        assert groups.of(prompt) == turned.of(prompt) == min(connected(pairs, prompt))


@given(st.sets(st.integers(0, 2**64 - 1), max_size=50), st.floats(0, 0.9), st.integers(0, 9))
def test_both_sides_have_something_where_there_are_two_and_a_share(groups: set[int], share: float, seed: int) -> None:
    out = kept_out(groups, share, seed)
    assert out <= groups
    if share == 0:
        assert not out
    elif len(groups) > 1:
        assert 0 < len(out) < len(groups)


def test_the_share_is_about_that_of_the_groups_and_each_is_drawn_for_itself() -> None:
    many = kept_out(range(20_000), 0.1, 7)
    assert 1_800 < len(many) < 2_200
    assert kept_out(range(10_000), 0.1, 7) == {group for group in many if group < 10_000}
    assert kept_out(range(20_000), 0.1, 8) != many
    assert many < kept_out(range(20_000), 0.2, 7)
