"""What is asked of a build."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from musicc.diagnostics import Diagnostic
from musicc.plan.document import Plan
from musicc.runtime.batch.desk import Pace
from musicc.runtime.budget import FREE, Allowance


@dataclass(frozen=True, slots=True)
class Job:
    """What to build and where. `report` hears of malformed seeds, `announce` of what takes long, while it happens.

    `pace`: how calls go in batches; None where they are made one by one. `allowed`: what the run may spend.
    """

    plan: Plan
    spec_folder: Path
    folder: Path
    store: Path
    report: Callable[[Diagnostic], None]
    announce: Callable[[str], None]
    pace: Pace | None = None
    allowed: Allowance = FREE
