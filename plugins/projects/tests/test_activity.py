"""What happened in a project: its feed, and the history of its status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.api import Tasks

URL = "/api/v1/projects"


@pytest.fixture
def project(ann: Person) -> Any:
    """A project of ann's."""
    return ann.post(URL, {"name": "Website", "key": "WEB"}).data


@pytest.fixture
def feed(project: Any) -> str:
    """Path of the project's feed."""
    return f"{URL}/{project['id']}/activity"


def types(person: Person, path: str, **query: Any) -> list[str]:
    """Types of the events on a page."""
    return [entry["type"] for entry in person.get(path, **query).data]


def test_a_feed_tells_who_did_what_to_what(ann: Person, project: Any, feed: str) -> None:
    task = ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Design"}).data
    ann.patch(f"{URL}/{project['id']}", {"name": "Shop"})
    renamed, *_, created = ann.get(feed).data
    assert renamed["changes"] == {"name": {"old": "Website", "new": "Shop"}}
    assert (renamed["type"], renamed["summary"]) == ("project.updated", "A project was changed.")
    assert (renamed["entity_type"], renamed["entity_id"]) == ("Project", project["id"])
    assert renamed["actor"] == {"user_id": ann.id, "username": ann.username, "full_name": "Ann"}
    assert (created["type"], created["entity_title"]) == ("project.created", "Website")
    told = next(e for e in ann.get(feed).data if e["entity_id"] == task["id"])
    assert told["type"] == "task.created"


def test_it_is_filtered_by_type_actor_and_time(world: World, ann: Person, project: Any, feed: str) -> None:
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    cid.post(f"{URL}/{project['id']}/join")
    world.clock.advance(60)
    ann.patch(f"{URL}/{project['id']}", {"name": "Shop"})
    assert types(ann, feed, type="project.member.*") == ["project.member.added"]
    assert types(ann, feed, type="PROJECT.UPDATED") == ["project.updated"]
    assert types(ann, feed, type="project_updated") == []
    assert types(ann, feed, actor_id=cid.id) == ["project.member.added"]
    now = world.clock.now()
    assert types(ann, feed, **{"from": now.isoformat()}) == ["project.updated"]
    assert types(ann, feed, to=now.isoformat()) == ["project.member.added", "project.created"]
    assert ann.get(feed, type="").faults == {"type"}
    assert ann.get(feed, **{"from": "soon", "actor_id": "x"}).faults == {"from", "actor_id"}


def test_what_is_imported_stands_at_its_own_time(world: World, ann: Person, project: Any, feed: str) -> None:
    long_ago = datetime(2020, 5, 1, tzinfo=UTC)
    scope = Scope(Principal("user", ann.id), ann.workspace_id, "owner")
    with world.kernel.db.write(scope, origin="import") as uow:
        values = {"project_id": project["id"], "title": "Old", "created_at": long_ago}
        world.kernel.services.require(Tasks).create(uow, values)
    oldest = ann.get(feed).data[-1]
    assert (oldest["type"], oldest["origin"]) == ("task.created", "import")
    assert oldest["occurred_at"] == "2020-05-01T00:00:00Z"


def test_pages_of_it_lose_nothing(ann: Person, project: Any, feed: str) -> None:
    for number in range(6):
        ann.patch(f"{URL}/{project['id']}", {"name": f"Name {number}"})
    whole, walked, cursor = [e["id"] for e in ann.get(feed).data], [], None
    while True:
        reply = ann.get(feed, page_size=2, **({"cursor": cursor} if cursor else {}))
        walked += [entry["id"] for entry in reply.data]
        cursor = reply.json["pagination"]["next_cursor"]
        if cursor is None:
            break
    assert walked == whole
    assert len(set(whole)) == len(whole) == 7


def test_a_page_takes_two_statements_whatever_it_holds(
    world: World, ann: Person, project: Any, feed: str
) -> None:
    for number in range(5):
        ann.patch(f"{URL}/{project['id']}", {"name": f"Name {number}"})
    counts = []
    ann.get(feed, page_size=1)
    for size in (1, 4):
        with world.statements() as seen:
            assert len(ann.get(feed, page_size=size).data) == size
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5, "who asks, where it is, their role, the page and its total"


def test_private_projects_are_hidden_and_entering_one_is_no_activity(
    world: World, ann: Person, project: Any, feed: str
) -> None:
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    body = {"name": "Secret", "visibility": "private", "workspace_id": ann.workspace_id}
    secret = cid.post(URL, body).data
    hidden = f"{URL}/{secret['id']}/activity"
    assert types(cid, hidden) == ["project.created"]
    assert types(ann, hidden) == ["project.created"], "the audit log says that the owner entered, no feed"
    world.join(ann.workspace_id, dan := world.person("dan"), "member")
    for path in (hidden, f"{URL}/{secret['id']}/status-history"):
        assert dan.get(path).status == 404
    assert dan.get(feed).status == 200


def test_a_budget_is_told_to_those_who_see_money(world: World, ann: Person, project: Any, feed: str) -> None:
    ann.patch(f"{URL}/{project['id']}", {"budget": 500, "name": "Shop"})
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    assert ann.get(feed).data[0]["changes"]["budget"] == {"old": None, "new": 500}
    assert cid.get(feed).data[0]["changes"].keys() == {"name"}


def test_a_history_tells_every_move(ann: Person, project: Any) -> None:
    url = f"{URL}/{project['id']}"
    moves = [{"status": "on_hold"}, {"status": "cancelled", "cancellation_reason": "Too dear"}]
    for move in moves:
        assert ann.patch(f"{url}/status", move).status == 200
    ann.patch(url, {"name": "Shop"})
    last, first = ann.get(f"{url}/status-history").data
    assert (first["old_status"], first["new_status"], first["reason"]) == ("active", "on_hold", None)
    assert (last["old_status"], last["new_status"], last["reason"]) == ("on_hold", "cancelled", "Too dear")
    assert last["actor"]["user_id"] == ann.id
    assert last.keys() == {
        "id", "old_status", "new_status", "reason", "actor_kind", "actor", "changed_at"
    }  # fmt: skip
