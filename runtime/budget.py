"""What a run may spend. No call goes out that could go beyond it; when it is used up, those on their way are waited for,
and no other goes out.

A call is paid for once: attempts beyond its first, after a refusal or a fault of the server, are no further calls. What
comes from the store costs nothing. While a call is on its way it counts as much as it can cost: its prompt, guessed, and
`max_tokens`; from its reply on, what the reply's usage says. So a call may have to wait until others have come back
cheaper than they might have been.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import budgets
from musicc.plan.document import Model
from musicc.runtime.llm.backend import Asked
from musicc.runtime.llm.limits import guessed_prompt
from musicc.runtime.llm.types import Reply, Request, Unusable
from musicc.runtime.progress import Sum, cost

NOTHING = 1e-9  # USD: less than any call costs, and more than sums of many are rounded by


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most that a run may spend; None is no bound."""

    calls: int | None = None
    usd: float | None = None


FREE = Allowance()


class Budget:
    """A backend for calls within an allowance; `models` are those of `backend`, `progress` tells what there is at the end.

    Raises DiagnosticError where money is bounded and a model has no price.
    """

    def __init__(self, backend: Asked, allowed: Allowance, models: Mapping[str, Model], progress: Sum) -> None:
        if allowed.usd is not None:
            _check_prices(models)
        self.calls, self.usd = 0, 0.0  # that went out; that came back
        self._backend, self._allowed, self._models, self._progress = backend, allowed, models, progress
        self._out = 0
        self._used = False  # somebody was refused: the run ends, and a cheaper call would be cancelled on its way
        self._held = 0.0  # USD that calls on their way can cost
        self._line: deque[tuple[float, asyncio.Future[bool]]] = deque()

    async def ask(self, request: Request, priority: int, on_retry: Callable[[], None]) -> Reply:
        """As the backend's. Raises Unusable when the budget is used up and no call is on its way any more."""
        price = self._price(request, guessed_prompt(request), request.max_tokens)
        await self._enter(price)
        spent = 0.0
        try:
            reply = await self._backend.ask(request, priority, on_retry)
            used = reply.prompt_tokens + reply.completion_tokens
            spent = self._price(request, reply.prompt_tokens, reply.completion_tokens) if used else price
            return reply
        finally:
            self._leave(price, spent)

    async def _enter(self, price: float) -> None:
        if not self._line and self._fits(price):
            self._take(price)
            return
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._line.append((price, turn))
        self._serve()
        try:
            allowed = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():  # it was our turn already
                self.calls -= 1
                self._leave(price, 0.0)
            raise
        if not allowed:
            raise Unusable(self._used_up(price))

    def _take(self, price: float) -> None:
        self.calls += 1
        self._out += 1
        self._held += price

    def _leave(self, price: float, spent: float) -> None:
        self._out -= 1
        self._held -= price
        self.usd += spent
        self._serve()

    def _serve(self) -> None:
        """Lets in who may go, in order; where nothing can come back that makes room, nobody ever will."""
        while self._line:
            price, turn = self._line[0]
            if not turn.done():
                if fits := self._fits(price):
                    self._take(price)
                elif self._out:
                    return
                self._used = not fits
                turn.set_result(fits)
            self._line.popleft()

    def _fits(self, price: float) -> bool:
        calls, usd = self._allowed.calls, self._allowed.usd
        if self._used:
            return False
        return (calls is None or self.calls < calls) and (usd is None or self.usd + self._held + price <= usd + NOTHING)

    def _price(self, request: Request, prompt_tokens: int, completion_tokens: int) -> float:
        return cost(self._models[request.model], prompt_tokens, completion_tokens) or 0.0

    def _used_up(self, price: float) -> Diagnostic:
        by_calls = self._allowed.calls is not None and self.calls >= self._allowed.calls
        bound = f"{self._allowed.calls:,} calls" if by_calls else f"${self._allowed.usd:g}"
        made = f"{self.calls:,} calls were made" + (f" for ${self.usd:,.4f}" if self.usd else "")
        left = "" if by_calls else f", and the next one may cost ${price:,.4f}"
        rows = f"{self._progress.done:,} of {self._progress.rows:,} rows have ended"
        message = f"the budget of {bound} is used up: {made}{left}; {rows}"
        option = "--max-calls" if by_calls else "--max-cost"
        help_ = f"what was received is kept: the same command goes on from here, and without `{option}` to the end"
        return Diagnostic(budgets.USED_UP, message, help=help_)


def _check_prices(models: Mapping[str, Model]) -> None:
    unknown = [name for name, model in models.items() if model.weights is None and cost(model, 0, 0) is None]
    if unknown:
        raise DiagnosticError([_no_price(name) for name in unknown])


def _no_price(name: str) -> Diagnostic:
    help_ = f"write `price = {{ input: 1.25, output: 5.00 }}` into `model {name}`, in USD per million tokens"
    return Diagnostic(budgets.NO_PRICE, f"the model `{name}` has no price, so nobody can say what it costs", help=help_)
