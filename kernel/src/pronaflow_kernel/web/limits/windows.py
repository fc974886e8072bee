"""Counting by the sliding-window counter of `limits`, in the memory of a process or in Redis.

The counter weighs the window before by what of it still lies within a minute. So around the edge of two
windows hardly more than the limit gets through, and the call after the last one that is granted is refused.
"""

from __future__ import annotations

import threading
import time
from math import floor
from typing import Any, NamedTuple, Protocol

from limits.storage import MemoryStorage, RedisStorage

from ...clock import Clock
from .rate import MINUTE, RateLimit, Standing

PATIENCE = 0.1
"""Seconds that Redis may take to accept a connection, and to answer."""

PREFIX = "pronaflow:rate"
"""What all keys in Redis begin with; they end by themselves after two windows."""


class Counts(NamedTuple):
    """What `limits` knows of a bucket.

    Arguments:
        previous: requests in the window before; fades_in: seconds until it counts no more.
        current: requests in the window that runs; lasts: seconds until these count no more.
    """

    previous: int
    fades_in: float
    current: int
    lasts: float


class Storage(Protocol):
    """Where is counted."""

    def take(self, bucket: str, limit: int) -> tuple[bool, Counts]:
        """Count a request unless the limit is used up; whether it was counted, and what there is then."""

    def look(self, bucket: str) -> Counts:
        """What there is, without counting."""


class _Unneeded(threading.Timer):
    """Stands where `limits` keeps the timer that it starts anew with nearly every hit."""

    def is_alive(self) -> bool:
        """As if it ran, so that no other is started."""
        return True


class Memory(MemoryStorage):
    """The memory of this process.

    Beside the library's own it goes by our clock, is exact between threads, and sweeps once a minute: a new
    thread with each hit, which looks at all keys, costs far more than the hit itself.

    Arguments:
        clock: tells the present.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.timer.cancel()
        self.timer = _Unneeded(0, lambda: None)
        self._clock = clock
        self._lock = threading.Lock()
        self._swept = time.monotonic()

    def take(self, bucket: str, limit: int) -> tuple[bool, Counts]:
        """See `Storage`."""
        with self._lock:
            self._sweep()
            return self.acquire_sliding_window_entry(bucket, limit, MINUTE), self.look(bucket)

    def look(self, bucket: str) -> Counts:
        """See `Storage`."""
        return Counts(*self.get_sliding_window(bucket, MINUTE))

    def sliding_window_keys(  # type: ignore[override]  # there it is a classmethod, which knows no clock
        self, key: str, expiry: int, at: float
    ) -> tuple[str, str]:
        """As in `limits`."""
        return super().sliding_window_keys(key, expiry, self._clock.now().timestamp())

    def _get_sliding_window_info(
        self, previous_key: str, current_key: str, expiry: int, now: float
    ) -> tuple[int, float, int, float]:
        now = self._clock.now().timestamp()
        return super()._get_sliding_window_info(previous_key, current_key, expiry, now)

    def _sweep(self) -> None:
        if time.monotonic() - self._swept >= MINUTE:
            self._swept = time.monotonic()
            for key in list(self.expirations):
                self.get(key)  # drops it if it has ended


_BOTH = f"""
local function take() {RedisStorage.SCRIPT_ACQUIRE_SLIDING_WINDOW.decode()} end
local function look() local ARGV = {{ARGV[2]}} {RedisStorage.SCRIPT_SLIDING_WINDOW.decode()} end
return {{take(), unpack(look())}}
"""
"""The scripts of `limits` for counting and for looking, in one: together they cost hardly more than one."""


class Redis(RedisStorage):
    """Redis, with the scripts of `limits`.

    It waits 100 ms at most for an answer, and never tries again by itself.

    Arguments:
        url: `redis://`, `rediss://` or `unix://`.

    Raises:
        ModuleNotFoundError: the package redis is not installed.
        ValueError: the URL says something that the package does not know.
    """

    def __init__(self, url: str) -> None:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        waits: dict[str, Any] = {"socket_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
        if not url.startswith("unix:"):
            waits["socket_connect_timeout"] = PATIENCE
        super().__init__(url, key_prefix=PREFIX, **waits)
        self._both = self.storage.register_script(_BOTH)

    def take(self, bucket: str, limit: int) -> tuple[bool, Counts]:
        """See `Storage`."""
        keys = [self.prefixed_key(of(bucket)) for of in (self._previous_window_key, self._current_window_key)]
        taken, *found = self._both(keys, [limit, MINUTE, 1])
        return bool(taken), _counts(*found)

    def look(self, bucket: str) -> Counts:
        """See `Storage`."""
        return Counts(*self.get_sliding_window(bucket, MINUTE))


def _counts(previous: bytes | None, fades_in: int, current: bytes | None, lasts: int) -> Counts:
    """What the script for looking answers; times are milliseconds there, negative for a key that is not."""
    return Counts(int(previous or 0), max(0, fades_in) / 1000, int(current or 0), max(0, lasts) / 1000)


class Windows:
    """Counts in one storage.

    Arguments:
        storage: where.
        clock: tells the present.
        processes: how many processes share a limit without knowing of each other's counts.
        local: whether answers say that this process counts alone.
    """

    def __init__(self, storage: Storage, clock: Clock, processes: int = 1, local: bool = False) -> None:
        self._storage = storage
        self._clock = clock
        self._processes = processes
        self._policy = "local" if local else None

    def take(self, rate: RateLimit) -> Standing:
        """Count a request unless the limit is used up."""
        limit = self._limit(rate)
        taken, counts = self._storage.take(rate.bucket, limit)
        return self._standing(taken, limit, rate.tier, counts)

    def look(self, rate: RateLimit) -> Standing:
        """Where the caller stands, without counting."""
        return self._standing(True, self._limit(rate), rate.tier, self._storage.look(rate.bucket))

    def _limit(self, rate: RateLimit) -> int:
        return max(1, rate.per_minute // self._processes)

    def _standing(self, admitted: bool, limit: int, tier: str, counts: Counts) -> Standing:
        weighed = counts.previous * counts.fades_in / MINUTE
        # A count lasts for two windows and fades in the second; without any, the first one begins now.
        left = counts.lasts - MINUTE if counts.lasts else MINUTE
        return Standing(
            admitted=admitted,
            limit=limit,
            remaining=max(0, limit - floor(weighed) - counts.current),
            # The next second after the end: at the end itself the window before still counts whole.
            reset=floor(self._clock.now().timestamp() + left) + 1,
            wait=floor(left) + 1,
            tier=tier,
            policy=self._policy,
        )
