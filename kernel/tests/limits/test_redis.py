"""Counting together over Redis, and what becomes of it while Redis is away."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.assembly import StartRefused
from pronaflow_kernel.clock import SystemClock
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.settings import load
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.redis import RedisServer
from pronaflow_kernel.web.limits.limiter import PAUSE, Limiter, limiter_from, shortcoming
from pronaflow_kernel.web.limits.rate import RateLimit
from pronaflow_kernel.web.limits.windows import PREFIX

NOTES = "/api/v1/notes"
BEARABLE = 4.0
"""Seconds for 80 requests of an outage together, with much room: three wait 100 ms each, the others not."""

ONE_WAIT, SEVERAL = 0.1, 0.4
"""Seconds that one request waits for a Redis that hangs, and what five that all wait take at least."""


def limiter_at(url: str | None, **settings: Any) -> Limiter:
    overrides = {"redis_url": url, **{f"rate_limit.{key}": value for key, value in settings.items()}}
    return limiter_from(load(env={}, overrides=overrides), SystemClock())


def fresh(limit: int = 20) -> RateLimit:
    return RateLimit(limit, "default", f"test:{new_id()}")


def statuses(person: Person, times: int) -> list[int]:
    return [person.get(NOTES).status for _ in range(times)]


def policies(person: Person, times: int) -> list[str | None]:
    return [person.get(NOTES).headers.get("X-RateLimit-Policy") for _ in range(times)]


class TestTogether:
    def test_limiters_on_one_redis_share_a_limit(self, redis_url: str) -> None:
        one, two, rate = limiter_at(redis_url), limiter_at(redis_url, processes=4), fresh()
        taken = [limiter.take(rate) for _ in range(15) for limiter in (one, two)]
        assert [standing.admitted for standing in taken] == [True] * 20 + [False] * 10
        assert [standing.remaining for standing in taken] == [*range(19, -1, -1), *[0] * 10]
        assert {(standing.limit, standing.policy) for standing in taken} == {(20, None)}

    def test_looking_counts_nothing(self, redis_url: str) -> None:
        limiter, rate = limiter_at(redis_url), fresh()
        assert limiter.look(rate).remaining == 20
        limiter.take(rate)
        assert [limiter.look(rate).remaining for _ in range(5)] == [19] * 5

    def test_the_window_ends_within_a_minute(self, redis_url: str) -> None:
        limiter, rate = limiter_at(redis_url), fresh()
        for standing in (limiter.look(rate), limiter.take(rate), limiter.take(rate), limiter.look(rate)):
            assert 59 <= standing.reset - time.time() <= 61
            assert 59 <= standing.wait <= 61

    def test_all_keys_say_whose_they_are_and_end(self, redis_server: RedisServer) -> None:
        from redis import Redis

        limiter_at(redis_server.url).take(fresh())
        with Redis.from_url(redis_server.url) as client:
            found = {key.decode(): client.ttl(key) for key in client.scan_iter()}
        assert found
        assert [key for key, ends in found.items() if not key.startswith(PREFIX) or not 0 < ends <= 120] == []

    def test_servers_share_the_limits_of_people_and_addresses(
        self, counting_with: Callable[..., World], redis_server: RedisServer
    ) -> None:
        one, two = (counting_with(redis_url=redis_server.url) for _ in range(2))
        ann = one.person()
        there = Person(two.app.test_client(), ann.token)
        assert statuses(ann, 60) + statuses(there, 60) == [200] * 100 + [429] * 20
        assert statuses(one.anonymous(), 20) + statuses(two.anonymous(), 20) == [401] * 30 + [429] * 10


class TestAway:
    """Redis hangs or is dead: no answer fails or waits for long, and the limit holds in each process."""

    @pytest.fixture
    def world(self, counting_with: Callable[..., World], redis_server: RedisServer) -> World:
        return counting_with(redis_url=redis_server.url, **{"rate_limit.processes": 2})

    @pytest.mark.parametrize("end", [RedisServer.pause, RedisServer.kill], ids=["hangs", "is dead"])
    def test_each_process_grants_its_part(
        self,
        world: World,
        redis_server: RedisServer,
        end: Callable[[RedisServer], None],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        ann = world.person()
        assert statuses(ann, 60) == [200] * 60
        end(redis_server)
        since = time.monotonic()
        assert statuses(ann, 60) == [200] * 50 + [429] * 10
        assert statuses(world.anonymous(), 20) == [401] * 15 + [429] * 5
        assert time.monotonic() - since < BEARABLE
        shown = ann.get(NOTES).headers
        assert (shown["X-RateLimit-Policy"], shown["X-RateLimit-Limit"]) == ("local", "50")
        [warning] = [r for r in caplog.records if r.name == "pronaflow.limits"]
        assert warning.levelno == logging.WARNING
        assert "counted by each server alone: Redis does not answer" in warning.getMessage()

    def test_one_that_hangs_is_asked_again_once_in_a_while_and_counts_again_when_it_answers(
        self, world: World, redis_server: RedisServer
    ) -> None:
        ann = world.person()
        redis_server.pause()
        assert policies(ann, 5) == ["local"] * 5
        since = time.monotonic()
        assert policies(ann, 5) == ["local"] * 5
        assert time.monotonic() - since < SEVERAL, "it is not even asked"
        redis_server.resume()
        assert policies(ann, 1) == ["local"]
        world.clock.advance(PAUSE.total_seconds())
        assert policies(ann, 3) == [None] * 3

    def test_one_that_was_started_anew_counts_again(self, world: World, redis_server: RedisServer) -> None:
        ann = world.person()
        assert policies(ann, 1) == [None]
        redis_server.kill()
        assert policies(ann, 5) == ["local"] * 5
        redis_server.start()
        world.clock.advance(PAUSE.total_seconds())
        assert policies(ann, 1) == [None]
        assert ann.get(NOTES).headers["X-RateLimit-Remaining"] == "98"

    def test_a_single_request_tries_while_the_others_go_on(
        self, world: World, redis_server: RedisServer
    ) -> None:
        ann = world.person()
        redis_server.pause()
        policies(ann, 5)
        world.clock.advance(PAUSE.total_seconds())
        since = time.monotonic()
        policies(ann, 5)
        assert ONE_WAIT <= time.monotonic() - since < SEVERAL

    def test_a_server_starts_without_it(self, counting_with: Callable[..., World]) -> None:
        world = counting_with(redis_url="redis://127.0.0.1:1/0")
        assert statuses(world.person(), 101) == [200] * 100 + [429]
        assert world.anonymous().get("/health").status == 200

    def test_health_does_not_hang_with_it(self, world: World, redis_server: RedisServer) -> None:
        redis_server.pause()
        since = time.monotonic()
        assert {world.anonymous().get("/health/live").status for _ in range(20)} == {200}
        assert time.monotonic() - since < BEARABLE


class TestSettings:
    def test_where_no_limits_are_redis_is_not_asked_for(self) -> None:
        assert limiter_at("redis://127.0.0.1:1/0", enabled=False).take(fresh()).policy == "off"

    def test_processes_that_share_no_redis_grant_their_part(self) -> None:
        limiter, rate = limiter_at(None, processes=4), fresh()
        taken = [limiter.take(rate) for _ in range(8)]
        assert [standing.admitted for standing in taken] == [True] * 5 + [False] * 3
        assert {(standing.limit, standing.policy) for standing in taken} == {(5, "local")}

    @pytest.mark.parametrize(
        ("changes", "others", "words"),
        [
            ({}, 0, None),
            ({}, 1, "Another server was seen"),
            ({"rate_limit.processes": 4}, 0, "processes being 4: set redis_url"),
            ({"server.processes": 2}, 0, "processes being 2: set redis_url"),
            ({"redis_url": "redis://r"}, 1, None),
            ({"rate_limit.enabled": False}, 1, None),
            ({"environment": "development"}, 1, None),
        ],
        ids=["one server", "two", "four by name", "two of its own", "Redis", "no limits", "no production"],
    )
    def test_servers_in_production_that_count_alone_are_told(
        self, changes: dict[str, Any], others: int, words: str | None
    ) -> None:
        production = {"environment": "production", "secret_key": [new_id()], **changes}
        told = shortcoming(load(env={}, overrides=production), others)
        assert told is None if words is None else words in str(told)

    def test_an_option_that_is_none_is_refused_at_the_start(self) -> None:
        with pytest.raises(StartRefused, match=r"redis_url cannot be used: .*socket_timeout"):
            limiter_at("redis://127.0.0.1:1/0?socket_timeout=soon")

    def test_a_library_that_is_missing_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("redis", "redis.backoff"):
            monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(StartRefused, match=r"pip install 'pronaflow-kernel\[redis\]'"):
            limiter_at("redis://127.0.0.1:1/0")
