"""The paper's spec, as it stands and embedded."""

from musicc.semantics import load
from musicc.semantics.module import Hub, Prefix, Replay, Sampling, Turns, Voice
from tests.semantics.common import SPECS

SPEC = SPECS / "skywork.music"


def test_it_checks_without_a_word() -> None:
    checked = load(SPEC)
    assert checked.diagnostics == ()
    assert checked.exit_code == 0


def test_as_it_stands() -> None:
    spec = load(SPEC).module
    assert spec is not None
    assert (spec.name, spec.profile, spec.seed, spec.params) == ("skywork", None, 7, {"pairs": 31_000, "seed": 7})
    dialogue = spec.dialogues["contrastive"]
    (user,) = dialogue.user
    assert isinstance(user, Voice)
    assert user.sampling == Sampling(1.0, 1.0, 256, ())
    assert dialogue.assistant.sampling == Sampling(0.7, 1.0, 512, ())
    assert isinstance(dialogue.seeds.origin, Hub)
    assert (dialogue.seeds.take, dialogue.seeds.context) == (31_000, Prefix("first_user_turn"))
    assert dialogue.turns == (5, 5)
    assert [rule.turns for rule in dialogue.rejected] == [Turns(1, "last")]
    assert spec.rewards["baseline"].steps == 2500
    assert spec.rewards["baseline"].train == spec.seeds["skywork"]
    assert [part.count for part in spec.datasets["skywork_music"].mix] == [73_000, 31_000]
    assert spec.evals["best_of_n"].n == (2, 4, 8)
    assert spec.sweeps["depth"].points == (("contrastive.turns", ((2, 2), (3, 3), (5, 5), (7, 7))),)


def test_embedded() -> None:
    spec = load(SPEC, profile="embedded").module
    assert spec is not None
    dialogue = spec.dialogues["contrastive"]
    assert dialogue.user == (Replay(),)
    assert dialogue.turns == (2, 2)
    assert dialogue.seeds.take == 8
    model = dialogue.assistant.model
    assert (model.weights, model.urls, model.key, model.price) == ("smollm2_135m", (), None, None)
    assert spec.checks == {}
    assert spec.rewards["baseline"].base == "smollm2_135m"
    rules = [[choice.contrast and choice.contrast.name for choice in rule.choices] for rule in dialogue.rejected]
    assert rules == [["other_instruction"], ["other_instruction", "forget_history"]]
