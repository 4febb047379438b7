"""Numbers and other people's errors in sentences."""


def counted(number: float, noun: str) -> str:
    """`1 call`, `2,000 calls`."""
    whole = round(number)
    return f"{whole:,} {noun}{'' if whole == 1 else 's'}"


def first_line(error: Exception) -> str:
    """What a library's error says, in one line; its kind where it says nothing."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
