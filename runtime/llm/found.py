"""The limits of a server that nobody declared: how many calls at once and how many a second, known by its refusals (429).

What a server delivered while it refused is its limit. So nothing is held back until a third of the calls in a row
are refused, which chance does not bring about. Then all calls pause for a moment, until it is known which of those on
the wire were accepted, and the accepted ones are the measure: their peak on the wire is the room, their number a second
is the rate, and calls keep to both. Where none was accepted, each pause is twice as long, and one call tries the server.

From then on, whichever of the two calls wait for is raised now and then. A refusal takes the raise back and puts off the
next one; raises that go well come sooner and are larger, so a bound measured too low is found in seconds, and one
measured well is left alone for a minute. A raise of the rate counts only as far as it was used: while slots are what
calls wait for, it proves nothing. Refusals without a raise take a little off, failures of other kinds only put off
raises. Where the limit has fallen, refusals are many again, and it is measured anew. Where slowing down twice brought no
fewer refusals, haste is not their reason, and all bounds are dropped for a while.

Known to be rough: where a limit of calls a second is met just as slots run short, the slots may be blamed for it, and the
server is used to some 80 or 90 % until it is measured anew.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf

from musicc.runtime.llm.bucket import Bucket
from musicc.runtime.llm.feeler import Feeler

MANY, AMONG = 24, 72  # refusals that are no chance, among so many calls in a row
SEEN = 2048  # tries that are remembered
SECOND = 1.0  # over which a rate is measured, and until it is known whether a call is refused
LONGEST_PAUSE = 60.0
BELOW = 0.97  # of the measured rate: clocks differ, and calls are not spaced quite evenly
LATE = 0.005  # seconds by which calls may be late and the next ones make up for it
FEW, LESS = 0.01, 0.99  # of the calls: refusals that are borne; of the rate: what more of them leave
FULL = 0.9  # of the room: a refusal at fewer calls is the rate's
NEARLY = 0.65  # of a rate must have been used, or more of it would tell nothing
ALIKE = 0.7  # of the share that was refused before a cut: if as much is refused after it, the cut was in vain
VAIN, SOON_AGAIN = 2, 5.0  # cuts in a row; seconds between them at most
DEAF = 30.0  # seconds until refusals count again where cuts are in vain; twice as long each time


@dataclass(slots=True, eq=False)
class Try:
    """A request: when it went, as which of those on the wire, when it ended, and whether it was refused."""

    number: int
    sent: float
    held: int
    ended: float = inf
    refused: bool = False


class Found:
    """Knows no bound but `most` calls at once until the server refuses."""

    def __init__(self, most: int, now: float) -> None:
        self._most = most
        self._tries: deque[Try] = deque(maxlen=SEEN)
        self._count = 0  # of calls
        self._room = Feeler(most, now)
        self._rate: Feeler | None = None
        self._even = Bucket(1.0, 1.0, now)
        self._began = now  # when it was measured last; answers to what was sent before count no more
        self._changed = now  # when room or rate changed last
        self._went = now
        self._stopped = self._resumes = now
        self._paused = False
        self._pause = SECOND
        self._trial = False
        self._share, self._vain, self._deaf = 0.0, 0, DEAF
        self._sent = self._strays = 0  # since the last change

    @property
    def slots(self) -> int:
        return max(1, min(self._most, int(self._room.value)))

    def wait(self, now: float) -> float:
        """The seconds until the next call may go, as far as this is concerned."""
        if self._paused:
            if now < self._resumes:
                return self._resumes - now
            self._measure(now)
        if self._trial and self._went >= self._began:
            return max(0.0, self._went + SECOND - now)
        return self._even.wait(1.0, now) if self._rate else 0.0

    def spend(self, now: float) -> None:
        """A call may go."""
        self._went = now
        if self._rate:
            self._even.take(1.0, now)

    def send(self, held: int, now: float) -> Try:
        """A call goes, as the `held`-th on the wire."""
        self._count += 1
        self._sent += 1
        one = Try(self._count, now, held)
        self._tries.append(one)
        return one

    def answered(self, one: Try, now: float) -> None:
        """The server took the call, whatever came of it."""
        one.ended = now
        if one.sent >= self._began and not self._paused:
            self._trial, self._pause = False, SECOND

    def grow(self, full: bool, paced: bool, now: float) -> None:
        """Calls wait: for a slot if they are `full`, for the rate if they are `paced`."""
        if self._paused or not self._rate or now < self._changed + SECOND:
            return
        this, other = (self._room, self._rate) if full else (self._rate, self._room)
        if now < this.due or (other.on_probation and now < other.due):
            return
        used = self._sent / (now - self._changed)
        if full and self.slots < self._most:
            self._rate.settle(used)
            self._room.grow(now, 1.0)
            self._change(now)
        elif not full and paced and used >= NEARLY * self._rate.value:
            self._room.settle()
            self._rate.grow(now)
            self._change(now)

    def failed(self, one: Try, now: float) -> None:
        """Something else went wrong than haste."""
        one.ended = now
        self._room.rest(now)
        if self._rate:
            self._rate.rest(now)

    def refused(self, one: Try, asked: float, now: float) -> None:
        """The server refused the call (429), and asks for a pause of so many seconds."""
        one.ended, one.refused = now, True
        if one.sent < self._began or self._paused:
            return
        if self._trial or self._is_dense(one):
            self._stop(now)
        elif self._rate and one.sent >= self._changed:
            self._step_back(one.held > FULL * self._room.clean, one.held, self._rate, asked, now)

    def _is_dense(self, one: Try) -> bool:
        """Whether so many of the calls that went just before were refused as well that it is no chance."""
        before = (other for other in reversed(self._tries) if other.number <= one.number)
        return sum(other.refused and other.sent >= self._began for other in islice(before, AMONG)) >= MANY

    def _stop(self, now: float) -> None:
        self._paused, self._stopped, self._resumes = True, now, now + self._pause

    def _step_back(self, full: bool, held: int, rate: Feeler, asked: float, now: float) -> None:
        self._strays += 1
        if full and self._room.on_probation:
            self._room.fail(asked, now)
        elif rate.on_probation and full:
            rate.withdraw(now)
            self._room.lower(max(1, held - 1), now)
        elif rate.on_probation:
            rate.fail(asked, now)
        elif self._strays <= max(2.0, FEW * self._sent):
            return
        elif full:
            self._room.lower(max(1, held - 1), now)
        else:
            rate.lower(rate.value * LESS, now)
        self._change(now + asked)  # nothing is sent till then

    def _measure(self, now: float) -> None:
        """The pause is over, and what was accepted is known."""
        self._paused = False
        since = [one for one in self._tries if one.sent >= self._began]
        first = next((one.sent for one in since if one.refused), self._stopped)
        began = max(first - SECOND, since[0].sent if since else now)
        latest = [one for one in since if one.sent >= began]
        good = [one for one in latest if not one.refused]
        if not good:
            self._trial, self._pause = True, min(2.0 * self._pause, LONGEST_PAUSE)
            self._share = 0.0
        elif self._is_vain(1.0 - len(good) / len(latest)):
            self._forget(now)
            return
        else:
            self._trial, self._pause = False, SECOND
            self._room.set(min(peak(good), self._room.value), now)
            self._rate = Feeler(BELOW * len(good) / max(SECOND, self._stopped - began), now)
        self._began = now
        self._change(now)

    def _is_vain(self, share: float) -> bool:
        """Whether as many are refused as before the last cuts, so that haste is not why."""
        soon = self._share and self._stopped - self._began < SOON_AGAIN
        self._vain = self._vain + 1 if soon and share >= ALIKE * self._share else 0
        self._share = share
        return self._vain >= VAIN

    def _forget(self, now: float) -> None:
        """Nothing is held back for a while; refusals are left to the calls' own retries."""
        self._room.set(self._most, now)
        self._rate = None
        self._share, self._vain = 0.0, 0
        self._began, self._deaf = now + self._deaf, 2.0 * self._deaf
        self._change(now)

    def _change(self, now: float) -> None:
        self._changed = now
        self._sent = self._strays = 0
        self._pace(now)

    def _pace(self, now: float) -> None:
        if self._rate:
            self._even.repace(self._rate.value, 1.0 + LATE * self._rate.value, now)


def peak(tries: Sequence[Try]) -> int:
    """The most of these that were on the wire at once."""
    moves = sorted([(one.sent, 1) for one in tries] + [(one.ended, -1) for one in tries])
    most = held = 0
    for _, move in moves:
        held += move
        most = max(most, held)
    return most
