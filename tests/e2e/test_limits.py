"""Two servers in processes of their own count together over Redis, and go on without it."""

from __future__ import annotations

import pytest

from .server import Caller, Server, Site

TASKS = "/api/v1/tasks"


@pytest.fixture
def servers(tmp_path, redis_server):
    """Two servers over one data folder and one Redis."""
    settings = {
        "PRONAFLOW_REDIS_URL": redis_server.url,
        "PRONAFLOW_RATE_LIMIT__ENABLED": "true",
        "PRONAFLOW_RATE_LIMIT__PROCESSES": "2",
        "PRONAFLOW_RATE_LIMIT__USER_PER_MINUTE": "20",
        "PRONAFLOW_RATE_LIMIT__ANONYMOUS_PER_MINUTE": "10",
    }
    site = Site(tmp_path, settings=settings)
    started = []
    try:
        for _ in range(2):
            started.append(Server(site))
        yield started
    finally:
        for server in started:
            server.close()


def spread(times, *callers):
    """The answers to so many requests, sent to the servers in turn."""
    return [callers[number % len(callers)].get(TASKS) for number in range(times)]


def statuses(times, *callers):
    return [answer.status for answer in spread(times, *callers)]


def test_they_share_one_limit_and_neither_fails_while_redis_hangs_or_is_dead(servers, redis_server):
    one, two = servers
    with Caller(one) as ann, Caller(one) as nobody, Caller(two) as nobody_there:
        ann.sign_up("ann")
        with Caller(two, ann.token) as ann_there:
            assert statuses(21, ann, ann_there) == [200] * 20 + [429]
            # Signing up were two requests without a credential.
            assert statuses(9, nobody, nobody_there) == [401] * 8 + [429]
            for end in (redis_server.pause, redis_server.kill):
                end()
                away = spread(30, ann, ann_there)
                assert {answer.status for answer in away} <= {200, 429}
                assert {answer.headers["X-RateLimit-Policy"] for answer in away} == {"local"}
                assert {answer.headers["X-RateLimit-Limit"] for answer in away} == {"10"}
            assert set(statuses(20, nobody, nobody_there)) <= {401, 429}
