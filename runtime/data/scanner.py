"""A JSON text read value by value, so that a long array is never in memory as a whole."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

_CHUNK = 1 << 16
_DELIMITERS = frozenset(" \t\r\n,:]}")
_SPACE = re.compile(r"[ \t\r\n]*")


class Scanner:
    """Goes through a JSON text. `line` is the 1-based line of the place it has reached.

    Bytes that are not UTF-8 become lone surrogates, which the check of a record's texts finds. All methods raise
    json.JSONDecodeError where the text is not JSON, RecursionError where it is nested too deeply.
    """

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self._values = json.JSONDecoder()
        self._text = self._decode(head)
        self._at = 0
        self.line = 1

    def peek(self) -> str:
        """The next character that is not space, "" at the end."""
        while True:
            self._move(_SPACE.match(self._text, self._at).end())  # type: ignore[union-attr]  # it matches everywhere
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def skip(self, expected: str) -> None:
        """Goes past a character that must come next."""
        if self.peek() != expected:
            raise json.JSONDecodeError(f"Expecting '{expected}'", self._text, self._at)
        self._move(self._at + 1)

    def value(self) -> Any:
        """Goes past a value. Where it may go on beyond what has been read (`0` could become `0.5`), more is read, and again."""
        self.peek()
        while True:
            try:
                value, end = self._values.raw_decode(self._text, self._at)
                if self._text[end : end + 1] in _DELIMITERS or not self._more():
                    self._move(end)
                    return value
            except json.JSONDecodeError:
                if not self._more():
                    raise

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        """Reads on, as much again as is waiting, so that a long value costs no more than twice its length."""
        waiting = self._text[self._at :]
        read = self._stream.read(max(_CHUNK, len(waiting)))
        self._text, self._at = waiting + self._decode(read, not read), 0
        return bool(read)


def array_items(scanner: Scanner) -> Iterator[tuple[int, Any]]:
    """The items of the array that comes next, each with its line."""
    scanner.skip("[")
    while scanner.peek() != "]":
        line = scanner.line
        yield line, scanner.value()
        if scanner.peek() != "]":
            scanner.skip(",")


def enter_first_array(scanner: Scanner) -> None:
    """Goes to the first array among the values of the object that comes next; its other values are passed over."""
    scanner.skip("{")
    while scanner.peek() == '"':
        scanner.value()
        scanner.skip(":")
        if scanner.peek() == "[":
            return
        scanner.value()
        if scanner.peek() != "}":
            scanner.skip(",")
    raise json.JSONDecodeError("The object holds no array of records", "", 0)
