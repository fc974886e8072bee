"""Where requests are counted: in Redis for all processes together, else in the memory of this one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ...assembly import StartRefused
from ...clock import Clock
from ...plugins.breaker import Breaker
from .rate import MINUTE, RateLimit, Standing

if TYPE_CHECKING:
    from ...settings import Settings

log = logging.getLogger("pronaflow.limits")

FAILURES = 3
"""So many failures of Redis within a minute, and it is left alone for `PAUSE`."""

PAUSE = timedelta(seconds=5)
"""How long that is before one request tries again; a Redis that hangs costs each try 100 ms."""

LOST = (
    "rate limits are counted by each server alone: Redis does not answer (%s); it is asked every %d seconds"
)


ALONE = (
    "Another server was seen on this database within the last minute. Without redis_url each counts requests "
    "alone and grants a caller the whole limit: set redis_url, or rate_limit.processes to how many there are"
)
SPLIT = (
    "Without redis_url each process counts requests alone and grants a caller only its part of a limit, "
    "processes being {processes}: set redis_url, so that all count together"
)


class Limiter(Protocol):
    """Counts requests."""

    def take(self, rate: RateLimit) -> Standing:
        """Count a request unless the limit is used up."""

    def look(self, rate: RateLimit) -> Standing:
        """Where a caller stands, without counting."""


class Off:
    """Counts nothing: everybody always has the whole limit.

    Arguments:
        clock: tells the present.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def take(self, rate: RateLimit) -> Standing:
        """Admit."""
        reset = int(self._clock.now().timestamp()) + MINUTE
        return Standing(True, rate.per_minute, rate.per_minute, reset, MINUTE, rate.tier, "off")

    look = take


class Shared:
    """Counts in Redis, and in this process while Redis is away.

    Whatever is wrong with Redis, no request fails or waits for it: three failures open a breaker.

    Arguments:
        redis: counts for all processes.
        local: counts here.
        clock: for the breaker.
    """

    def __init__(self, redis: Limiter, local: Limiter, clock: Clock) -> None:
        self._redis, self._local = redis, local
        self._breaker = Breaker(clock, FAILURES, PAUSE)

    def take(self, rate: RateLimit) -> Standing:
        """See `Limiter`."""
        return self._ask(self._redis.take, rate) or self._local.take(rate)

    def look(self, rate: RateLimit) -> Standing:
        """See `Limiter`."""
        return self._ask(self._redis.look, rate) or self._local.look(rate)

    def _ask(self, redis: Callable[[RateLimit], Standing], rate: RateLimit) -> Standing | None:
        """What Redis says; None where it says nothing or is left alone."""
        if not self._breaker.lets_through():
            return None
        try:
            standing = redis(rate)
        except Exception as error:  # Of any kind: that nothing can be counted is no reason to refuse.
            if self._breaker.failed():
                log.warning(LOST, error, PAUSE.total_seconds())
            return None
        self._breaker.succeeded()
        return standing


def sharing(settings: Settings) -> int:
    """How many processes share the load: those of this server at least."""
    return max(settings.rate_limit.processes, settings.server.processes)


def shortcoming(settings: Settings, others: int) -> str | None:
    """What an operator must be told at the start of a server in production; None where all is well.

    Arguments:
        others: how many other servers were seen on the database.
    """
    if not (settings.production and settings.rate_limit.enabled) or settings.redis_url is not None:
        return None
    if sharing(settings) > 1:
        return SPLIT.format(processes=sharing(settings))
    return ALONE if others else None


def limiter_from(settings: Settings, clock: Clock) -> Limiter:
    """The limiter that the settings ask for.

    Raises:
        StartRefused: `redis_url` cannot be used, or the library for it is not installed.
    """
    if not settings.rate_limit.enabled:
        return Off(clock)
    # Takes a tenth of a second, and Redis more: only a server that counts needs them.
    from .windows import Memory, Redis, Windows

    processes = sharing(settings)
    if settings.redis_url is None:
        return Windows(Memory(clock), clock, processes, local=processes > 1)
    try:
        redis = Windows(Redis(settings.redis_url), clock)
    except ModuleNotFoundError as error:
        words = "redis_url needs a library that is not installed: pip install 'pronaflow-kernel[redis]'"
        raise StartRefused(words) from error
    except ValueError as error:
        raise StartRefused(f"redis_url cannot be used: {error}") from error
    return Shared(redis, Windows(Memory(clock), clock, processes, local=True), clock)
