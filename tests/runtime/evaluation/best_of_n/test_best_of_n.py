"""Who wins, what is asked for it, and on what that depends."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.render import render_text
from musicc.plan.checks import PairJudge
from musicc.plan.evals import Prompts
from musicc.runtime.report.evaluations import Comparison
from tests.runtime.evaluation.best_of_n.arena import JUDGE, declared, endpoint, number, play, write_prompts
from tests.servers.openai import reply_text


def mirrored(one: Comparison) -> Comparison:
    def turned(share: object) -> object:
        if not isinstance(share, dict):
            return share
        low, high = share["interval"] or (None, None)
        interval = None if low is None else [1 - high, 1 - low]
        return {**share, "share": 1 - share["share"], "interval": interval}

    return {
        **one,
        "first": one["second"],
        "second": one["first"],
        "wins": one["losses"],
        "losses": one["wins"],
        "words": one["words"][::-1],
        "rate": turned(one["rate"]),
        "controlled": turned(one["controlled"]),
    }  # type: ignore[typeddict-item]


def near(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(near(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(near, one, other))
    return one == pytest.approx(other, abs=1e-9) if isinstance(one, float) else one == other


def test_a_perfect_one_wins_and_an_inverted_one_loses(tmp_path: Path) -> None:
    write_prompts(tmp_path, range(8))
    with endpoint() as server:
        found = play(tmp_path, server.url, declared("perfect", "inverted", "first")).found
        worst = play(tmp_path, server.url, declared("inverted", "perfect")).found
    shares = {(one["second"], one["n"]): one["rate"]["share"] for one in found["comparisons"]}
    assert (shares["inverted", 2], shares["inverted", 4]) == (1.0, 1.0)
    assert shares["first", 4] > 0.5
    assert [one["rate"]["share"] for one in worst["comparisons"]] == [0.0, 0.0]
    assert (found["prompts"], found["failed"]) == (8, {})


@settings(max_examples=4)
@given(seed=st.integers(0, 2**32))
def test_swapping_two_reward_models_mirrors_every_figure_and_asks_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("mirrored")
    write_prompts(tmp_path, range(8))
    judge = lambda asked: random.Random(f"{seed} {asked}").choice(["A", "B", "tie", "hm"])  # noqa: E731
    with endpoint(judge) as server:
        one = play(tmp_path, server.url, declared("perfect", "inverted")).found
        asked = server.counts.total()
        other = play(tmp_path, server.url, declared("inverted", "perfect")).found
        assert server.counts.total() == asked
    assert near([mirrored(game) for game in one["comparisons"]], other["comparisons"])
    assert sorted(map(str, one["played"])) == sorted(map(str, other["played"]))
    assert one["usage"] == other["usage"]


def test_one_that_tells_nothing_apart_takes_the_first(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint() as server:
        played = play(tmp_path, server.url, declared("constant", "other", "first"))
    for one in played.found["comparisons"]:
        assert (one["equal"], one["ties"], one["rate"]["share"]) == (4, 4, 0.5)
    assert all(one["picked"][0] == sum(one["picked"]) for one in played.found["played"])
    assert {line["verdict"] for line in played.lines("verdicts")} == {"equal"}


def test_candidates_of_a_smaller_n_are_those_of_a_larger_one(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint() as server:
        play(tmp_path, server.url, declared("constant", "first", n=(8,), turns=3))
        assert server.counts.total() == 4 * (3 * 8 + 2)
        assert server.repeats == 0
        play(tmp_path, server.url, declared("constant", "first", n=(2, 4, 8), turns=3))
        assert server.counts.total() == 4 * (3 * 8 + 2)


def test_a_larger_n_finds_a_better_first_reply(tmp_path: Path) -> None:
    write_prompts(tmp_path, range(6))
    with endpoint() as server:
        lines = play(tmp_path, server.url, declared("perfect", "random", n=(1, 2, 8), turns=1)).lines("conversations")
    best = {
        (line["prompt"], line["n"]): number(line["messages"][-1]["content"])
        for line in lines[:]
        if line["contestant"] == "perfect"
    }
    assert all(best[prompt, 1] <= best[prompt, 2] <= best[prompt, 8] for prompt, _ in best)
    assert any(best[prompt, 1] < best[prompt, 8] for prompt, _ in best)


def test_a_rule_that_reads_no_reply_asks_for_one(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint() as server:
        found = play(tmp_path, server.url, declared("first", "random", n=(8,), turns=1)).found
        asked = sum(not body["messages"][-1]["content"].startswith("JUDGE") for body in server.requests)
    assert asked <= 2 * 4
    assert [sum(one["picked"]) for one in found["played"]] == [4, 4]
    assert [one["reward"] for one in found["played"]] == [None, None]


def test_the_longest_has_most_words(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint() as server:
        played = play(tmp_path, server.url, declared("longest", "first"))
    for line in played.lines("conversations"):
        for turn in line["turns"] if line["contestant"] == "longest" else []:
            most = max(one["words"] for one in turn["candidates"])
            assert turn["picked"] == next(one["number"] for one in turn["candidates"] if one["words"] == most)


@pytest.mark.parametrize("concurrency", [1, 40])
def test_equal_runs_are_equal_however_much_is_done_at_once(tmp_path: Path, concurrency: int) -> None:
    one, files = declared("perfect", "inverted", "random"), []
    for folder, at_once in ((tmp_path / "one", 4), (tmp_path / "other", concurrency)):
        write_prompts(folder, range(6))
        with endpoint(median=0.003, sigma=1.0) as server:
            played = play(folder, server.url, one, at_once)
            files.append((played.files, {key: value for key, value in played.found.items() if key != "eval"}))
    assert files[0] == files[1]


def test_a_second_run_computes_and_asks_nothing(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    one = declared("perfect", "inverted", "longest")
    with endpoint() as server:
        first = play(tmp_path, server.url, one)
        asked = server.counts.total()
        again = play(tmp_path, server.url, one)
        assert server.counts.total() == asked
    assert first.found == again.found
    assert first.files == again.files
    assert not any(model.read for model in again.models)


def test_what_is_used_is_counted_once_whoever_paid_for_it(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint() as server:
        used = play(tmp_path, server.url, declared("perfect", "inverted")).found["usage"]["m"]
        assert used["calls"] == server.counts.total()
    assert used["prompt_tokens"] > used["completion_tokens"] > 0


def test_nobody_is_asked_about_equal_conversations_and_others_in_both_orders(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint() as server:
        verdicts = play(tmp_path, server.url, declared("perfect", "first", n=(1, 4), turns=1)).lines("verdicts")
        asked = sum(body["messages"][-1]["content"].startswith("JUDGE") for body in server.requests)
    assert all(line["verdict"] == "equal" and line["said"] == [] for line in verdicts if line["n"] == 1)
    assert asked == 2 * sum(line["verdict"] != "equal" for line in verdicts)


def test_one_order_is_asked_where_one_is_meant(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    judge = PairJudge(call=JUDGE, verdicts=("A", "B"), both_orders=False)
    with endpoint() as server:
        verdicts = play(tmp_path, server.url, declared("perfect", "inverted", judge=judge)).lines("verdicts")
    assert {(line["verdict"], *line["said"]) for line in verdicts} == {("first", "A")}


def test_a_judge_who_cannot_be_read_makes_ties_that_are_counted_and_told(
    tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    write_prompts(tmp_path)
    told: list[Diagnostic] = []
    with endpoint(lambda _: "who knows") as server:
        one = declared("perfect", "inverted", n=(4,), turns=1, count=4)
        found = play(tmp_path, server.url, one, report=told.append).found
    assert [(one["unread"], one["wins"], one["rate"]["share"]) for one in found["comparisons"]] == [(4, 0, 0.5)]
    golden(Path(__file__).parent / "M681.txt", render_text(told, colour=False))


def test_a_judge_who_is_read_is_not_complained_of(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    told: list[Diagnostic] = []
    with endpoint() as server:
        one = declared("perfect", "inverted", n=(4,), turns=1, count=4)
        play(tmp_path, server.url, one, report=told.append)
    assert not told


def test_a_prompt_without_a_reply_is_left_out_for_all(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint(marks={"Question 2": "empty"}) as server:
        played = play(tmp_path, server.url, declared("perfect", "inverted"))
        tries = [body for body in server.requests if body["messages"][-1]["content"].startswith("Question 2")]
    assert (played.found["prompts"], played.found["failed"]) == (4, {"empty": 1})
    assert {one["prompts"] for one in played.found["comparisons"]} == {3}
    assert {one["conversations"] for one in played.found["played"]} == {3}
    assert len(tries) == 3 * 4  # three draws of four candidates
    assert {(line["turn"], line["reason"]) for line in played.lines("quarantine")} == {(1, "empty")}


def test_a_truncated_candidate_is_one(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with endpoint(marks={"Question 2": "length"}) as server:
        assert play(tmp_path, server.url, declared("perfect", "inverted", turns=1)).found["failed"] == {}


def test_a_refused_call_and_a_reward_that_is_no_number_fail_a_prompt(
    tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    write_prompts(tmp_path)
    with endpoint(marks={"Question 2": "400"}) as server:
        assert play(tmp_path, server.url, declared("perfect", "first")).found["failed"] == {"call": 1}
        with pytest.raises(DiagnosticError) as refused:
            play(tmp_path, server.url, declared("first", "broken"))
    golden(Path(__file__).parent / "M680.txt", render_text(refused.value.diagnostics, colour=False))
    lines = (tmp_path / "build/eval/b/quarantine.jsonl").read_bytes().splitlines()
    assert [b'"not_a_number"' in line for line in lines].count(True) >= 3


def test_figures_of_each_source_stand_apart(tmp_path: Path) -> None:
    write_prompts(tmp_path, range(4))
    write_prompts(tmp_path, range(4), "t")
    wanted = (Prompts(seeds="s", count=3), Prompts(seeds="t", count=2))
    with endpoint() as server:
        found = play(tmp_path, server.url, declared("perfect", "inverted", n=(2,), prompts=wanted)).found
    assert {source: one["prompts"] for source, (one,) in found["by_source"].items()} == {"s": 3, "t": 2}
    assert found["comparisons"][0]["prompts"] == 5
    assert sorted(found["digests"]) == ["s.jsonl", "t.jsonl"]


@settings(max_examples=4)
@given(order=st.permutations(range(5)))
def test_the_order_of_prompts_changes_nothing(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    folder, one = tmp_path_factory.mktemp("shuffled"), declared("perfect", "random", n=(2,), turns=2)
    judge = lambda asked: random.Random(asked).choice(["A", "B", "tie"])  # noqa: E731
    with endpoint(judge) as server:
        for at, some in ((folder / "usual", range(5)), (folder / "other", order)):
            write_prompts(at, some)
        usual, other = play(folder / "usual", server.url, one), play(folder / "other", server.url, one)
    assert usual.files == other.files
    assert {**usual.found, "digests": {}, "eval": {}} == {**other.found, "digests": {}, "eval": {}}


def test_the_user_voice_speaks_from_the_second_turn_on_with_the_roles_exchanged(tmp_path: Path) -> None:
    write_prompts(tmp_path, range(1))
    with endpoint() as server:
        (line,) = play(tmp_path, server.url, declared("first", "longest", n=(1,), turns=2)).lines("conversations")[:1]
        (asked,) = (body for body in server.requests if body["messages"][-1]["content"].startswith("Go on"))
    opening, reply, said, _ = (message["content"] for message in line["messages"])
    assert opening.startswith("Question 0")
    assert asked["messages"] == [
        {"role": "assistant", "content": opening},
        {"role": "user", "content": reply},
        {"role": "user", "content": f"Go on after {reply}."},
    ]
    assert said == reply_text(asked)


def test_all_contestants_speak_with_the_same_variant_of_the_assistant(tmp_path: Path) -> None:
    write_prompts(tmp_path, range(8))
    with endpoint() as server:
        play(tmp_path, server.url, declared("perfect", "inverted", turns=1))
        spoken = {
            (body["messages"][1]["content"], body["messages"][0]["content"])
            for body in server.requests
            if body["messages"][0]["role"] == "system"
        }
    assert len(spoken) == 8
    assert {system for _, system in spoken} == {"Be kind.", "Be brief."}


@pytest.mark.parametrize("voiced", [True, False])
def test_a_prompt_that_ends_with_a_reply_needs_a_user_voice(tmp_path: Path, voiced: bool) -> None:
    write_prompts(tmp_path, range(2))
    with (tmp_path / "s.jsonl").open("a") as file:
        file.write('{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n')
    one = declared("first", "longest", turns=1, **({} if voiced else {"user": ()}))
    with endpoint() as server:
        found = play(tmp_path, server.url, one, context="whole_prompt").found
    assert found["failed"] == ({} if voiced else {"no_turn": 1})


def test_only_so_many_prompts_are_played_as_are_asked_for(tmp_path: Path) -> None:
    write_prompts(tmp_path, range(9))
    with endpoint() as server:
        lines = play(tmp_path, server.url, declared("first", "longest", count=3, turns=1)).lines("conversations")
    assert {line["messages"][0]["content"][:10] for line in lines} == {"Question 0", "Question 1", "Question 2"}
