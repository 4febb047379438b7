"""Each contrast has its steps; names, sampling and files are what the spec says, with every default filled in."""

from dataclasses import replace
from pathlib import Path

import pytest

from musicc.plan.contrasts import HIDDEN_ROOM, reply_format
from musicc.plan.document import ASSISTANT, FAITHFUL, Call, FileSource, HubSource, Option, Plan
from musicc.plan.lower import lower
from musicc.runtime.engine.parse import parse_fields
from musicc.runtime.engine.prompts import environment
from musicc.semantics.module import Contrast, File, Hub, Limit, Price, Replay, Sampling, Variant
from tests.plan import golden
from tests.plan.modules import (
    BIG,
    CURIOUS,
    CUT,
    EITHER,
    FOLDER,
    FORGET,
    HELPFUL,
    OTHER,
    REWRITE,
    SIDESTEP,
    SMALL,
    STALE,
    contrast,
    dialogue,
    model,
    module,
    persona,
    rule,
    seeds,
    text,
    turn,
    voice,
)
from tests.plan.outline import outline

WEAK = contrast("weak", model=SMALL, sampling=Sampling(temperature=1.8), system=text("You hardly try."))


def lowered(contrast: Contrast | None, **place: object) -> Option:
    plan = lower(module(dialogue(rule(turn(1, "last"), contrast, **place))))  # type: ignore[arg-type]
    return plan.dialogues[0].rejected[0].options[0]


def only_call(option: Option) -> Call:
    (call,) = (step for step in option.steps if isinstance(step, Call))
    return call


@pytest.mark.parametrize("contrast", [SIDESTEP, REWRITE, EITHER, OTHER, STALE, FORGET, CUT, WEAK], ids=lambda c: c.name)
def test_each_contrast_has_its_steps(contrast: Contrast) -> None:
    plan = lower(module(dialogue(rule(turn(1, "last"), contrast))))
    golden.check(f"lower/{contrast.name}.txt", outline(plan))


def test_faithful_is_the_assistant_as_it_is() -> None:
    option = lowered(None)
    assert option.rule == FAITHFUL
    assert only_call(option) == Call(
        out="reply", model="big", sampling=only_call(option).sampling, system=ASSISTANT, say="instruction"
    )


class TestModels:
    def test_a_rule_moves_the_call_that_makes_the_contrast(self) -> None:
        two_calls = lowered(EITHER, on=SMALL)
        assert [step.model for step in two_calls.steps if isinstance(step, Call)] == ["small", "big"]
        assert only_call(lowered(SIDESTEP, on=SMALL)).model == "small"
        assert only_call(lowered(FORGET, on=SMALL)).model == "small"

    def test_a_rule_s_model_goes_before_the_contrast_s(self) -> None:
        assert only_call(lowered(WEAK)).model == "small"
        assert only_call(lowered(WEAK, on=BIG)).model == "big"

    def test_access_has_limits_and_prices(self) -> None:
        gemini = replace(model("gemini", price=Price(1.25, 5.0)), limit=Limit(64, 1000, 4_000_000), key="KEY")
        plan = lower(module(dialogue(rule(turn(1), OTHER), assistant=voice(HELPFUL, gemini))))
        access = plan.models["gemini"].access
        assert (access.input_price, access.output_price) == (1.25, 5.0)
        assert (access.concurrency, access.requests_per_minute, access.tokens_per_minute) == (64, 1000, 4_000_000)
        assert access.key == "KEY"
        assert plan.models["big"].access.input_price is None


class TestSampling:
    def test_the_nearest_place_that_says_a_field_wins(self) -> None:
        hot = contrast("hot", sampling=Sampling(temperature=1.5))
        sampling = only_call(lowered(hot)).sampling
        assert (sampling.temperature, sampling.max_tokens, sampling.top_p) == (1.5, 512, 1.0)

    def test_another_model_s_defaults_go_before_the_assistant_s(self) -> None:
        cool = model("cool", temperature=0.1)
        assert only_call(lowered(FORGET, on=cool)).sampling.temperature == 0.1
        assert only_call(lowered(WEAK, on=cool)).sampling.temperature == 1.8

    def test_a_draft_has_room_for_the_hidden_instruction(self) -> None:
        assert only_call(lowered(SIDESTEP)).sampling.max_tokens == 512 + HIDDEN_ROOM

    def test_a_draft_s_own_limit_stands(self) -> None:
        short = replace(SIDESTEP, sampling=Sampling(max_tokens=100))
        assert only_call(lowered(short)).sampling.max_tokens == 100


class TestTemplates:
    def prompt(self, written: str, reply: tuple[str, ...] = ("instruction", "answer")) -> tuple[Plan, Call]:
        made = contrast("made", prompt=text(written), reply=reply)
        plan = lower(module(dialogue(rule(turn(1), made))))
        return plan, only_call(plan.dialogues[0].rejected[0].options[0])

    def render(self, written: str, reply: tuple[str, ...] = ("instruction", "answer")) -> str:
        plan, _ = self.prompt(written, reply)
        return environment().from_string(plan.templates["made.prompt"].text).render(instruction="Sing!")

    def test_the_form_is_put_at_the_end(self) -> None:
        assert self.render("Avoid {{ instruction }}") == f"Avoid Sing!\n\n{reply_format(('instruction', 'answer'))}"

    def test_or_where_the_template_wants_it(self) -> None:
        form = reply_format(("answer",))
        assert self.render("First {{ format }}, then {{ instruction }}", ("answer",)) == f"First {form}, then Sing!"

    def test_the_runtime_offers_no_format(self) -> None:
        plan, _ = self.prompt("{{ format }}")
        assert "format" not in plan.templates["made.prompt"].variables
        assert "instruction" in plan.templates["made.prompt"].variables

    def test_the_form_is_one_that_the_runtime_reads_once_it_is_filled_in(self) -> None:
        fields = ("instruction", "answer")
        assert parse_fields(reply_format(fields).replace("...", "Sing!"), fields) == dict.fromkeys(fields, "Sing!")
        assert parse_fields(reply_format(fields), fields) is None

    @pytest.mark.parametrize("variable", ["transcript", "conversation"])
    def test_a_prompt_that_shows_the_conversation_gets_no_chat(self, variable: str) -> None:
        assert self.prompt(f"{{% if {variable} %}}Read {{{{ {variable} }}}}{{% endif %}}")[1].history == "none"
        assert self.prompt("Read on")[1].history == "chat"

    def test_variants_are_numbered(self) -> None:
        moods = persona("moody", "assistant", Variant(0.5, text("Cheer."), None), Variant(0.5, text("Sulk."), None))
        plan = lower(module(dialogue(rule(turn(1), OTHER), assistant=voice(moods, BIG))))
        assert [a.system for a in plan.dialogues[0].assistants] == ["moody.system.1", "moody.system.2"]
        assert plan.templates["moody.system.2"].text == "Sulk."

    def test_two_texts_of_one_name_are_both_kept(self) -> None:
        namesake = contrast("sidestep", prompt=text("Another text."))
        plan = lower(module(dialogue(rule(turn(1), SIDESTEP), rule(turn(2), namesake))))
        asks = [only_call(r.options[0]).ask for r in plan.dialogues[0].rejected]
        assert asks == ["sidestep.prompt", "sidestep.prompt~2"]
        assert plan.templates["sidestep.prompt~2"].text.startswith("Another text.")


class TestUsers:
    def test_a_voice_by_transcript_sees_no_chat(self) -> None:
        reader = persona("reader", "user", Variant(1.0, None, text("{{ transcript }}")), history="transcript")
        user = lower(module(dialogue(rule(turn(1), OTHER), user=(voice(reader, SMALL),)))).dialogues[0].user
        assert (user.variants[0].steps[0].history, user.variants[0].steps[0].ask) == ("none", "reader.prompt")

    def test_a_voice_in_chat_sees_the_roles_swapped(self) -> None:
        user = lower(module(dialogue(rule(turn(1), OTHER)))).dialogues[0].user
        assert (user.variants[0].steps[0].history, user.variants[0].steps[0].ask) == ("swapped", None)

    def test_replay_alone_needs_no_voice(self) -> None:
        user = lower(module(dialogue(rule(turn(1), OTHER), user=(Replay(),)))).dialogues[0].user
        assert user.replay
        assert user.variants == ()

    def test_replay_then_a_voice(self) -> None:
        user = lower(module(dialogue(rule(turn(1), OTHER), user=(Replay(), voice(CURIOUS, BIG))))).dialogues[0].user
        assert user.replay
        assert len(user.variants) == 1

    def test_independent_utterances_are_not_shared(self) -> None:
        assert lower(module(dialogue(rule(turn(1), OTHER)))).dialogues[0].user.shared
        assert not lower(module(dialogue(rule(turn(1), OTHER), independent=True))).dialogues[0].user.shared


class TestSeeds:
    def origin(self, origin: File | Hub) -> FileSource | HubSource:
        return lower(module(dialogue(rule(turn(1), OTHER), start=seeds(origin=origin)))).seeds["start"].origin

    @pytest.mark.parametrize(
        ("path", "written", "stored"),
        [
            (FOLDER / "data" / "x.jsonl", "data/x.jsonl", "data/x.jsonl"),
            (FOLDER.parent / "x.jsonl", "../x.jsonl", "../x.jsonl"),
            (FOLDER / "parts" / "x.jsonl", "x.jsonl", "parts/x.jsonl"),
            (Path("/data/x.jsonl"), "/data/x.jsonl", "/data/x.jsonl"),
            (Path("/venv/musicc/std/data/x.jsonl"), "std/data/x.jsonl", "std/data/x.jsonl"),
        ],
        ids=["beside", "above", "from an imported file", "absolute", "std"],
    )
    def test_a_path_does_not_tell_where_the_repository_lies(self, path: Path, written: str, stored: str) -> None:
        assert self.origin(File(path, written)) == FileSource(path=stored)

    def test_a_hub_source_keeps_its_revision(self) -> None:
        hub = Hub("a/b", "train", "09be8c5", None)
        assert self.origin(hub) == HubSource(repository="a/b", split="train", revision="09be8c5")


def test_only_what_dialogues_use_is_in_the_plan() -> None:
    unused = replace(
        module(dialogue(rule(turn(1), OTHER))), models={"idle": model("idle")}, seeds={"idle": seeds("idle")}
    )
    plan = lower(unused)
    assert plan.models.keys() == {"big"}
    assert plan.seeds.keys() == {"start"}
