"""How often somebody may ask, and for how much at once. Counted in memory: a restart forgives everybody."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from grader.errors import Refused

UPLOADS = RateLimitItemPerMinute(120, namespace="uploads")
WRONG_TOKENS = RateLimitItemPerMinute(20, namespace="wrong tokens")
UNDER_WAY = 3
"""Uploads of one person at a time."""


class Rates:
    def __init__(self) -> None:
        self.limiter = MovingWindowRateLimiter(MemoryStorage())
        self.under_way: Counter[int] = Counter()

    def wrong_token(self, address: str) -> bool:
        """Count one; whether these are too many. Whoever has a right one is never kept out for a neighbour's wrong ones."""
        return not self.limiter.hit(WRONG_TOKENS, address)

    @contextmanager
    def upload(self, person: int) -> Iterator[None]:
        """While it comes in and is looked at. Raises Refused where there are too many."""
        if self.under_way[person] >= UNDER_WAY:
            raise Refused(f"{UNDER_WAY} uploads of yours are under way; wait for one of them.", status=429)
        if not self.limiter.hit(UPLOADS, str(person)):
            raise Refused(f"These are more than {UPLOADS.amount} uploads in a minute.", status=429)
        self.under_way[person] += 1
        try:
            yield
        finally:
            self.under_way[person] -= 1
            self.under_way += Counter()  # forgets those with none
