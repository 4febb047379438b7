"""A bound that nobody declared: kept where the server was content, and raised now and then to see whether it bears more."""

from math import inf

FAST, SLOW = 0.25, 0.03  # shares by which it is raised: at first, and once a raise was refused
SOON, LATER, LATEST = 1.0, 5.0, 60.0  # seconds between two raises: at first, after one that was refused, at most
FLOOR = 0.9  # of a value that was measured, or clean before it was raised
PRICE = 0.01  # of the time: what raises that are refused may cost


class Feeler:
    """`value` is on probation from a raise on until the next one is due; a refusal meanwhile brings back the `clean` one."""

    def __init__(self, value: float, now: float) -> None:
        self.set(value, now)

    def set(self, value: float, now: float) -> None:
        """It was measured anew: how far it is from the truth is not known."""
        self.value = self.clean = value
        self._floor = FLOOR * value
        self.step, self._every, self.due = FAST, SOON, now + SOON

    @property
    def on_probation(self) -> bool:
        return self.value > self.clean

    def settle(self, used: float = inf) -> None:
        """The time of probation is over; what was not `used` of a raise does not count."""
        self.value = self.clean = max(self.clean, min(self.value, used))

    def grow(self, now: float, least: float = 0.0) -> None:
        """To be told when it is due, and is what calls wait for. Raises that go well are larger and come sooner."""
        if self.on_probation:
            self._floor = FLOOR * self.value
            self.step, self._every = min(2.0 * self.step, FAST), max(self._every / 4.0, SOON)
        self.settle()
        self.value += max(self.value * self.step, least)
        self.due = now + self._every

    def fail(self, cost: float, now: float) -> None:
        """The server refused, which cost so many seconds. The next raise is smaller, and later."""
        self.value = self.clean
        self.step, self._every = SLOW, min(max(LATER, 2.0 * self._every, cost / PRICE), max(LATEST, cost / PRICE))
        self.due = now + self._every

    def withdraw(self, now: float) -> None:
        """A raise is taken back without a judgement, because something else may be to blame."""
        self.value, self.due = self.clean, now + LATER

    def lower(self, value: float, now: float) -> None:
        """A little less, as refusals come here and there: never much less, for they may come by chance."""
        self.value = self.clean = max(value, self._floor)
        self.due = max(self.due, now + LATER)

    def rest(self, now: float) -> None:
        """Something else is wrong with the server."""
        self.due = max(self.due, now + LATER)
