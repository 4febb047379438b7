"""Pairs made by hand."""

from musicc.runtime.data.pairs import Pair, TurnRecord
from tests.runtime.data.common import assistant, user


def record(turn: int, rule: str = "other", *, shared: bool = False, hidden: str = "") -> TurnRecord:
    return TurnRecord(turn, shared, rule, hidden, (), "faithful", "", ())


def pair(
    *turns: tuple[str, str], shared: int = 0, rules: tuple[str, ...] = (), hidden: str = "", **fields: object
) -> Pair:
    """Of each turn, the reply of the chosen and of the rejected branch; the first `shared` turns are."""
    chosen = [message for at, (one, _) in enumerate(turns) for message in (user(f"Question {at}?"), assistant(one))]
    rejected = [message for at, (_, two) in enumerate(turns) for message in (user(f"Question {at}?"), assistant(two))]
    played = rules or tuple("faithful" if at < shared else "other" for at in range(len(turns)))
    records = [record(at + 1, rule, shared=at < shared, hidden=hidden) for at, rule in enumerate(played)]
    given: dict[str, object] = {"id": "d-1", "seed": "1", "dialogue": "d", "context": 0} | fields
    return Pair(chosen=tuple(chosen), rejected=tuple(rejected), turns=tuple(records), **given)  # type: ignore[arg-type]
