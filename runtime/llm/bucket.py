"""How much a model may be asked in a time. Times are in seconds and given by the caller, so that nothing here waits."""

MINUTE = 60.0
BURST = 1.0  # seconds' worth that may go at once where a rate is declared
NOTHING = 1e-9  # less than any amount: what is left of an amount by rounding


class Bucket:
    """A token bucket: it gains `rate` a second up to `capacity`, and every call takes its amount out.

    What is larger than the bucket goes when the bucket is full, and leaves a debt.
    """

    def __init__(self, rate: float, capacity: float, now: float) -> None:
        self.rate = rate
        self.capacity = self._level = capacity
        self._at = now

    @classmethod
    def a_minute(cls, allowed: int, now: float) -> "Bucket":
        """Lets no more than `allowed` pass in any minute, evenly: what may go at once is taken off the rate."""
        capacity = max(1.0, allowed * BURST / MINUTE)
        return cls((allowed + 1 - capacity) / MINUTE, capacity, now)

    def wait(self, amount: float, now: float) -> float:
        """The seconds until `amount` may be taken."""
        missing = min(amount, self.capacity) - self._filled(now)
        return missing / self.rate if missing > NOTHING else 0.0

    def take(self, amount: float, now: float) -> None:
        self._level = self._filled(now) - amount

    def give(self, amount: float, now: float) -> None:
        """Puts back what was taken and not used; what was used and not taken is a negative amount."""
        self.take(-amount, now)
        self._level = min(self._level, self.capacity)

    def repace(self, rate: float, capacity: float, now: float) -> None:
        """Another rate and capacity from now on."""
        self._level = min(self._filled(now), capacity)
        self.rate, self.capacity = rate, capacity

    def _filled(self, now: float) -> float:
        self._level = min(self.capacity, self._level + self.rate * max(0.0, now - self._at))
        self._at = now
        return self._level
