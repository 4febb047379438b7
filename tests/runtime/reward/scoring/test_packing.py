"""Which conversations are read at once."""

from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.reward.packing import Packing
from musicc.runtime.reward.trees import lay_out
from musicc.runtime.reward.types import Tokens

conversations = st.lists(
    st.tuples(
        st.sampled_from([[], [1] * 20, [1] * 17 + [2] * 9]), st.lists(st.integers(0, 9), min_size=1, max_size=30)
    ).map(lambda both: both[0] + both[1]),
    max_size=20,
)
packings = st.builds(Packing, st.integers(1, 120), rows=st.booleans(), apart=st.none() | st.integers(1, 40))


def _cost(packing: Packing, read: list[Tokens]) -> int:
    return len(lay_out(read).tokens) if packing.rows else len(read) * max(map(len, read))


@given(conversations, packings)
def test_each_is_read_once_and_no_pass_is_too_large(talks: list[Tokens], packing: Packing) -> None:
    passes = list(packing.passes(talks))
    assert sorted(number for part in passes for number in part) == list(range(len(talks)))
    for part in passes:
        read = [talks[number] for number in part]
        assert len(read) == 1 or _cost(packing, read) <= packing.budget
        assert packing.apart is None or len({len(tokens) > packing.apart for tokens in read}) == 1


@given(conversations, packings, st.permutations(range(20)))
def test_what_is_read_does_not_depend_on_the_order(talks: list[Tokens], packing: Packing, order: list[int]) -> None:
    shuffled = [talks[number] for number in order if number < len(talks)]
    sizes, again = ([sorted(len(of[n]) for n in part) for part in packing.passes(of)] for of in (talks, shuffled))
    assert sizes == again


def test_conversations_that_start_alike_meet() -> None:
    history = list(range(100))
    talks = [[*history, 1], [7] * 50, [*history, 2], [8] * 50, [*history, 3]]
    assert list(Packing(110).passes(talks)) == [[0, 2, 4], [1, 3]]


def test_padded_conversations_meet_those_that_are_as_long() -> None:
    talks = [[1] * 10, [1] * 50, [2] * 10, [2] * 50]
    assert list(Packing(100, rows=False).passes(talks)) == [[0, 2], [1, 3]]
