"""Module → the plan that is executed."""

from functools import reduce

from musicc.plan.document import Plan
from musicc.plan.lower import lower
from musicc.plan.passes import PASSES
from musicc.semantics.module import Module


def compile_module(module: Module) -> Plan:
    """The module's plan, after all passes. The same module gives an equal plan."""
    return reduce(lambda plan, run: run(plan), PASSES, lower(module))
