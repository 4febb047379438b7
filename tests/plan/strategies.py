"""Small dialogues of every kind, for property tests."""

from hypothesis import strategies as st

from musicc.plan.statistics import SeedFacts, Statistics
from musicc.semantics.module import Dialogue, Module, Prefix, Replay, Rule, Seeds, Variant, Voice, When
from tests.plan.modules import (
    BIG,
    CUT,
    EITHER,
    FORGET,
    LAST,
    OTHER,
    PAIRWISE,
    REFUSAL,
    REWRITE,
    SIDESTEP,
    SMALL,
    STALE,
    TURNWISE,
    Alternatives,
    any_turns,
    check,
    contrast,
    dialogue,
    judged,
    module,
    persona,
    rule,
    seeds,
    text,
    turn,
    voice,
)

SHOWN = contrast("shown", prompt=text("Read {{ transcript }} and avoid {{ instruction }}."), reply=("plan", "answer"))
WEAK = contrast("weak", model=SMALL, system=text("You hardly try."))
CONTRASTS = (None, SIDESTEP, REWRITE, EITHER, OTHER, STALE, FORGET, CUT, SHOWN, WEAK)

plain = persona("plain", "assistant")
moody = persona(
    "moody", "assistant", Variant(0.25, text("Cheer."), None), Variant(0.75, text("You are very sulky."), None)
)
chatty = persona("chatty", "user")
reader = persona(
    "reader",
    "user",
    Variant(0.5, None, text("Go on after {{ transcript }}!")),
    Variant(0.5, text("You ask on."), text("What next?")),
    history="transcript",
)

WEIGHTS = st.sampled_from([(1.0, 0.0), (0.5, 0.5), (0.25, 0.75)])


@st.composite
def alternatives(draw: st.DrawFn) -> Alternatives:
    first, second = draw(st.sampled_from(CONTRASTS)), draw(st.sampled_from(CONTRASTS))
    return list(zip(draw(WEIGHTS), (first, second), strict=True))


@st.composite
def branch(draw: st.DrawFn, last: int) -> tuple[Rule, ...]:
    """Ranges that do not meet, and perhaps a rule whose turns are drawn."""
    bounds: tuple[tuple[int | str, int | str], ...] = draw(
        st.sampled_from([(), ((1, 1),), ((2, "last"),), ((1, 1), (2, last)), ((last, last + 1),), ((last + 1, 9),)])
    )
    whens = st.sampled_from([None, None, When("words", ">", 3), When("chars", "<", 0)])
    on = st.sampled_from([None, SMALL])
    rules = [rule(turn(*at), draw(alternatives()), on=draw(on), when=draw(whens)) for at in bounds]
    drawn = draw(st.sampled_from([(), (1,), (2,), (1, 1)]))
    return (*rules, *(rule(any_turns(count), draw(alternatives())) for count in drawn))


@st.composite
def sources(draw: st.DrawFn) -> Seeds:
    context = draw(st.sampled_from([Prefix("first_user_turn"), Prefix("prefix", 1, 2), Prefix("whole_prompt")]))
    return seeds(context=context, min_turns=draw(st.integers(1, 2)))


@st.composite
def dialogues(draw: st.DrawFn) -> Dialogue:
    low = draw(st.integers(1, 3))
    high = draw(st.integers(low, 3))
    speaker: Voice = voice(draw(st.sampled_from([chatty, reader])), draw(st.sampled_from([BIG, SMALL])), max_tokens=128)
    return dialogue(
        *draw(branch(high)),
        chosen=draw(st.one_of(st.just(()), branch(high))),
        turns=(low, high),
        user=draw(st.sampled_from([(Replay(),), (speaker,), (Replay(), speaker)])),
        assistant=voice(draw(st.sampled_from([plain, moody])), BIG),
        start=draw(sources()),
        independent=draw(st.booleans()),
    )


JUDGES = st.lists(st.sampled_from([PAIRWISE, LAST, TURNWISE]), max_size=2, unique=True)


@st.composite
def modules(draw: st.DrawFn) -> Module:
    """A dialogue, and perhaps judges of its pairs among other checks."""
    talk = draw(dialogues())
    placed = [judged(judge, draw(st.sampled_from([BIG, SMALL]))) for judge in draw(JUDGES)]
    gates = [*placed, REFUSAL] if placed else []
    return module(talk, checks=tuple(check(f"c{number}", gate, talk) for number, gate in enumerate(gates)))


@st.composite
def statistics(draw: st.DrawFn, source: Seeds) -> Statistics:
    """Of seeds that have as many user turns as their source wants."""
    fewest = source.min_turns
    turns = draw(st.sampled_from([{fewest: 1.0}, {fewest: 0.5, fewest + 1: 0.5}]))
    facts = SeedFacts(turns, draw(st.sampled_from([0.0, 0.5])), 16.0, 64.0, draw(st.sampled_from([0.0, 8.0])))
    return Statistics({source.name: facts}, fill=0.25, holds=draw(st.sampled_from([1.0, 0.5])))
