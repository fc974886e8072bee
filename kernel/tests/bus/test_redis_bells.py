"""Bells over a real Redis: one a queue, heard at once, and nobody's trouble while Redis is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import dramatiq
import pytest
from redis import Redis

from pronaflow_kernel.jobs.bells import RedisBell
from pronaflow_kernel.jobs.broker import ACTOR, PREFIX, BellBroker, bell
from pronaflow_kernel.testing.redis import RedisServer

PATIENCE = 20.0
"""Seconds after which what was waited for counts as missing."""

UNNOTICED = 0.05
"""Seconds that a hundred rings may take together, with much room on a machine that is busy."""


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


class Ear:
    """A worker process as far as bells are concerned."""

    def __init__(self, url: str, *queues: str) -> None:
        self.heard: list[str] = []
        self.meets: Callable[[], object] = lambda: None
        self._broker = BellBroker(url)
        dramatiq.Actor(
            self._drain, broker=self._broker, actor_name=ACTOR, queue_name=queues[0], priority=0, options={}
        )
        for queue in queues:
            self._broker.declare_queue(queue)
        self._worker = dramatiq.Worker(self._broker, worker_timeout=100, worker_threads=1)
        self._worker.start()

    def _drain(self, queue: str) -> None:
        self.heard.append(queue)
        self.meets()

    def close(self) -> None:
        self._worker.stop()
        self._broker.close()


@pytest.fixture
def listening() -> Iterator[Callable[..., Ear]]:
    made: list[Ear] = []

    def make(*args: Any) -> Ear:
        made.append(Ear(*args))
        return made[-1]

    yield make
    for ear in made:
        ear.close()


@pytest.fixture
def ringing() -> Iterator[Callable[[str], RedisBell]]:
    made: list[RedisBell] = []

    def make(url: str) -> RedisBell:
        made.append(RedisBell(BellBroker(url), again=0.05))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(redis_server.url) as made:
        yield made


class TestRinging:
    def test_a_bell_is_heard_for_the_queue_that_was_rung(
        self, redis_server: RedisServer, listening: Any, ringing: Any
    ) -> None:
        ear = listening(redis_server.url, "default", "mail")
        ringing(redis_server.url).ring("mail")
        until(lambda: ear.heard)
        assert ear.heard == ["mail"]

    def test_each_bell_is_heard_by_one_worker(
        self, redis_server: RedisServer, listening: Any, ringing: Any
    ) -> None:
        ears = [listening(redis_server.url, "default") for _ in range(3)]
        rings = ringing(redis_server.url)
        for count in range(1, 6):
            rings.ring("default")
            until(lambda count=count: sum(len(ear.heard) for ear in ears) == count)

    def test_however_many_ring_redis_holds_one_bell_a_queue(
        self, redis_server: RedisServer, ringing: Any, client: Redis
    ) -> None:
        rings = [ringing(redis_server.url) for _ in range(3)]
        for number in range(3000):
            rings[number % 3].ring(f"queue{number % 5}")
        until(lambda: client.dbsize() >= 5)
        for each in rings:
            each.close()
        keys = sorted(key.decode() for key in client.scan_iter() if key != f"{PREFIX}:check".encode())
        assert keys == [f"{PREFIX}:queue{number}" for number in range(5)]
        assert {client.zcard(key) for key in keys} == {1}
        assert sum(client.memory_usage(key) or 0 for key in keys) < 10_000

    def test_a_worker_takes_no_more_bells_than_it_can_answer(
        self, redis_server: RedisServer, listening: Any, client: Redis
    ) -> None:
        busy, release, broker = threading.Event(), threading.Event(), BellBroker(redis_server.url)
        ear = listening(redis_server.url, "default")
        ear.meets = lambda: (busy.set(), release.wait(PATIENCE))
        rung = 0
        end = time.monotonic() + PATIENCE
        while client.zcard(f"{PREFIX}:default") == 0 or rung < 10:
            broker.enqueue(bell("default"))
            rung += 1
            assert time.monotonic() < end
        assert busy.wait(PATIENCE)
        release.set()
        until(lambda: client.zcard(f"{PREFIX}:default") == 0)
        broker.close()

    def test_what_is_no_bell_is_passed_over(
        self, redis_server: RedisServer, listening: Any, ringing: Any, client: Redis
    ) -> None:
        client.zadd(f"{PREFIX}:default", {b"\xff no JSON": 0})
        ear = listening(redis_server.url, "default")
        until(lambda: client.zcard(f"{PREFIX}:default") == 0)
        ringing(redis_server.url).ring("default")
        until(lambda: ear.heard)


class TestTrouble:
    """No ring raises or waits, `working` tells how it stands, and all is well as soon as Redis is."""

    def test_rings_meet_no_redis(self, redis_server: RedisServer, ringing: Any, listening: Any) -> None:
        redis_server.kill()
        rings, ear = ringing(redis_server.url), listening(redis_server.url, "default")
        assert _seconds(rings, 100) < UNNOTICED
        until(lambda: not rings.working)
        redis_server.start()
        until(lambda: rings.working)
        until(lambda: ear.heard)  # what was rung meanwhile is rung now

    def test_redis_hangs(self, redis_server: RedisServer, ringing: Any, listening: Any) -> None:
        rings, ear = ringing(redis_server.url), listening(redis_server.url, "default")
        rings.ring("default")
        until(lambda: ear.heard)
        redis_server.pause()
        assert _seconds(rings, 100) < UNNOTICED
        until(lambda: not rings.working)
        ear.heard.clear()
        redis_server.resume()
        until(lambda: rings.working)
        until(lambda: rings.ring("default") or ear.heard)

    def test_redis_is_killed_and_comes_back_empty(
        self, redis_server: RedisServer, ringing: Any, listening: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        rings, ear = ringing(redis_server.url), listening(redis_server.url, "default")
        with caplog.at_level(logging.INFO):
            for _ in range(2):
                rings.ring("default")
                until(lambda: ear.heard)
                redis_server.kill()
                until(lambda: not rings.working)  # found out without a ring
                ear.heard.clear()
                redis_server.start()
                until(lambda: rings.working)
            until(lambda: rings.ring("default") or ear.heard)
        assert [r.getMessage() for r in caplog.records if r.levelno > logging.WARNING] == []
        assert [
            r for r in caplog.records if r.name.startswith("dramatiq") and "Restarting" in r.message
        ] == []

    def test_everything_in_redis_is_thrown_away(
        self, redis_server: RedisServer, ringing: Any, listening: Any, client: Redis
    ) -> None:
        rings = ringing(redis_server.url)
        rings.ring("default")
        until(lambda: client.zcard(f"{PREFIX}:default"))
        client.flushall()
        ear = listening(redis_server.url, "default")
        until(lambda: rings.ring("default") or ear.heard)

    def test_redis_is_full(self, redis_server: RedisServer, ringing: Any, client: Redis) -> None:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1mb")
        client.config_set("maxmemory", "1")  # surely full, whatever an empty one takes
        rings = ringing(redis_server.url)
        assert _seconds(rings, 100) < UNNOTICED
        until(lambda: not rings.working)
        client.config_set("maxmemory", "0")
        until(lambda: rings.working)
        until(lambda: client.zcard(f"{PREFIX}:default"))

    def test_a_short_look_at_redis_is_enough_to_end(self, redis_server: RedisServer, ringing: Any) -> None:
        rings = ringing(redis_server.url)
        redis_server.pause()
        rings.ring("default")
        since = time.monotonic()
        rings.close()
        assert time.monotonic() - since < 5.0


def _seconds(rings: RedisBell, times: int) -> float:
    since = time.perf_counter()
    for _ in range(times):
        rings.ring("default")
    return time.perf_counter() - since
