"""Stamps say all that decides a result and lie beside it, so that no other result is taken for it."""

from collections.abc import Mapping
from typing import Any

import orjson


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names, to be shown, of what is not as it was. `before` was read from a file; `now` may hold what a file cannot."""
    written = orjson.loads(orjson.dumps(now))
    return sorted(f"`{name}`" for name in before.keys() | written.keys() if before.get(name) != written.get(name))
