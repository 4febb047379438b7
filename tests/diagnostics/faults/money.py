"""M53x: what a build may spend."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from musicc.diagnostics import Diagnostic
from musicc.plan.document import Access, Model
from musicc.runtime.budget import Allowance, Budget
from musicc.runtime.llm.types import Reply, Request, Unusable
from musicc.runtime.progress import Sum
from tests.diagnostics.faults import told
from tests.runtime.llm.support import request

Told = Sequence[Diagnostic]
PRICED = Model(served="x", access=Access(urls=("http://x/v1",), input_price=1.25, output_price=5.0))


class _Endpoint:
    async def ask(self, asked: Request, priority: int, on_retry: Callable[[], None]) -> Reply:
        return Reply("Hello", "stop", 400, 90)


def _spent(allowed: Allowance) -> Diagnostic:
    async def play() -> None:
        progress = cast(Sum, SimpleNamespace(done=3, rows=12))
        budget = Budget(_Endpoint(), allowed, {"gemma": PRICED}, progress)
        while True:
            await budget.ask(request(), 0, lambda: None)

    try:
        asyncio.run(play())
    except Unusable as failure:
        return failure.diagnostic
    raise AssertionError("not reached")


def m530(folder: Path) -> Told:
    return [_spent(Allowance(calls=1000)), _spent(Allowance(usd=0.25))]


def m531(folder: Path) -> Told:
    unpriced = Model(served="x", access=Access(urls=("http://x/v1",)))
    return told(lambda: Budget(_Endpoint(), Allowance(usd=5.0), {"gemma": unpriced}, cast(Sum, None)))
