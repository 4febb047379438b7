"""Text → tree, with spans, comments and error recovery."""

from musicc.syntax.parser import Parsed, decode, parse

__all__ = ["Parsed", "decode", "parse"]
