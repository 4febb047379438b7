"""Which rules can fire at which turns: what is known of a dialogue before any row is drawn."""

from collections.abc import Collection, Iterable, Sequence

from musicc.plan.document import FAITHFUL, AnyOf, Dialogue, Edge, Option, Range, Rule, Seeds, User, When


def lengths(dialogue: Dialogue, seeds: Seeds) -> range:
    """The numbers of turns that a row can have. With replay alone, a row ends when the seed's user turns run out."""
    low, high = dialogue.turns
    if dialogue.user.replay and not dialogue.user.variants:
        low = min(low, first_voiced(dialogue.user, seeds) - 1)
    return range(max(1, low), high + 1)


def ranged(rules: Iterable[Rule], last: int) -> dict[int, Rule]:
    """The rule of each turn that a range covers, in a row of `last` turns."""
    return {turn: rule for rule in rules if isinstance(rule.turns, Range) for turn in covered(rule.turns, last)}


def drawn(rules: Iterable[Rule]) -> list[tuple[Rule, int]]:
    """The rules whose turns are drawn per row, and how many turns each wants."""
    return [(rule, rule.turns.count) for rule in rules if isinstance(rule.turns, AnyOf)]


def covered(turns: Range, last: int) -> range:
    """The turns of a range, in a row of `last` turns."""

    def turn(edge: Edge) -> int:
        return last if edge == "last" else edge

    return range(turn(turns.first), min(turn(turns.last), last) + 1)


def reached(rules: Sequence[Rule], last: int) -> list[Collection[int]]:
    """For each rule of a branch, the turns that can be its own in a row of `last` turns."""
    free = [turn for turn in range(1, last + 1) if turn not in ranged(rules, last)]
    left = len(free)
    turns: list[Collection[int]] = []
    for rule in rules:
        if isinstance(rule.turns, Range):
            turns.append(covered(rule.turns, last))
        else:
            turns.append(free if min(left, rule.turns.count) > 0 else [])
            left -= rule.turns.count
    return turns


def departs_at(rule: Rule, turn: int, seeds: Seeds) -> bool:
    """Whether a rule that is for this turn can make it unfaithful."""
    return satisfiable(rule.when) and any(_departs(option, turn, seeds) for option in rule.options)


def _departs(option: Option, turn: int, seeds: Seeds) -> bool:
    possible = option.weight > 0 and option.rule != FAITHFUL
    return possible and (not option.needs_history or has_history(turn, seeds))


def has_history(turn: int, seeds: Seeds) -> bool:
    """Whether the user can have said anything before this turn."""
    return turn > 1 or seeds.context == "whole_prompt" or (seeds.context == "prefix" and seeds.prefix[1] > 1)


def satisfiable(when: When | None) -> bool:
    """Whether some length, a whole number from 0 on, fulfils the condition."""
    if when is None:
        return True
    bound = when.bound
    match when.comparison:
        case "<":
            return bound > 0
        case "<=":
            return bound >= 0
        case "==":
            return bound >= 0 and bound == int(bound)
    return True


def departures(rules: Sequence[Rule], dialogue: Dialogue, seeds: Seeds) -> set[int]:
    """The turns at which a branch with these rules can be unfaithful in some row."""
    return {
        turn
        for last in lengths(dialogue, seeds)
        for rule, turns in zip(rules, reached(rules, last), strict=True)
        for turn in turns
        if departs_at(rule, turn, seeds)
    }


def first_voiced(user: User, seeds: Seeds) -> int:
    """The first turn at which a user voice may have to speak.

    Contexts end with what the user says in turn 1, but for whole prompts, which may end with a reply.
    """
    if seeds.context == "whole_prompt":
        return 1
    return 2 + (max(0, seeds.min_turns - seeds.prefix[1]) if user.replay else 0)
