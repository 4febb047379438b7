"""Numbers that are drawn by hashing, so that a pair's does not depend on which others there are."""

from hashlib import blake2b

POINTS = 1 << 64


def point(spec_seed: int, site: str, name: str) -> int:
    """A uniform 64-bit integer for the choice `site` about the thing `name`."""
    return number(f"{spec_seed}\x00{site}\x00{name}")


def number(text: str) -> int:
    """64 bits that stand for a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
