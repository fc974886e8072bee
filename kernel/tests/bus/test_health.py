"""What a server says of its background work to supervisors: enough to act, and no figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.jobs.probes import LOOK
from pronaflow_kernel.testing import Person, World


class Bell:
    """A bell that works or does not."""

    working = False

    def ring(self, queue_name: str) -> None:
        """Rings nobody."""

    def check(self) -> None:
        """Tells whether it works."""
        if not self.working:
            raise ConnectionError("nobody hears it")

    def close(self) -> None:
        """Has nothing to close."""


def ready(world: World) -> tuple[int, dict[str, Any]]:
    """Status and body of `/health/ready`."""
    answer = world.anonymous().get("/health/ready")
    return answer.status, answer.json


@pytest.fixture
def later(world: World) -> Any:
    """Lets time pass."""
    return world.clock.advance


def test_a_server_without_work_is_healthy(workshop: Any, world: World, later: Callable[..., None]) -> None:
    later(LOOK.total_seconds())
    assert ready(world) == (
        200,
        {
            "status": "ready",
            "components": dict.fromkeys(("database", "background_work", "files", "email"), "healthy"),
        },
    )


def test_work_that_waits_too_long_degrades_a_server_that_stays_in_service(
    workshop: Any, world: World, ann: Person, later: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    workshop.listen(lambda uow, event: None, "note.created")
    ann.post("/api/v1/notes", {"title": "Milk"})
    world.kernel.bus.relay()
    later(300)
    assert ready(world)[1]["components"]["background_work"] == "healthy"
    later(LOOK.total_seconds() + 1)
    status, body = ready(world)
    assert (status, body["status"]) == (200, "ready")
    assert body["components"]["background_work"] == "degraded"
    assert world.anonymous().get("/health").json["status"] == "degraded"
    assert "queue default for 306 s (pronaflow events lag)" in caplog.text
    assert "306" not in str(body)


def test_events_that_no_relay_takes_are_late_too(
    workshop: Any, world: World, ann: Person, later: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    workshop.listen(lambda uow, event: None, "note.created")
    ann.post("/api/v1/notes", {"title": "Milk"})
    later(301)
    assert ready(world)[1]["components"]["background_work"] == "degraded"
    assert "events without jobs for 301 s" in caplog.text


def test_a_reader_that_is_behind_is_late_too(
    workshop: Any, world: World, ann: Person, later: Callable[..., None]
) -> None:
    workshop.does(Subscriber("reader", ("note.*",), lambda uow, events: None, mode="batch"))
    world.drain()
    ann.post("/api/v1/notes", {"title": "Milk"})
    world.kernel.bus.relay()
    later(301)
    assert ready(world)[1]["components"]["background_work"] == "degraded"
    world.drain()
    later(LOOK.total_seconds())
    assert ready(world)[1]["components"]["background_work"] == "healthy"


def test_whoever_asks_often_makes_nobody_count_often(
    workshop: Any, world: World, later: Callable[..., None]
) -> None:
    later(LOOK.total_seconds())
    ready(world)
    with world.statements() as statements:
        ready(world)
    assert [each for each in statements if "core__job" in str(each)] == []


def test_a_bell_that_is_not_heard_degrades_a_server_that_stays_in_service(
    new_world: Callable[..., World],
) -> None:
    world = new_world({"redis_url": "redis://localhost:1/0"})
    world.kernel.bus.bell = bell = Bell()
    status, body = ready(world)
    assert (status, body["components"]["redis"]) == (200, "degraded")
    bell.working = True
    assert ready(world)[1]["components"]["redis"] == "degraded", "it was asked just now"
    world.clock.advance(2)
    assert ready(world)[1]["components"]["redis"] == "healthy"
