"""The plan: lowering, passes, canonical bytes, cost."""

from musicc.plan.compile import compile_module

__all__ = ["compile_module"]
