"""The LALR(1) automaton: runs the table of `music.lark` over tokens and calls a builder's method for each rule."""

from collections.abc import Sequence
from typing import Any

from musicc.syntax.scan import Token
from musicc.syntax.table import Table

END = "$END"
DEPTH = 120  # entries on the stack: 30 blocks or maps in each other, 120 lists


class Refused(Exception):
    """The token at `index` does not fit; `len(tokens)` is the end. `too_deep`: it fits, but opens one bracket too many."""

    def __init__(self, index: int, too_deep: bool = False) -> None:
        self.index = index
        self.too_deep = too_deep


class Machine:
    def __init__(self, table: Table, builder: object) -> None:
        self._table = table
        self._rules = [
            (rule.origin, rule.size, getattr(builder, rule.method) if rule.method else None) for rule in table.rules
        ]

    def run(self, tokens: Sequence[Token], start: str) -> Any:
        """What the builder makes of `tokens`, read as the start symbol. Raises Refused."""
        table_states, rules, keywords = self._table.states, self._rules, self._table.keywords
        first, last = self._table.starts[start]
        states: list[int] = [first]
        values: list[Any] = []
        row = table_states[first]
        for index, token in enumerate((*tokens, (END, 0, 0))):
            kind = token[0]
            if kind in keywords and kind not in row:
                kind = "NAME"
            while (action := row.get(kind)) is not None:
                if action >= 0:
                    states.append(action)
                    values.append(token)
                    row = table_states[action]
                    break
                origin, size, method = rules[~action]
                if method is None:
                    states.pop()
                else:
                    built = method(*values[len(values) - size :])
                    if size:
                        del states[-size:], values[-size:]
                    values.append(built)
                state = table_states[states[-1]][origin]
                states.append(state)
                if state == last and kind == END:
                    return values[-1]
                row = table_states[state]
            else:
                raise Refused(index)
            if len(states) > DEPTH:
                raise Refused(index, too_deep=True)
        raise AssertionError("the end of the tokens is always accepted or refused")

    def fitting(self, tokens: Sequence[Token], start: str) -> frozenset[str]:
        """The kinds of token that could come after `tokens`, which the start symbol can begin with."""
        states = [self._table.starts[start][0]]
        for kind, _, _ in tokens:
            is_name = kind in self._table.keywords and kind not in self._table.states[states[-1]]
            states = self._after(states, "NAME" if is_name else kind) or states
        kinds = (*self._table.terminals, END)
        return frozenset(kind for kind in kinds if self._after(list(states), kind) is not None)

    def _after(self, states: list[int], kind: str) -> list[int] | None:
        """The states after a token, or None where it does not fit."""
        while (action := self._table.states[states[-1]].get(kind)) is not None:
            if action >= 0:
                return [*states, action]
            rule = self._table.rules[~action]
            states = states[: len(states) - rule.size]
            states.append(self._table.states[states[-1]][rule.origin])
        return None
