"""musicc: a language, a compiler and a runtime for contrastive dialogue synthesis."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`musicc.RewardModel`: torch is loaded when it is asked for. Raises DiagnosticError without it (M630)."""
    if name != "RewardModel":
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    # By their names: every room imports this module, and none shall import by it what reward models need.
    with import_module("musicc.runtime.reward.packages").packages("scoring"):
        return import_module("musicc.runtime.reward.scoring").RewardModel
