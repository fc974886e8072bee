"""What tokens were used for is counted beside the requests, and every request of an orderly server counts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from pronaflow_integrations.usage.counts import Counts
from pronaflow_kernel.api import Answered
from pronaflow_kernel.testing import Person, World

TOKENS = "/api/v1/integration/tokens"
DAY = 86_400


@pytest.fixture
def token(ann: Person, token_of: Callable[..., Any]) -> Any:
    """A token of ann's."""
    return token_of(ann, "write:projects", "read:tasks")


@pytest.fixture
def bot(ann: Person, token: Any) -> Person:
    """A program that sends it."""
    return replace(ann, token=token["token"])


@pytest.fixture
def usage(world: World, ann: Person, token: Any) -> Callable[..., Any]:
    """The usage of the token, once all was written."""

    def read(**query: Any) -> Any:
        world.drain()
        return ann.get(f"{TOKENS}/{token['id']}/usage", **query).data

    return read


def test_each_request_is_counted_by_method_route_and_status(bot: Person, usage: Callable[..., Any]) -> None:
    made = bot.post("/api/v1/projects", {"name": "One"}).data
    for _ in range(3):
        bot.get(f"/api/v1/projects/{made['id']}")
    bot.get("/api/v1/projects")
    assert bot.post("/api/v1/projects", {}).status == 422
    assert bot.get("/api/v1/auth/me").status == 403
    assert bot.get("/api/v1/nowhere").status == 404
    assert bot.request("PUT", "/api/v1/projects").status == 405
    shown = usage()
    assert shown["total_requests"] == 9
    assert shown["requests_by_method"] == {"GET": 6, "POST": 2, "PATCH": 0, "DELETE": 0, "PUT": 1}
    assert shown["requests_by_endpoint"] == [
        {"endpoint": "GET /api/v1/projects/{project_id}", "count": 3},
        {"endpoint": "POST /api/v1/projects", "count": 2},
        {"endpoint": "GET (none)", "count": 1},
        {"endpoint": "GET /api/v1/auth/me", "count": 1},
        {"endpoint": "GET /api/v1/projects", "count": 1},
        {"endpoint": "PUT (none)", "count": 1},
    ]
    assert shown["requests_by_status"] == {"2xx": 5, "4xx": 4}


def test_it_is_told_by_hour_and_by_day(world: World, bot: Person, usage: Callable[..., Any]) -> None:
    for seconds in (0, 3600, DAY):
        world.clock.advance(seconds)
        bot.get("/api/v1/projects")
    days = usage()
    assert days["period"] == {"start": "2026-02-02", "end": "2026-03-03"}
    assert days["requests_by_period"] == [
        {"start": "2026-03-02T00:00:00Z", "count": 2},
        {"start": "2026-03-03T00:00:00Z", "count": 1},
    ]
    hours = usage(granularity="hourly", start_date="2026-03-02", end_date="2026-03-02T12:00:00Z")
    assert hours["total_requests"] == 2
    assert hours["requests_by_period"] == [
        {"start": "2026-03-02T09:00:00Z", "count": 1},
        {"start": "2026-03-02T10:00:00Z", "count": 1},
    ]


def test_a_period_that_cannot_be_is_refused(ann: Person, token: Any) -> None:
    url = f"{TOKENS}/{token['id']}/usage"
    assert ann.get(url, start_date="2026-03-03", end_date="2026-03-02").faults == {"end_date"}
    assert ann.get(url, granularity="weekly", start_date="soon").faults == {"granularity", "start_date"}
    assert ann.get(url, end_date="0001-01-01").data["total_requests"] == 0


def test_requests_of_people_are_not_counted(ann: Person, usage: Callable[..., Any]) -> None:
    ann.get("/api/v1/projects")
    assert usage()["total_requests"] == 0


def test_a_request_writes_nothing_itself(world: World, bot: Person) -> None:
    bot.get("/api/v1/projects")
    with world.statements() as seen:
        bot.get("/api/v1/projects")
    assert not [each for each in seen if not each.startswith("SELECT")]


def test_many_threads_lose_none(world: World, bot: Person, usage: Callable[..., Any]) -> None:
    def send(number: int) -> int:
        caller = replace(bot, client=world.app.test_client())
        return sum(caller.get("/api/v1/projects").status == 200 for _ in range(10))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(send, range(8))) == 80
    assert usage()["total_requests"] == 80


def test_several_processes_add_up(
    new_world: Any, new_database: Callable[[], str], token_of: Callable[..., Any]
) -> None:
    url = new_database()
    worlds = [new_world(database_url=url) for _ in range(2)]
    ann = worlds[0].person("ann")
    token = token_of(ann)
    for turn in range(3):
        for world in worlds:
            caller = replace(ann, client=world.app.test_client(), token=token["token"])
            for _ in range(turn + 1):
                caller.get("/api/v1/auth/me")
            world.drain()
    shown = ann.get(f"{TOKENS}/{token['id']}/usage").data
    assert (shown["total_requests"], shown["requests_by_method"]["GET"]) == (12, 12)


def test_an_orderly_end_loses_none(
    new_world: Any, new_database: Callable[[], str], token_of: Callable[..., Any]
) -> None:
    url = new_database()
    world, other = (new_world(database_url=url) for _ in range(2))
    ann = world.person("ann")
    token = token_of(ann)
    other.kernel.bus.start(0)
    caller = replace(ann, client=other.app.test_client(), token=token["token"])
    for _ in range(5):
        caller.get("/api/v1/auth/me")
    other.kernel.bus.stop()
    assert ann.get(f"{TOKENS}/{token['id']}/usage").data["total_requests"] == 5


def test_the_list_tells_it_where_it_is_asked(world: World, ann: Person, bot: Person, token: Any) -> None:
    bot.get("/api/v1/projects")
    world.drain()
    world.clock.advance(2 * DAY)
    bot.get("/api/v1/projects")
    world.drain()
    [plain] = ann.get(TOKENS).data
    assert plain["usage"] is None
    [row] = ann.get(TOKENS, include_usage=True).data
    assert row["usage"] == {"total_requests": 2, "last_24h": 1, "last_30d": 2}
    world.clock.advance(60 * DAY)
    [row] = ann.get(TOKENS, include_usage=True).data
    assert row["usage"] == {"total_requests": 2, "last_24h": 0, "last_30d": 0}


def test_when_it_was_used_is_noted_at_most_once_a_minute(world: World, ann: Person, bot: Person) -> None:
    def noted() -> Any:
        bot.get("/api/v1/projects")
        world.drain()
        return ann.get(TOKENS).data[0]["last_used_at"]

    assert ann.get(TOKENS).data[0]["last_used_at"] is None
    assert noted() == "2026-03-02T09:00:00Z"
    world.clock.advance(59)
    assert noted() == "2026-03-02T09:00:00Z"
    world.clock.advance(1)
    assert noted() == "2026-03-02T09:01:00Z"


def test_what_cannot_be_written_is_kept(
    world: World, bot: Person, usage: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.get("/api/v1/projects")
    with monkeypatch.context() as patch:
        failures = iter([OSError("no room")])

        def broken(self: Counts, *_: Any) -> None:
            for failure in failures:
                raise failure
            patch.undo()
            self._store(*_)

        patch.setattr(Counts, "_store", broken)
        world.drain()
    bot.get("/api/v1/projects")
    assert usage()["total_requests"] == 2


def test_a_token_that_is_gone_harms_no_other(
    world: World, ann: Person, bot: Person, usage: Callable[..., Any]
) -> None:
    counts = Counts(world.kernel.contexts["integrations"])
    gone = "01a00000-0000-7000-8000-000000000000"
    counts.note(ann.workspace_id, gone, Answered("GET", "/api/v1/projects", 200))
    counts.write()
    bot.get("/api/v1/projects")
    assert usage()["total_requests"] == 1


def test_it_is_kept_for_90_days(new_world: Any, token_of: Callable[..., Any]) -> None:
    world = new_world()
    ann = world.person("ann")
    token = token_of(ann)
    replace(ann, token=token["token"]).get("/api/v1/projects")
    world.drain()
    for days, kept in ((90, 1), (1, 0)):
        world.clock.advance(days * DAY)
        world.drain()
        shown = ann.get(f"{TOKENS}/{token['id']}/usage", start_date="2026-03-01", end_date="2026-03-03").data
        assert shown["total_requests"] == kept
    assert ann.get(TOKENS, include_usage=True).data[0]["usage"]["total_requests"] == 1


def test_the_limit_is_told(new_world: Any, token_of: Callable[..., Any]) -> None:
    world = new_world({"rate_limit.enabled": True})
    ann = world.person("ann")
    token = token_of(ann)
    caller = replace(ann, token=token["token"])
    for _ in range(4):
        caller.get("/api/v1/auth/me")
    shown = ann.get(f"{TOKENS}/{token['id']}/usage").data["rate_limit"]
    assert shown == {"tier": "free", "limit_per_minute": 60, "current_usage": 4}
