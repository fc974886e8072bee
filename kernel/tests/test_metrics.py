"""`/metrics`: who sees figures, and which there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from pronaflow_kernel.testing import Person, World

TOKEN = "scrape-8Zt73pQv9sLxW2mK"
SECURE = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


def scraped(person: Person, headers: dict[str, str] | None = None) -> dict[tuple[str, ...], float]:
    """The figures by name and values of their labels."""
    answer = person.request("GET", "/metrics", headers=headers)
    assert answer.status == 200, answer.json
    families = text_string_to_metric_families(answer.body.decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


@pytest.fixture
def stranger(world: World) -> Person:
    """Somebody without a token."""
    return world.anonymous()


def test_requests_are_counted_by_the_rule_of_their_route(ann: Person, stranger: Person) -> None:
    key = ("pronaflow_http_requests_total", "GET", "/api/v1/notes/<id:note_id>", "404")
    before = scraped(stranger).get(key, 0)
    for _ in range(2):
        ann.get("/api/v1/notes/01a20270-3883-7507-a460-ccc636220d81")
    found = scraped(stranger)
    assert found[key] == before + 2
    took = ("pronaflow_http_request_duration_seconds_count", "GET", "/api/v1/notes/<id:note_id>")
    assert found[took] >= 2


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/wp-login.php?a=1", ("GET", "none", "404")),
        ("BREW", "/health", ("other", "none", "405")),
        ("POST", "/health", ("POST", "none", "405")),
    ],
    ids=["unknown-address", "unknown-method", "wrong-method"],
)
def test_what_callers_invent_makes_no_figures_of_its_own(
    stranger: Person, method: str, path: str, key: tuple[str, ...]
) -> None:
    before = scraped(stranger).get(("pronaflow_http_requests_total", *key), 0)
    stranger.request(method, path)
    found = scraped(stranger)
    assert found["pronaflow_http_requests_total", *key] == before + 1
    assert not [each for each in found if "wp-login" in str(each) or "BREW" in str(each)]


def test_background_work_is_asked_for_when_somebody_scrapes(
    world: World, ann: Person, stranger: Person
) -> None:
    world.drain()
    assert scraped(stranger)["pronaflow_events_unplaced",] == 0
    ann.post("/api/v1/notes", {"title": "Milk"})
    found = scraped(stranger)
    assert found["pronaflow_events_unplaced",] == 1
    assert found["pronaflow_jobs", "default", "ready"] == 0
    assert found["pronaflow_jobs_oldest_ready_seconds", "default"] == 0
    world.drain()
    assert scraped(stranger)["pronaflow_events_unplaced",] == 0


def test_plugins_and_version_are_told(stranger: Person) -> None:
    found = scraped(stranger)
    assert found["pronaflow_plugin_state", "notes", "ready"] == 1
    assert [key for key in found if key[0] == "pronaflow_info"]
    assert found["pronaflow_database_up",] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_a_scrape_is_a_few_statements(world: World, stranger: Person) -> None:
    scraped(stranger)
    with world.statements() as statements:
        scraped(stranger)
    assert len(statements) == 5, statements


def test_without_a_database_there_are_still_the_figures_of_requests(
    new_world: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    world = new_world()
    scraped(world.anonymous())

    def refuse(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    engine = world.kernel.db.engines.read
    event.listen(engine, "before_cursor_execute", refuse)
    found = scraped(world.anonymous())
    event.remove(engine, "before_cursor_execute", refuse)
    assert found["pronaflow_database_up",] == 0
    assert found["pronaflow_http_requests_total", "GET", "/metrics", "200"] == 1
    assert not [key for key in found if key[0] == "pronaflow_jobs"]
    assert "figures cannot be read" in caplog.text


def test_it_is_no_part_of_the_api(stranger: Person) -> None:
    assert "/metrics" not in stranger.get("/openapi.json").json["paths"]


def test_with_a_token_only_its_bearer_sees_figures(new_world: Callable[..., World]) -> None:
    stranger = new_world({"metrics.token": TOKEN}).anonymous()
    for sent in (None, "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer"):
        answer = stranger.request("GET", "/metrics", headers={"Authorization": sent} if sent else None)
        assert (answer.status, answer.error["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert scraped(stranger, {"Authorization": f"Bearer {TOKEN}"})["pronaflow_database_up",] == 1


def test_guessing_a_token_is_limited_and_scraping_is_not(new_world: Callable[..., World]) -> None:
    settings = {"metrics.token": TOKEN, "rate_limit.enabled": True, "rate_limit.anonymous_per_minute": 2}
    stranger = new_world(settings).anonymous()
    guess = {"Authorization": "Bearer guess"}
    statuses = [stranger.request("GET", "/metrics", headers=guess).status for _ in range(3)]
    assert statuses == [401, 401, 429]
    for _ in range(3):
        scraped(stranger, {"Authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize(
    ("token", "status"), [(None, 404), (TOKEN, 200)], ids=["without-token", "with-token"]
)
def test_production_shows_figures_only_for_a_token(
    new_world: Callable[..., World], token: str | None, status: int
) -> None:
    settings = {
        "environment": "production",
        "secret_key": "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G",
        "server.trusted_proxies": 1,
        **({"metrics.token": token} if token else {}),
    }
    stranger = new_world(settings).anonymous()
    sent = {"Authorization": f"Bearer {TOKEN}"}
    assert stranger.request("GET", "/metrics", headers={**SECURE, **sent}).status == status


def test_a_scraper_beside_a_production_server_needs_no_https(new_world: Callable[..., World]) -> None:
    settings = {
        "environment": "production",
        "secret_key": "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G",
        "server.trusted_proxies": 1,
        "metrics.token": TOKEN,
    }
    stranger = new_world(settings).anonymous()
    assert scraped(stranger, {"Authorization": f"Bearer {TOKEN}"})["pronaflow_database_up",] == 1


def test_names_and_units_are_those_that_prometheus_advises(stranger: Person) -> None:
    text = stranger.get("/metrics").body.decode()
    ours = re.findall(r"^# (?:TYPE|HELP) (pronaflow\w*) ", text, re.M)
    assert ours
    assert [name for name in ours if not re.fullmatch(r"pronaflow(_[a-z]+)*", name)] == []
