"""What a template asks for."""

from functools import lru_cache

from musicc.semantics.templates import environment

CONVERSATION = frozenset({"conversation", "transcript"})
"""The variables that hold all of the conversation so far."""


@lru_cache(maxsize=1024)
def used_variables(text: str) -> frozenset[str]:
    """The variables that a Jinja text reads and does not set itself."""
    from jinja2 import meta

    return frozenset(meta.find_undeclared_variables(environment().parse(text)))
