"""Everything at once: people make marks while something dies every second or so, in production.

FAULT_SECONDS says for how long (60 in `make faults`). The table at the end is what a reader wants to know.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle

import pytest
from redis import Redis

from pronaflow_kernel.testing.redis import RedisServer

from .installation import THREADS, Installation
from .processes import PATIENCE, PostgreSQL
from .records import Record

SECONDS = float(os.environ.get("FAULT_SECONDS", "5"))

PAUSES = (0.8, 2.0)
"""Seconds between two faults: at least, at most."""

SEED = 20_261


class Chaos:
    """What may happen.

    Arguments:
        site: in production.
        postgresql, redis: below it.
        chance: tells what happens next, and when.
    """

    def __init__(
        self, site: Installation, postgresql: PostgreSQL, redis: RedisServer, chance: random.Random
    ) -> None:
        self._site, self._postgresql, self._redis, self._chance = site, postgresql, redis, chance
        self.faults: Counter[str] = Counter()

    def web(self) -> None:
        """The server is killed."""
        self._site.web.kill()

    def worker(self) -> None:
        """A worker is killed, and whoever would start it again."""
        self._chance.choice(self._site.at_work).kill()

    def redis(self) -> None:
        """Redis is killed and comes back empty."""
        self._redis.kill()
        self._redis.start()

    def flushed(self) -> None:
        """Everything in Redis is thrown away."""
        with Redis.from_url(self._redis.url) as client:
            client.flushall()

    def database(self) -> None:
        """PostgreSQL is killed and comes back."""
        self._postgresql.stop()
        self._postgresql.start()

    def run(self, seconds: float) -> None:
        """Let something happen every now and then, each kind of thing in turn."""
        kinds: list[Callable[[], None]] = [self.web, self.worker, self.redis, self.flushed, self.database]
        self._chance.shuffle(kinds)
        end = time.monotonic() + seconds
        for fault in cycle(kinds):
            if time.monotonic() > end:
                return
            self._site.acknowledge(1)
            time.sleep(self._chance.uniform(*PAUSES))
            fault()
            self.faults[fault.__name__] += 1
            self._site.start()


@pytest.mark.parametrize("seed", [SEED])
def test_nothing_is_lost(install, postgresql, redis_server, capsys, seed: int) -> None:
    site: Installation = install("production")
    chaos = Chaos(site, postgresql, redis_server, random.Random(seed))
    with site.load():
        site.acknowledge(1)
        chaos.run(SECONDS)
    since = time.monotonic()
    site.settle(PATIENCE)
    record = site.record()
    with capsys.disabled():
        print(summary(chaos, site, record, time.monotonic() - since))  # noqa: T201 - it is for a reader
    kills = sum(chaos.faults[kind] for kind in ("web", "worker", "database"))
    assert record.problems(kills * THREADS) == []
    assert {status for status, _ in site.refused} <= {503}


def summary(chaos: Chaos, site: Installation, record: Record, drained: float) -> str:
    """The figures of a run."""
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(chaos.faults.items()))
    stored = set(record.marks)
    rows = {
        f"faults ({faults})": sum(chaos.faults.values()),
        "changes acknowledged": len(record.acknowledged),
        "of them lost": len(set(record.acknowledged) - stored),
        "events": len(record.events),
        "effects in the database, each once": len(record.effects.get("unordered", [])),
        "calls of others": len(record.calls),
        "of them twice": record.twice,
        "requests answered 503": len(site.refused),
        "seconds until nothing was left": round(drained, 1),
    }
    return "\n\n" + "\n".join(f"  {name:<70} {value:>8}" for name, value in rows.items())
