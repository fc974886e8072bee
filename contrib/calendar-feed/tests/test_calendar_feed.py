"""A calendar of due dates, as a calendar program finds it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar
from pronaflow_calendar_feed.feeds import PATH
from pronaflow_calendar_feed.models import Base

from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.testing import Person, Reply, World

INSTALL = "/api/v1/integration/plugins/calendar_feed/install"
LONG = "Überprüfung der Änderungen, Zeile für Zeile; " * 4


@pytest.fixture
def project(world: World, ann: Person) -> Any:
    """A project of Ann's, in a workspace that has the plugin."""
    assert ann.post(INSTALL, {}).status == 201
    world.drain()
    return ann.post("/api/v1/projects", {"name": "Site, and more"}).data


@pytest.fixture
def url(ann: Person, project: Any) -> str:
    """The path of Ann's calendar."""
    found: str = ann.post(PATH, {}).data["url"]
    return found.removeprefix("http://localhost:8000")


def task(person: Person, project: Any, title: str, **values: Any) -> Any:
    body = {"project_id": project["id"], "title": title, "assigned_to": person.id, **values}
    return person.post("/api/v1/tasks", body).data


def fetched(world: World, url: str, **headers: str) -> Reply:
    """As a calendar program fetches it, which cannot sign in."""
    return world.anonymous().request("GET", url, headers=headers)


def events(reply: Reply) -> list[Any]:
    assert reply.status == 200
    return list(Calendar.from_ical(reply.body).walk("VEVENT"))


def test_open_tasks_with_a_due_date_stand_in_it(world: World, ann: Person, project: Any, url: str) -> None:
    day = task(ann, project, LONG, due_date="2026-03-05", description="Line one\nline; two, three")
    hour = task(ann, project, "Call", due_date="2026-03-04T15:30:00+02:00")
    done = task(ann, project, "Done", due_date="2026-03-06")
    ann.patch(f"/api/v1/tasks/{done['id']}", {"status": "completed"})
    gone = task(ann, project, "Gone", due_date="2026-03-06")
    ann.delete(f"/api/v1/tasks/{gone['id']}")
    task(ann, project, "Some day")
    task(ann, project, "Nobody's", due_date="2026-03-06", assigned_to=None)

    reply = fetched(world, url)
    assert reply.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert max(map(len, reply.body.split(b"\r\n"))) <= 75, "RFC 5545, section 3.1"
    first, second = events(reply)
    assert (first["SUMMARY"], first.decoded("DTSTART")) == (
        f"{hour['key']} Call",
        datetime(2026, 3, 4, 13, 30, tzinfo=UTC),
    )
    assert "DTEND" not in first
    assert second["SUMMARY"] == f"{day['key']} {LONG.strip()}"
    assert second["UID"] == f"{day['id']}@pronaflow"
    assert (second.decoded("DTSTART"), second.decoded("DTEND")) == (date(2026, 3, 5), date(2026, 3, 6))
    assert second["DESCRIPTION"].startswith("Line one\nline; two, three\n\nhttp://localhost:8000/tasks/")
    assert second["CATEGORIES"].to_ical() == b"Site\\, and more"


def test_programs_ask_again_cheaply(world: World, ann: Person, project: Any, url: str) -> None:
    task(ann, project, "Call", due_date="2026-03-04")
    etag = fetched(world, url).headers["ETag"]
    assert fetched(world, url, **{"If-None-Match": etag}).status == 304
    task(ann, project, "Call again", due_date="2026-03-05")
    assert fetched(world, url, **{"If-None-Match": etag}).status == 200


def test_a_new_address_ends_the_old_one(world: World, ann: Person, url: str) -> None:
    again = ann.post(PATH, {}).data["url"].removeprefix("http://localhost:8000")
    assert fetched(world, url).status == 404
    assert fetched(world, again).status == 200
    assert "url" not in ann.get(PATH).data
    assert ann.delete(PATH).status == 204
    assert fetched(world, again).status == 404
    assert ann.get(PATH).status == 404


def test_whoever_leaves_sees_no_more(world: World, ann: Person, bob: Person, project: Any) -> None:
    world.join(ann.workspace_id, bob, "member")
    member = {"user_id": bob.id, "role": "member"}
    ann.post(f"/api/v1/projects/{project['id']}/members", member)
    url = bob.post(PATH, {}, workspace_id=ann.workspace_id).data["url"].removeprefix("http://localhost:8000")
    ann.patch(f"/api/v1/projects/{project['id']}", {"visibility": "private"})
    made = task(ann, project, "Call", due_date="2026-03-04", assigned_to=bob.id)
    assert [event["SUMMARY"] for event in events(fetched(world, url))] == [f"{made['key']} Call"]
    assert ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{bob.id}").status in (200, 204)
    assert events(fetched(world, url)) == []


def test_it_is_there_where_the_plugin_is(world: World, ann: Person, bob: Person, url: str) -> None:
    assert bob.post(PATH, {}).status == 404
    [installed] = ann.get("/api/v1/integration/plugins/installed", workspace_id=ann.workspace_id).data
    assert ann.delete(f"/api/v1/integration/plugins/{installed['id']}").status in (200, 204)
    world.drain()
    assert fetched(world, url).status == 404
    assert fetched(world, f"{PATH}/guessed.ics").status == 404


def test_no_drift(world: World) -> None:
    assert drift(world.kernel.db.engines.write, Base.metadata, "calendar_feed") == []
