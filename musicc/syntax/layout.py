"""How tokens lie on their lines: what error recovery guesses by."""

from collections.abc import Sequence
from typing import NamedTuple

from musicc.diagnostics import Source
from musicc.syntax.scan import Token

CLOSING = {"LBRACE": "RBRACE", "LBRACKET": "RBRACKET", "LPAR": "RPAR"}
OPENING = {closing: opening for opening, closing in CLOSING.items()}
SIGN = {"LBRACE": "{", "LBRACKET": "[", "LPAR": "(", "RBRACE": "}", "RBRACKET": "]", "RPAR": ")"}


class Placed(NamedTuple):
    """A token; `leads`: it is the first on its line; `indent`: the column where that line's first token stands."""

    token: Token
    leads: bool
    indent: int


def placed(source: Source, tokens: Sequence[Token]) -> list[Placed]:
    result: list[Placed] = []
    indent, before = 0, -1
    for token in tokens:
        start = token[1]
        leads = before < 0 or source.text.find("\n", before, start) >= 0
        if leads:
            line = source.text.rfind("\n", 0, start) + 1
            indent = len(source.text[line:start].expandtabs(8))
        before = token[2]
        result.append(Placed(token, leads, indent))
    return result
