"""Redis is killed, comes back empty, is flushed or full: nobody notices but by a little delay."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from pronaflow_kernel.testing.redis import RedisServer

from .conftest import bound, rounds
from .installation import Installation

LAG = 10.0
"""Seconds until everything is done that was asked for while Redis was away."""


def flush(redis: RedisServer) -> None:
    with Redis.from_url(redis.url) as client:
        client.flushall()


def restart_empty(redis: RedisServer) -> None:
    redis.kill()
    redis.start()


def hang(redis: RedisServer) -> None:
    redis.pause()


def fill(redis: RedisServer) -> None:
    with Redis.from_url(redis.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1mb")


def recover(redis: RedisServer) -> None:
    """Whatever was done to it."""
    redis.kill()
    redis.start()


HARM: list[Callable[[RedisServer], None]] = [RedisServer.kill, restart_empty, flush, hang, fill]


def test_nothing_is_lost_and_nobody_refused(install, redis_server: RedisServer) -> None:
    site: Installation = install("production")
    with site.load():
        for harm in HARM * rounds(1):
            site.acknowledge(5)
            harm(redis_server)
            site.acknowledge(20)
            recover(redis_server)
    assert site.refused == []
    site.settle(bound(LAG))
    assert site.record().problems() == []


@pytest.mark.parametrize("there", [False, True])
def test_bells_that_ring_thrice_late_and_out_of_order_change_nothing(
    install, redis_server: RedisServer, there: bool
) -> None:
    site: Installation = install("production" if there else "sqlite", FAULTS_BELLS="chaos")
    with site.load():
        site.acknowledge(60 * rounds(1))
    site.settle()
    assert site.record().problems() == []
