"""Gates that read the texts of one pair and ask nobody."""

import re
from collections.abc import Callable, Sequence

from musicc.plan.checks import Language, Leak, LengthRatio, Pattern, Refusal, Similarity
from musicc.plan.document import Branch
from musicc.runtime.data.pairs import Pair
from musicc.runtime.engine.checks.finding import Finding
from musicc.runtime.engine.checks.language import told_language
from musicc.runtime.engine.checks.leaks import leaks
from musicc.runtime.engine.checks.measure import Exchange, contrast, exchanges, in_branches, runs, words
from musicc.runtime.engine.checks.refusals import refuses

_TRIGRAM = 3


def length_ratio(gate: LengthRatio, pair: Pair) -> Finding:
    """`within`, `below` or `above`; the ratio; the words of both. A branch without words counts as one."""
    chosen, rejected = words(pair, "chosen"), words(pair, "rejected")
    ratio = max(chosen, 1) / max(rejected, 1)
    verdict = "below" if ratio < gate.low else "above" if ratio > gate.high else "within"
    again: dict[Branch, int] = {"rejected": contrast(pair).turn}
    return Finding(verdict == "within", verdict, ratio, f"{chosen} against {rejected} words", again)


def similarity(gate: Similarity, pair: Pair) -> Finding:
    """`apart` or `alike`; how alike the most alike replies are; each contrasted turn's."""
    measure = in_one_order if gate.measure == "words" else common_trigrams
    both = zip(exchanges(pair, "chosen"), exchanges(pair, "rejected"), strict=True)
    found = {
        chosen.turn: measure(chosen.reply.split(), rejected.reply.split())
        for chosen, rejected in both
        if chosen.record.contrasted
    }
    alike = [turn for turn, share in found.items() if share > gate.most]
    again: dict[Branch, int] = {"rejected": min(alike)} if alike else {}
    detail = ", ".join(f"turn {turn}: {share:.2f}" for turn, share in found.items())
    return Finding(not alike, "alike" if alike else "apart", max(found.values(), default=0.0), detail, again)


def in_one_order(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of the words of both that stand in both in one order."""
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(one, other)


def common_trigrams(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of all word trigrams that both have; of shorter texts, whether they are the same."""
    ours, theirs = runs(one, _TRIGRAM), runs(other, _TRIGRAM)
    if not ours and not theirs:
        return float(list(one) == list(other))
    return len(ours & theirs) / len(ours | theirs)


def pattern(gate: Pattern, pair: Pair) -> Finding:
    """`found` or `missing` where the regex is wanted in every reply, else `absent` or `found`."""
    regex = re.compile(gate.regex)
    right, wrong = ("found", "missing") if gate.wanted else ("absent", "found")
    every = in_branches(pair, gate.where)
    return _of_replies(every, lambda one: (regex.search(one.reply) is not None) == gate.wanted, right, wrong)


def refusal(gate: Refusal, pair: Pair) -> Finding:
    """`none` or `refusal`."""
    return _of_replies(in_branches(pair, gate.where), lambda one: not refuses(one.reply), "none", "refusal")


def leak(gate: Leak, pair: Pair) -> Finding:
    """`none` or `leak`."""
    rejected = in_branches(pair, "rejected")
    return _of_replies(rejected, lambda one: not leaks(one.reply, one.record.hidden, one.instruction), "none", "leak")


def language(gate: Language, pair: Pair) -> Finding:
    """`right`, or the language of the first reply that is in another one."""
    every = in_branches(pair, gate.where)
    told = {id(one): told_language(one.reply, gate.codes) for one in every}
    wrong = next((code for code in told.values() if code), "")
    return _of_replies(every, lambda one: not told[id(one)], "right", wrong)


def _of_replies(every: Sequence[Exchange], holds: Callable[[Exchange], bool], right: str, wrong: str) -> Finding:
    """The score is the share of replies that are as they should be, the detail names the others."""
    failed = [one for one in every if not holds(one)]
    again: dict[Branch, int] = {}
    for one in failed:
        again.setdefault(one.branch, one.turn)
    detail = ", ".join(f"{one.branch} turn {one.turn}" for one in failed)
    share = 1 - len(failed) / len(every) if every else 1.0
    return Finding(not failed, wrong if failed else right, share, detail, again)
