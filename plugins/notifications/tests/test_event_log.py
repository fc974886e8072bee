"""The event log: what happened in a workspace, as far as the reader is shown it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person, World

EVENTS = "/api/v1/events"
BATCH = "application/cloudevents-batch+json"


@pytest.fixture
def project(ann: Person) -> Any:
    """A public project of ann's."""
    return ann.post("/api/v1/projects", {"name": "Website"}).data


@pytest.fixture
def task(world: World, ann: Person, project: Any) -> Any:
    """A task of ann's, whose event has its place."""
    made = ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Design UI"}).data
    world.drain()
    return made


def types(person: Person, **query: Any) -> list[str]:
    """Types of the events that the log shows, in its order."""
    return [row["event_type"] for row in person.get(EVENTS, limit=500, **query).data]


def colleague(world: World, ann: Person, role: str = "member") -> Person:
    person = world.person(role)
    world.join(ann.workspace_id, person, role)
    return person


def test_an_event_is_shown_as_the_seed_prints_it(world: World, ann: Person, task: Any) -> None:
    [shown] = ann.get(EVENTS, event_type="task.created").data
    assert shown["id"] == shown["event_id"]
    assert shown["event_type"] == "task.created"
    assert (shown["aggregate_type"], shown["aggregate_id"]) == ("Task", task["id"])
    assert (shown["user_id"], shown["workspace_id"]) == (ann.id, ann.workspace_id)
    assert shown["project_id"] == task["project_id"]
    assert shown["timestamp"] == world.clock.now().isoformat().replace("+00:00", "Z")
    assert (shown["payload"]["task_id"], shown["payload"]["title"]) == (task["id"], "Design UI")
    assert isinstance(shown["position"], int) and shown["correlation_id"]
    assert ann.get(f"{EVENTS}/{shown['id']}").data == shown


def test_the_newest_come_first_and_windows_do_not_overlap(ann: Person, task: Any) -> None:
    whole = ann.get(EVENTS)
    rows = whole.data
    assert len(rows) >= 3
    assert [row["position"] for row in rows] == sorted((row["position"] for row in rows), reverse=True)
    assert whole.json["total"] == len(rows)
    assert (whole.json["limit"], whole.json["offset"]) == (100, 0)
    parts = [ann.get(EVENTS, limit=1, offset=place) for place in range(len(rows))]
    assert [part.data[0] for part in parts] == rows
    assert {part.json["total"] for part in parts} == {len(rows)}
    behind = ann.get(EVENTS, offset=len(rows) + 5)
    assert (behind.data, behind.json["total"]) == ([], len(rows))


def test_filters_must_all_hold(world: World, ann: Person, project: Any, task: Any) -> None:
    ann.patch(f"/api/v1/tasks/{task['id']}", {"title": "Draw UI"})
    other = ann.post("/api/v1/projects", {"name": "Shop"}).data
    assert types(ann, event_type="task.updated") == ["task.updated"]
    assert set(types(ann, event_type="task.*")) == {"task.created", "task.updated"}
    assert types(ann, event_type="project.created") == ["project.created", "project.created"]
    assert types(ann, event_type="project.created", project=other["id"]) == ["project.created"]
    assert types(ann, aggregate_type="Task", aggregate_id=task["id"]) == ["task.updated", "task.created"]
    assert types(ann, event_type="task.*", user_id=new_id()) == []
    now = world.clock.now()
    assert types(ann, to=now.isoformat()) == []
    assert types(ann, **{"from": (now + timedelta(seconds=1)).isoformat()}) == []
    assert "task.created" in types(ann, **{"from": now.isoformat(), "to": "2026-03-03"})


def test_followers_get_what_comes_in_the_order_of_commits(world: World, ann: Person, task: Any) -> None:
    last = ann.get(EVENTS, limit=1).data[0]["position"]
    for number in range(5):
        ann.patch(f"/api/v1/tasks/{task['id']}", {"title": f"Draw {number}"})
    assert ann.get(EVENTS, after_position=last).data == [], "they have no place yet"
    world.drain()
    seen: list[Any] = []
    while rows := ann.get(EVENTS, after_position=last, limit=2).data:
        seen += rows
        last = rows[-1]["position"]
    assert [row["event_type"] for row in seen] == ["task.updated"] * 5
    assert [row["changes"]["title"]["new"] for row in seen] == [f"Draw {number}" for number in range(5)]
    assert [row["position"] for row in seen] == sorted(row["position"] for row in seen)


def test_cloud_events_come_on_request(world: World, ann: Person, task: Any) -> None:
    reply = ann.request("GET", EVENTS, query={"event_type": "task.created"}, headers={"Accept": BATCH})
    assert reply.headers["Content-Type"] == BATCH
    [event] = orjson.loads(reply.body)
    assert event["specversion"] == "1.0"
    assert event["source"] == f"/workspaces/{ann.workspace_id}"
    assert event["type"] == "com.pronaflow.task.created.v1"
    assert event["subject"] == f"Task/{task['id']}"
    assert event["time"] == world.clock.now().isoformat().replace("+00:00", "Z")
    assert event["data"]["title"] == "Design UI"
    assert None not in event.values()
    address = urlsplit(event["dataschema"])
    [declared] = ann.get(address.path, **dict(parse_qsl(address.query))).data
    assert set(event["data"]) == set(declared["payload_schema"]["properties"])
    assert ann.request("GET", EVENTS, headers={"Accept": "*/*"}).json["success"]


def test_the_registry_has_public_types_with_their_schemas(ann: Person) -> None:
    shown = {row["event_type"]: row for row in ann.get(f"{EVENTS}/types").data}
    assert {"task.created", "project.created", "workspace.created"} <= shown.keys()
    assert "event_consumer.created" not in shown
    created = shown["task.created"]
    assert (created["aggregate_type"], created["schema_version"]) == ("Task", 1)
    assert created["summary"] and "title" in created["payload_schema"]["properties"]
    some = ann.get(f"{EVENTS}/types", event_type="task.*").data
    assert {row["event_type"] for row in some} == {name for name in shown if name.startswith("task.")}
    assert not any("$ref" in str(row["payload_schema"]) for row in shown.values())


def test_members_see_projects_and_admins_the_workspace(world: World, ann: Person, task: Any) -> None:
    admin, member, viewer = (colleague(world, ann, role) for role in ("admin", "member", "viewer"))
    everything = set(types(ann))
    assert {"task.created", "workspace.created"} <= everything
    assert {"task.created", "workspace.created"} <= set(types(admin))
    for person in (member, viewer):
        seen = types(person)
        assert "task.created" in seen and "workspace.created" not in seen
    [workspace] = ann.get(EVENTS, event_type="workspace.created").data
    assert admin.get(f"{EVENTS}/{workspace['id']}").status == 200
    assert member.get(f"{EVENTS}/{workspace['id']}").status == 404


def test_nobody_learns_of_a_private_project_who_is_not_in_it(world: World, ann: Person) -> None:
    admin, member = colleague(world, ann, "admin"), colleague(world, ann)
    secret = admin.post("/api/v1/projects", {"name": "Secret", "visibility": "private"}).data
    admin.post("/api/v1/tasks", {"project_id": secret["id"], "title": "Hide"})
    world.drain()
    [event] = admin.get(EVENTS, event_type="task.created").data
    for person in (ann, member):
        assert types(person, project=secret["id"]) == []
        assert types(person, event_type="task.*") == []
        assert person.get(EVENTS, event_type="task.*").json["total"] == 0
        assert types(person, event_type="task.*", after_position=0) == []
        there, nowhere = person.get(f"{EVENTS}/{event['id']}"), person.get(f"{EVENTS}/{(other := new_id())}")
        assert there.status == nowhere.status == 404
        assert there.error["message"].replace(event["id"], "") == nowhere.error["message"].replace(other, "")


def test_a_stranger_sees_nothing(world: World, ann: Person, bob: Person, task: Any) -> None:
    [event] = ann.get(EVENTS, event_type="task.created").data
    assert bob.get(f"{EVENTS}/{event['id']}").status == 404
    assert bob.get(EVENTS, workspace_id=ann.workspace_id).status == 404
    assert world.anonymous().get(EVENTS).status == 401


def test_what_may_not_leave_is_not_shown(world: World, ann: Person) -> None:
    shown = {row["id"] for row in ann.get(EVENTS, limit=500).data}
    assert shown == {row["id"] for row in world.events(ann.workspace_id) if row["public"]}
    hidden = [row["id"] for row in world.events(ann.workspace_id) if not row["public"]]
    assert all(ann.get(f"{EVENTS}/{each}").status == 404 for each in hidden)


def test_it_reaches_back_ninety_days(world: World, ann: Person, task: Any) -> None:
    [event] = ann.get(EVENTS, event_type="task.created").data
    world.clock.advance(timedelta(days=90).total_seconds())
    assert types(ann, event_type="task.created") == ["task.created"]
    world.clock.advance(1)
    assert types(ann, event_type="task.created") == []
    assert types(ann, event_type="task.created", after_position=0) == []
    assert ann.get(f"{EVENTS}/{event['id']}").status == 404
    world.clock.advance(-timedelta(days=90, seconds=1).total_seconds())


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 10_001}, "offset"),
        ({"event_type": "task.eaten"}, "event_type"),
        ({"event_type": "*.created"}, "event_type"),
        ({"event_type": "eaten.*"}, "event_type"),
        ({"aggregate_id": "x"}, "aggregate_id"),
        ({"project": "x"}, "project"),
        ({"user_id": "x"}, "user_id"),
        ({"from": "yesterday"}, "from"),
        ({"after_position": -1}, "after_position"),
        ({"page": 1}, "page"),
        ({"nonsense": 1}, "nonsense"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(f"{k}={v}" for k, v in value.items()),
)
def test_bad_questions_are_refused_by_their_fields(ann: Person, query: Any, fault: str) -> None:
    assert ann.get(EVENTS, **query).faults == {fault}


def test_an_unknown_type_is_refused_with_those_that_there_are(ann: Person) -> None:
    reply = ann.get(EVENTS, event_type="task.eaten")
    assert "task.created" in reply.error["details"]["errors"][0]["message"]
    assert ann.get(EVENTS, after_position=1, offset=1).status == 400


def test_a_list_takes_six_statements_however_long_it_is(world: World, ann: Person, task: Any) -> None:
    for number in range(10):
        ann.patch(f"/api/v1/tasks/{task['id']}", {"title": f"Draw {number}"})
    world.drain()
    for query in ({"limit": 2}, {"limit": 500}, {"after_position": 0, "limit": 2}):
        ann.get(EVENTS, **query)
        with world.statements() as seen:
            assert ann.get(EVENTS, **query).status == 200
        assert len(seen) <= 6, seen
