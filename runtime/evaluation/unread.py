"""Tells of a judge who hardly says anything that can be read: ties that come of it are no verdicts."""

from musicc.diagnostics import Diagnostic
from musicc.diagnostics.codes.evaluation import UNREAD
from musicc.diagnostics.words import counted
from musicc.runtime.evaluation.job import Job
from musicc.runtime.report.evaluations import are_many_unread


def warn_of_unread(job: Job, name: str, unread: int, asked: int) -> None:
    """Reports an eval where many of the verdicts that were `asked` for could not be read (M681)."""
    if are_many_unread(unread, asked):
        message = f"of {counted(asked, 'verdict')} of the judge {unread:,} could not be read, and count as ties"
        help_ = "name a larger model in `judge`, or a judge that asks more briefly"
        job.report(Diagnostic(UNREAD, message, at=f"eval {name}", help=help_))
