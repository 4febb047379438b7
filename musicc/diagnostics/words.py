"""Numbers in sentences."""


def counted(number: float, noun: str) -> str:
    """`1 call`, `2,000 calls`."""
    whole = round(number)
    return f"{whole:,} {noun}{'' if whole == 1 else 's'}"
