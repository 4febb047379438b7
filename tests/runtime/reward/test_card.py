"""The card of a reward model: the golden files are what people read, the front matter is what hubs read."""

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.report.facts import FileFacts, RewardFacts
from musicc.runtime.report.reward import reward_card
from musicc.runtime.reward.metrics import measured
from musicc.runtime.reward.types import Example, Outcome

HERE = Path(__file__).parent


def outcome(number: int) -> Outcome:
    """A model that is right in two of three, more often where there are fewer turns; seeds of two pairs each."""
    turns = 1 + number % 4
    words = [
        ({"role": "user", "content": "Go on"}, {"role": "assistant", "content": "so " * long})
        for long in (3, 2 + number % 3)
    ]
    rules = (("forget_history",), ("sidestep", "forget_history"), ("side|step",), ())[number % 4]
    example = Example(
        "x:1", str(number), *words, str(number // 2), ("contrastive", "skywork.pairs")[number % 2], rules, 1, turns
    )
    reward = 0.25 * (number % 7) - 0.1 * turns
    return Outcome(example, reward, 0.0 if number % 40 else reward)


FACTS = RewardFacts(
    name="rm",
    spec="specs/skywork.music",
    profile="embedded",
    plan="66ad45d40b5d58452fe94f3483bde80d27565057886b8d70dc0145a34d851f57",
    seed=7,
    musicc="0.1.0",
    base="smollm2_135m",
    method="lora",
    train="skywork_music",
    files=(
        FileFacts("build/skywork/embedded/datasets/skywork_music/train.jsonl", "train", 1_274, "ab" * 32),
        FileFacts("build/skywork/embedded/datasets/skywork_music/valid|ation.jsonl", "validation", 98, "cd" * 32),
    ),
    max_length=512,
    arithmetic=("pairs:  1,274 to train on", "memory: about 1.4 GiB"),
    setting={"lr": "0.0001", "batch": "64", "precision": "bf16"},
    metrics=measured([outcome(number) for number in range(200)]),
    dropped={"too long": 20, "identical": 8, "empty": 0},
    hub="HuggingFaceTB/SmolLM2-135M-Instruct",
    revision="12fd25f",
    datasets=("Skywork/Skywork-Reward-Preference-80K-v0.2",),
    adapter="adapter",
    folds_system=True,
    curves=True,
    versions={"torch": "2.13.0", "transformers": "5.23.0"},
)
BARE = RewardFacts(
    name="tiny_rm",
    spec="tiny.music",
    profile=None,
    plan="0" * 64,
    seed=0,
    musicc="0.1.0",
    base="models/own",
    method="frozen",
    train="own.pairs",
    files=(FileFacts("own.jsonl", "train", 3, "0" * 64),),
    max_length=2_048,
    arithmetic=("pairs: 3",),
    setting={"penalty": "1"},
    metrics=None,
)


@pytest.mark.parametrize("facts", [FACTS, BARE], ids=lambda facts: facts.name)
def test_the_card(facts: RewardFacts, golden: Callable[[Path, str], None]) -> None:
    golden(HERE / f"{facts.name}.md", reward_card(facts))


def head(facts: RewardFacts) -> dict[str, Any]:
    card = pytest.importorskip("huggingface_hub").ModelCard(reward_card(facts))
    found: dict[str, Any] = card.data.to_dict()
    return found


def test_hubs_read_its_head() -> None:
    found = head(FACTS)
    assert found["base_model"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert (found["pipeline_tag"], found["library_name"]) == ("text-classification", "transformers")
    assert found["datasets"] == ["Skywork/Skywork-Reward-Preference-80K-v0.2"]
    assert "reward-model" in found["tags"]
    assert "base_model" not in head(BARE)


def test_its_python_is_python() -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", reward_card(FACTS), re.DOTALL)
    ast.parse(snippet)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1))
def test_no_name_breaks_the_tables(name: str) -> None:
    card = reward_card(replace(BARE, files=(FileFacts(name, "train", 3, "0" * 64),), setting={name: name}))
    rows = [line for line in card.split("\n") if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [5, 5, 5, 3, 3, 3]


def scored(*, right: int, of: int, longer: bool) -> str:
    """The card of a model that is right in so many pairs, where chosen is always longer or always shorter."""
    long, short = (
        ({"role": "user", "content": "Go"}, {"role": "assistant", "content": "on " * words}) for words in (5, 2)
    )
    sides = (long, short) if longer else (short, long)
    pairs = [
        Outcome(Example("x:1", str(number), *sides, str(number), "hh"), float(number < right), 0.5)
        for number in range(of)
    ]
    return reward_card(replace(FACTS, metrics=measured(pairs)))


@pytest.mark.parametrize("longer", [True, False])
def test_a_model_that_does_no_better_than_length_is_not_praised(longer: bool) -> None:
    assert "better than looking at length alone" in scored(right=95, of=100, longer=longer)


def test_a_model_that_guesses_is_not_praised() -> None:
    assert "better than guessing" in scored(right=55, of=100, longer=True)


def test_a_model_that_is_worth_something_gets_no_doubt() -> None:
    long, short = (
        ({"role": "user", "content": "Go"}, {"role": "assistant", "content": "on " * words}) for words in (5, 2)
    )
    sides = [(long, short), (short, long)]
    pairs = [Outcome(Example("x:1", str(n), *sides[n % 2], str(n), "hh"), float(n < 80), 0.5) for n in range(100)]
    assert "does not show" not in reward_card(replace(FACTS, metrics=measured(pairs)))
