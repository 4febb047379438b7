"""What a report tells of a build: figures as they stand in its files, and a word where something is not there."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from musicc.diagnostics import DiagnosticError
from musicc.runtime.report.content import Words
from musicc.runtime.report.gathered import gather
from musicc.runtime.report.metrics import Spread
from musicc.runtime.report.plain import as_json, markdown
from musicc.runtime.report.report import report_of
from musicc.runtime.report.sections import played as sections
from tests.runtime.report.html.builds import add, full, log, pair, played, scored, trained, write


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full(tmp_path_factory.mktemp("whole"))


def told(folder: Path) -> dict[str, Any]:
    """The JSON of a report, sections by name, those within as well."""
    report = orjson.loads(as_json(report_of(gather(folder, 10))))
    found: dict[str, Any] = {}
    waiting = list(report["sections"])
    while waiting:
        section = waiting.pop()
        found[section["name"]] = section
        waiting += section["sections"]
    return found


def test_a_build_alone_says_what_would_bring_the_rest(tmp_path: Path) -> None:
    found = told(write(tmp_path, [pair(1)]))
    assert found["training"]["text"] == ["The spec declares no reward model."]
    assert found["evals"]["text"] == ["No eval has been run: `musicc eval small.music --profile embedded`."]


def test_rows_and_rules_are_those_of_the_manifest(build: Path) -> None:
    tables = told(build)["built"]["tables"]
    assert tables["rows"] == [
        {"outcome": "pairs", "rows": 45, "share": 0.9},
        {"outcome": "dropped by a check", "rows": 3, "share": 0.06},
        {"outcome": "quarantined: unparsable", "rows": 2, "share": 0.04},
    ]
    assert [row["turns"] for row in tables["rules"]] == [45, 45, 45]
    assert tables["models"][-1]["usd"] == 1.25
    assert tables["models"][-1]["prompt_tokens"] == 2 * 155_400
    assert {row["of"] for row in tables["judged"]} >= {"all", "turn 2", "turn 3", "rule sidestep"}


def test_accuracies_stand_beside_baselines(build: Path) -> None:
    rows = told(build)["eval-held_out"]["tables"]["accuracy"]
    assert [row["name"] for row in rows] == [
        "rm",
        "baseline",
        *(f"{one} (baseline)" for one in ("longer", "shorter", "random")),
    ]
    assert rows[0]["accuracy"] == 0.7
    assert rows[0]["interval"] == pytest.approx([0.64, 0.76])


def test_an_eval_of_pairs_has_all_its_tables(build: Path) -> None:
    tables = told(build)["eval-held_out"]["tables"]
    names = {
        "left-out",
        "accuracy",
        "differences",
        "differences-by-group",
        "by-turns",
        "by-rule",
        "by-diverges",
        "by-source",
        "divergence",
        "begins",
    }
    names |= {
        "rewards-rm",
        "rewards-baseline",
        "benchmark",
        "sections",
        "subsets",
        "lengths",
        "matrix-rm",
        "matrix-baseline",
        "agreement",
        "verdicts",
    }
    assert set(tables) == names
    assert tables["agreement"][1]["kappa"] is None
    assert tables["divergence"][0]["turns"] == "0"


def test_a_benchmark_is_a_row_for_each_scorer_and_says_what_is_missing(build: Path) -> None:
    section = told(build)["eval-held_out"]
    row = section["tables"]["benchmark"][0]
    assert (row["name"], row["total"], row["section_Chat"]) == ("rm", 0.86, 0.95)
    assert [row[style] for style in ("easy", "normal", "hard")] == pytest.approx([2.82 / 3, 2.55 / 3, 1.6 / 3])
    assert (
        "Nothing was there of `math`, `code`: sections and total are of the rest, and not those of papers."
        in (section["text"])
    )


def test_lengths_are_no_rewards(build: Path) -> None:
    rows = {row["name"]: row for row in told(build)["eval-held_out"]["tables"]["accuracy"]}
    assert (rows["rm"]["loss"], rows["longer (baseline)"]["loss"], rows["longer (baseline)"]["margin"]) == (
        *(0.6, None, None),
    )


def test_differences_by_group_are_told_where_there_are_several(build: Path) -> None:
    rows = told(build)["eval-held_out"]["tables"]["differences-by-group"]
    assert [(row["by"], row["group"], row["pairs"]) for row in rows] == [("source", "talk", 180), ("source", "chat", 1)]
    assert (rows[0]["interval"], rows[1]["interval"]) == ([0.02, 0.18], None)


def test_differences_and_their_intervals_are_points(build: Path) -> None:
    assert "| baseline | +10.0 | +2.0 to +18.0 | 30 | 12 |" in markdown(report_of(gather(build, 10)))


def test_win_rates_have_their_intervals_and_what_length_leaves_of_them(build: Path) -> None:
    section = told(build)["eval-best_of_n"]
    assert len(section["tables"]["comparisons"]) == 6
    row = section["tables"]["comparisons"][2]
    assert (row["n"], row["second"], row["rate"], row["controlled"]) == (
        8,
        "baseline",
        0.5 + 8 / 60,
        0.5 + 8 / 60 - 0.03,
    )
    assert set(section["charts"]) == {"win-rate-baseline", "win-rate-random"}
    assert {"source-hh", "source-ultra", "played", "usage", "left-out"} <= set(section["tables"])


def test_verdicts_that_nobody_could_read_are_pointed_at(build: Path) -> None:
    assert "could not be read" not in str(told(build)["eval-best_of_n"]["text"])
    unheard = played()
    for one in unheard["comparisons"]:
        one["unread"] = 19
    text = [one.text for one in sections.played(unheard) if isinstance(one, Words)]
    assert text[1] == "Of 570 verdicts 114 could not be read: these are ties that say nothing."


def test_a_reward_model_that_may_be_lucky_is_said_to_be(build: Path) -> None:
    found = told(build)
    assert "That does not show that it is better than guessing." in found["training-baseline"]["text"]
    assert not any("does not show" in text for text in found["training-rm"]["text"])
    assert len(found["training-rm"]["charts"]["curve-loss"][0]["points"]) == 120


def test_length_that_would_do_as_well_is_said(tmp_path: Path) -> None:
    add(write(tmp_path, [pair(1)]), "reward", trained("rm", 0.66), log())
    told_of_it = told(tmp_path)["training-rm"]["text"]
    assert "That does not show that it is better than looking at length alone." in told_of_it


def test_without_held_out_pairs_nothing_is_claimed(tmp_path: Path) -> None:
    add(write(tmp_path, [pair(1)]), "reward", {**trained("rm", 0.7), "metrics": None}, log())
    assert "No pairs were held out, so nothing is known of what it is worth." in told(tmp_path)["training-rm"]["text"]


def test_long_curves_are_thinned(tmp_path: Path) -> None:
    entries = [{"step": step, "loss": 1 / step, "accuracy": float("nan")} for step in range(1, 10_001)]
    add(write(tmp_path, [pair(1)]), "reward", trained("rm", 0.7), [])
    lines = "".join(f"{json.dumps(entry)}\n" for entry in entries).replace("NaN", "null")
    (tmp_path / "reward/rm/log.jsonl").write_text(lines)
    (curve,) = told(tmp_path)["training-rm"]["charts"]["curve-loss"]
    assert len(curve["points"]) <= 401
    assert curve["points"][-1] == [10_000, 1e-4]


def test_results_of_another_state_of_the_spec_are_marked(tmp_path: Path) -> None:
    add(write(tmp_path, [pair(1)]), "eval", {**scored(), "plan": "cd" * 32})
    assert told(tmp_path)["eval-held_out"]["text"][0] == "It was run before the pairs were built as they are now."


def test_markdown_has_the_same_tables(build: Path) -> None:
    report = report_of(gather(build, 10))
    text = markdown(report)
    captions = sum(len(section["tables"]) for section in told(build).values())
    assert text.count("\n| --- |") == captions
    assert "| rm | 180 | 70.0% | 64.0% to 76.0% | 62.0% to 78.0% |" in text
    assert "Pairs side by side" not in text


@pytest.mark.parametrize(
    "file", ["manifest.json", "pairs.jsonl", "reward/rm/manifest.json", "eval/held_out/results.json"]
)
@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "scored", "name": "x", "plan": "y", "rewards": {}}'])
def test_a_damaged_file_is_named(tmp_path: Path, file: str, text: str) -> None:
    full(tmp_path, [pair(1)])
    (tmp_path / file).write_text(text)
    if file == "pairs.jsonl" and not text:
        assert told(tmp_path)["pairs"]["text"] == [f"The build has no pairs: see `{tmp_path}/quarantine.jsonl`."]
        return
    with pytest.raises(DiagnosticError) as raised:
        report_of(gather(tmp_path, 10))
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code.id, diagnostic.at) == ("M691", str(tmp_path / file))


def test_rewards_that_are_no_numbers_are_left_out_of_charts(tmp_path: Path) -> None:
    found = scored()
    nothing = Spread(mean=None, median=None, std=None, min=None, max=None)
    for turn in found["scorers"]["rm"]["by_turn"]:
        turn["rejected"] = nothing
    add(write(tmp_path, [pair(1)]), "eval", found)
    section = told(tmp_path)["eval-held_out"]
    assert [series["label"] for series in section["charts"]["rewards-rm-chart"]] == ["chosen"]
    assert "rejected_mean" not in section["tables"]["rewards-rm"][0]
