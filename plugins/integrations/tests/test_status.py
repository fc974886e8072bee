"""How integrations fare, and whether database, Redis and mail server answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from pronaflow_integrations.webhooks.models import WebhookHealth
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.mail_sink import Sink
from pronaflow_kernel.testing.redis import RedisServer
from pronaflow_kernel.testing.world import Outbox

STATUS, HEALTH = "/api/v1/integration/status", "/api/v1/integration/health"
AGE = 2
"""Seconds for which an answer is remembered."""


def webhook(person: Person) -> str:
    body = {"url": "https://hooks.example.com/x", "subscribed_events": {"task.created": True}}
    return str(person.post("/api/v1/integration/webhooks", body).data["id"])


def test_a_new_workspace_has_nothing(ann: Person) -> None:
    assert ann.get(STATUS).data == {
        "api_tokens": {"status": "operational", "active_tokens": 0},
        "webhooks": {"status": "operational", "active_webhooks": 0, "pending_deliveries": 0},
        "oauth": {"status": "operational", "active_connections": 0},
        "plugins": {"status": "operational", "installed_plugins": 0},
    }


def test_what_no_plugin_offers_is_disabled(new_world: Callable[..., World]) -> None:
    alone = new_world(plugins=["integrations"]).person("eve")
    assert alone.get(STATUS).data["plugins"] == {"status": "disabled", "installed_plugins": 0}


def test_connections_are_disabled_where_no_service_is_registered(new_world: Callable[..., World]) -> None:
    nothing = {"integrations.github_client_id": None, "integrations.google_client_id": None}
    eve = new_world(settings=nothing).person("eve")
    assert eve.get(STATUS).data["oauth"] == {"status": "disabled", "active_connections": 0}


def test_it_counts_what_works(world: World, ann: Person, bob: Person, token_of: Callable[..., Any]) -> None:
    kept, revoked, off = (token_of(ann, "read:tasks")["id"] for _ in range(3))
    ann.delete(f"/api/v1/integration/tokens/{revoked}")
    ann.patch(f"/api/v1/integration/tokens/{off}", {"is_active": False})
    token_of(bob, "read:tasks")
    first, second = webhook(ann), webhook(ann)
    ann.post(f"/api/v1/integration/webhooks/{first}/test", {})
    ann.patch(f"/api/v1/integration/webhooks/{second}", {"is_active": False})
    status = ann.get(STATUS).data
    assert status["api_tokens"]["active_tokens"] == 1
    assert status["webhooks"] == {
        "status": "operational", "active_webhooks": 1, "pending_deliveries": 1,
    }  # fmt: skip
    ann.patch(f"/api/v1/integration/tokens/{kept}", {"is_active": False})
    assert ann.get(STATUS).data["api_tokens"]["active_tokens"] == 0


def test_webhooks_that_fail_degrade_it(world: World, ann: Person) -> None:
    ids = [webhook(ann), webhook(ann)]
    for number, expected in enumerate(("operational", "degraded", "down")):
        with world.kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            failing = WebhookHealth.webhook_id.in_(ids[:number])
            here = WebhookHealth.workspace_id == ann.workspace_id
            later = world.clock.now().replace(year=2200)
            uow.execute(update(WebhookHealth).where(here, failing).values(open_until=later))
        assert ann.get(STATUS).data["webhooks"]["status"] == expected


def test_a_server_without_redis_says_so(world: World) -> None:
    world.clock.advance(AGE)
    body = world.anonymous().get(HEALTH).data
    assert body["status"] == "healthy"
    assert body["components"] == {"database": "healthy", "redis": "disabled", "email_service": "healthy"}


def test_redis_is_asked(new_world: Callable[..., World], redis_server: RedisServer) -> None:
    world = new_world({"redis_url": redis_server.url})
    states = []
    for happens in (lambda: None, redis_server.kill, redis_server.start):
        happens()
        world.clock.advance(AGE)
        body = world.anonymous().get(HEALTH).data
        states.append((body["components"]["redis"], body["status"]))
    assert states == [("healthy", "healthy"), ("degraded", "degraded"), ("healthy", "healthy")]


@pytest.fixture
def sinks() -> Iterator[Callable[[], Sink]]:
    """Starts mail servers."""
    made: list[Sink] = []

    def make() -> Sink:
        made.append(Sink())
        return made[-1]

    yield make
    for sink in made:
        if not sink.loop.is_closed():
            sink.stop()


def test_the_mail_server_is_asked(
    new_world: Callable[..., World], sinks: Callable[[], Sink], monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = sinks()
    monkeypatch.setattr(Outbox, "check", lambda _: sink.mailer().check())
    world = new_world()

    def state() -> str:
        world.clock.advance(AGE)
        return str(world.anonymous().get(HEALTH).data["components"]["email_service"])

    assert state() == "healthy"
    sink.stop()
    assert state() == "degraded"
    sink = sinks()
    assert state() == "healthy"
    assert sink.received == []


def test_what_was_asked_just_now_is_not_asked_again(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(Outbox, "check", lambda _: asked.append(True))
    world = new_world()
    for _ in range(3):
        world.anonymous().get(HEALTH)
    assert len(asked) == 1
