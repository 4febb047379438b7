from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.engine.draws import Draws

texts = st.text(max_size=20)


@given(st.integers(), texts, texts)
def test_a_site_always_gives_the_same(seed: int, row: str, site: str) -> None:
    assert Draws(seed, row).point(site) == Draws(seed, row).point(site)


def test_seed_row_and_site_all_matter() -> None:
    points = {Draws(seed, row).point(site) for seed in range(5) for row in "abcde" for site in "vwxyz"}
    assert len(points) == 125


@given(texts, st.integers(-5, 5), st.integers(0, 9))
def test_integers_stay_in_their_range(row: str, low: int, width: int) -> None:
    assert low <= Draws(0, row).integer("turns", low, low + width) <= low + width


def test_integers_are_uniform() -> None:
    counts = Counter(Draws(7, f"row{i}").integer("turns", 3, 7) for i in range(10_000))
    assert set(counts) == {3, 4, 5, 6, 7}
    assert all(abs(count - 2000) < 5 * (2000 * 0.8) ** 0.5 for count in counts.values())


def test_weights_are_kept() -> None:
    counts = Counter(Draws(7, f"row{i}").weighted("rejected.1", [0.6, 0.3, 0.1]) for i in range(10_000))
    for index, weight in enumerate([0.6, 0.3, 0.1]):
        assert abs(counts[index] - 10_000 * weight) < 5 * (10_000 * weight * (1 - weight)) ** 0.5


def test_an_option_of_weight_zero_is_never_drawn() -> None:
    assert {Draws(7, f"row{i}").weighted("x", [0.0, 1.0, 0.0]) for i in range(500)} == {1}


@given(texts, st.sets(st.integers(1, 20), max_size=10), st.integers(0, 12))
def test_subsets_have_their_size_and_grow_without_forgetting(row: str, items: set[int], count: int) -> None:
    draws = Draws(0, row)
    drawn = draws.subset("any", sorted(items), count)
    assert len(drawn) == min(count, len(items))
    assert drawn <= draws.subset("any", sorted(items), count + 1)


def test_every_subset_is_equally_likely() -> None:
    counts = Counter(Draws(1, f"row{i}").subset("any", [1, 2, 3, 4], 2) for i in range(6_000))
    assert len(counts) == 6
    assert all(abs(count - 1000) < 5 * (1000 * 5 / 6) ** 0.5 for count in counts.values())
