"""Projects: what the API promises."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pronaflow_kernel.testing import Person, ResourceSuite, World

URL = "/api/v1/projects"


class TestProjects(ResourceSuite):
    """The suite of every resource."""

    path = URL
    # A get and a list ask tasks for its counts: the one statement that a plugin may add a page.
    budgets: ClassVar[dict[str, int]] = {"list": 7, "get": 5, "create": 13}
    patch = {"name": "Renamed", "description": "x", "end_date": "2026-12-01", "priority": "high"}
    clears: ClassVar[dict[str, Any]] = {
        "description": "Words",
        "project_type": "research",
        "risk_level": "high",
        "start_date": "2026-01-01",
        "end_date": "2026-12-01",
        "budget": 1000.5,
    }

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"workspace_id": owner.workspace_id, "name": f"Project {number}"}


def new(person: Person, **values: Any) -> Any:
    """A project of a person's."""
    return person.post(URL, {"workspace_id": person.workspace_id, "name": "Website", **values}).data


def test_a_new_project_shows_every_documented_key(ann: Person) -> None:
    project = new(ann, budget=1000, risk_level="HIGH", start_date="2026-01-01", end_date="2026-02-01")
    assert project["id"] == project["project_id"]
    assert project["owner_id"] == ann.id
    assert (project["status"], project["visibility"], project["priority"]) == ("active", "public", "medium")
    assert (project["risk_level"], project["budget"]) == ("high", 1000)
    assert (project["members_count"], project["tasks_count"], project["progress"]) == (1, 0, 0)
    assert project["role"] == "owner"


def test_keys_come_from_the_name_and_are_unique_in_the_workspace(ann: Person) -> None:
    assert [new(ann)["key"] for _ in range(3)] == ["WEBS", "WEB2", "WEB3"]
    assert new(ann, name="日本")["key"] == "PRJ"
    assert new(ann, key="ABC")["key"] == "ABC"
    assert new(ann, key="ABD\n")["key"] == "ABD"
    reply = ann.post(URL, {"workspace_id": ann.workspace_id, "name": "x", "key": "ABC"})
    assert (reply.status, reply.error["details"]["field"]) == (409, "key")


def test_bad_values_are_all_named(ann: Person) -> None:
    body = {
        "workspace_id": "x",
        "name": " ",
        "key": "lower",
        "budget": -1,
        "priority": "huge",
        "status": "completed",
        "visibility": 7,
    }
    reply = ann.post(URL, body)
    assert reply.faults == {"workspace_id"}, "the workspace decides first whether the rest is looked at"
    body["workspace_id"] = ann.workspace_id
    assert ann.post(URL, body).faults == body.keys() - {"workspace_id"}
    wrong = {
        "workspace_id": ann.workspace_id,
        "name": "x",
        "start_date": "2026-02-01",
        "end_date": "2026-01-01",
    }
    assert ann.post(URL, wrong).faults == {"end_date"}


MOVES = {
    "not_started": {"active", "on_hold", "cancelled"},
    "active": {"in_review", "on_hold", "completed", "cancelled"},
    "on_hold": {"active", "cancelled"},
    "in_review": {"completed", "active", "cancelled"},
    "completed": {"active"},
    "cancelled": {"active"},
}
WAYS = {
    "not_started": [],
    "active": ["active"],
    "in_review": ["active", "in_review"],
    "on_hold": ["active", "on_hold"],
    "completed": ["active", "completed"],
    "cancelled": ["cancelled"],
}


@pytest.mark.parametrize("start", MOVES)
def test_the_status_machine_allows_exactly_the_documented_moves(ann: Person, start: str) -> None:
    for target in MOVES.keys() - {start}:
        project = new(ann, status="not_started")
        url = f"{URL}/{project['id']}/status"
        for step in WAYS[start]:
            assert ann.patch(url, {"status": step, "cancellation_reason": "r"}).status == 200
        reply = ann.patch(url, {"status": target, "cancellation_reason": "r"})
        if target in MOVES[start]:
            assert reply.data["status"] == target
        else:
            assert (reply.status, set(reply.error["details"]["allowed"])) == (400, MOVES[start])


def test_strict_mode_completes_only_what_was_reviewed(ann: Person) -> None:
    project = new(ann, governance_mode="strict")
    reply = ann.patch(f"{URL}/{project['id']}/status", {"status": "done"})
    assert (reply.status, "completed" in reply.error["details"]["allowed"]) == (400, False)


def test_completing_and_cancelling_leave_their_traces(world: World, ann: Person) -> None:
    url = f"{URL}/{new(ann)['id']}/status"
    assert ann.patch(url, {"status": "cancelled"}).faults == {"cancellation_reason"}
    assert ann.patch(url, {"status": "active", "completion_date": "2026-01-01"}).faults == {"completion_date"}
    assert ann.patch(url, {"status": "done"}).data["completion_date"] == str(world.clock.now().date())
    assert ann.patch(url, {"status": "in_progress"}).data["completion_date"] is None


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [("completion_date", "2026-01-01", "completed"), ("cancellation_reason", "r", "cancelled")],
)
def test_traces_come_with_their_move_only(ann: Person, field: str, value: str, status: str) -> None:
    url = f"{URL}/{new(ann)['id']}"
    assert ann.patch(url, {field: None, "name": "x"}).status == 200, "nothing changes"
    assert ann.patch(url, {field: value}).faults == {field}
    assert ann.patch(url, {field: value, "status": "on_hold"}).faults == {field}
    assert ann.patch(url, {field: value, "status": status}).data[field] == value
    assert ann.patch(url, {field: value, "status": status}).data[field] == value, "a repetition"
    assert ann.patch(url, {field: None}).faults == {field}
    assert ann.patch(url, {field: value, "status": "active"}).faults == {field}
    assert ann.patch(url, {"status": "active"}).data[field] is None


def test_open_tasks_at_completion_are_a_warning_in_simple_mode(ann: Person) -> None:
    for way, patch in (("/status", {}), ("", {"name": "x"})):
        project = new(ann)
        url = f"{URL}/{project['id']}"
        assert "warnings" not in ann.patch(url + way, {"status": "completed", **patch}).data
        ann.patch(url, {"status": "active"})
        ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "left"})
        completed = ann.patch(url + way, {"status": "completed", **patch}).data
        assert completed["warnings"] == ["Completed with open tasks: 1"]
        assert "warnings" not in ann.patch(url + way, {"status": "active", **patch}).data
    body = {"status": "completed", "open_tasks": "cancel"}
    assert "warnings" not in ann.patch(f"{url}/status", body).data


def test_a_finished_project_is_read_only_until_reopened(ann: Person) -> None:
    url = f"{URL}/{new(ann)['id']}"
    ann.patch(f"{url}/status", {"status": "completed"})
    reply = ann.patch(url, {"name": "x"})
    assert (reply.status, reply.error["details"]) == (409, {"project_status": "completed"})
    assert ann.patch(url, {"status": "active", "name": "x"}).data["name"] == "x"


def test_a_deleted_project_comes_back(ann: Person, bob: Person) -> None:
    url = f"{URL}/{new(ann)['id']}"
    assert ann.delete(url).status == 200
    assert ann.get(url).status == 404
    assert bob.post(f"{url}/restore").status == 404
    assert ann.post(f"{url}/restore").data["name"] == "Website"
    assert ann.post(f"{url}/restore").status == 409


# Who may do what stands in tests/roles/expected.toml; here is what a status does not tell.
WHO = ("owner", "manager", "planner", "member", "viewer", "ws_admin", "ws_member", "ws_viewer")


def person_in(world: World, owner: Person, project_id: str, who: str) -> Person:
    """Somebody with a role in the project, or with one in the workspace only."""
    if who == "owner":
        return owner
    person = world.person(who)
    world.join(owner.workspace_id, person, who.removeprefix("ws_") if who.startswith("ws_") else "member")
    if not who.startswith("ws_"):
        body = {"user_id": person.id, "role": who}
        assert owner.post(f"{URL}/{project_id}/members", body).status == 201
    return person


def test_money_is_shown_to_those_who_may_see_it(world: World, ann: Person) -> None:
    project = new(ann, budget=500)
    shown = {
        who: person_in(world, ann, project["id"], who).get(f"{URL}/{project['id']}").data["budget"]
        for who in WHO
    }
    assert shown == {who: 500 if who in ("owner", "manager") else None for who in WHO}


def test_private_projects_are_hidden_in_lists_and_searches(world: World, ann: Person, bob: Person) -> None:
    hidden, seen = new(ann, name="Secret", visibility="private"), new(ann, name="Open")
    world.join(ann.workspace_id, bob, "admin")
    query = {"workspace_id": ann.workspace_id}
    listed = bob.get(URL, **query)
    assert [row["id"] for row in listed.data] == [seen["id"]]
    assert listed.json["pagination"]["total"] == 1
    assert bob.get(URL, **query, search="secr").data == []
    assert [row["id"] for row in ann.get(URL, **query, search="secr").data] == [hidden["id"]]


def test_search_takes_wildcards_literally(ann: Person) -> None:
    found = new(ann, name="100%_done\\")
    new(ann, name="100 done")
    for search in ("%_", "\\", "100%"):
        rows = ann.get(URL, workspace_id=ann.workspace_id, search=search).data
        assert [row["id"] for row in rows] == [found["id"]]


@pytest.mark.parametrize("search", ["ärger", "ÄRGER", "a\u0308rg", "STRASSE", "straße"])
def test_search_knows_letters_beyond_ascii(ann: Person, search: str) -> None:
    project = new(ann, name="x")
    assert ann.patch(f"{URL}/{project['id']}", {"name": "Ärger in der Hauptstraße"}).status == 200
    made = new(ann, name="Ärger in der Hauptstraße")
    rows = ann.get(URL, workspace_id=ann.workspace_id, search=search).data
    assert {row["id"] for row in rows} == {project["id"], made["id"]}


def test_a_new_name_is_told_as_it_is(world: World, ann: Person) -> None:
    ann.patch(f"{URL}/{new(ann)['id']}", {"name": "Ärger"})
    assert world.events(ann.workspace_id)[-1]["changes"] == {"name": {"old": "Website", "new": "Ärger"}}


def test_lists_filter_and_sort(ann: Person) -> None:
    low = new(ann, name="b", priority="low", end_date="2026-05-01")
    top = new(ann, name="a", priority="critical")
    mid = new(ann, name="C", end_date="2026-04-01", status="not_started")

    def ids(**query: Any) -> list[str]:
        return [row["id"] for row in ann.get(URL, workspace_id=ann.workspace_id, **query).data]

    assert ids(sort_by="name") == [top["id"], low["id"], mid["id"]]
    assert ids(sort="-priority") == [top["id"], mid["id"], low["id"]]
    assert ids(sort_by="end_date") == [mid["id"], low["id"], top["id"]]
    assert ids(status="planning") == [mid["id"]]
    assert ids(priority="urgent") == [top["id"]]
    assert set(ids(owner_id=ann.id)) == {low["id"], top["id"], mid["id"]}


def test_members_come_change_and_go(world: World, ann: Person, bob: Person) -> None:
    url = f"{URL}/{new(ann)['id']}/members"
    assert ann.post(url, {"user_id": bob.id}).faults == {"user_id"}
    world.join(ann.workspace_id, bob, "member")
    added = ann.post(url, {"user_id": bob.id, "role": "guest"}).data
    assert (added["role"], added["username"]) == ("viewer", bob.username)
    assert ann.post(url, {"user_id": bob.id}).status == 409
    assert ann.post(url, {"user_id": bob.id, "role": "owner"}).faults == {"role"}
    assert ann.patch(f"{url}/{bob.id}", {"role": "admin"}).data["role"] == "manager"
    assert [row["user_id"] for row in ann.get(url, role="manager").data] == [bob.id]
    assert ann.patch(f"{url}/{ann.id}", {"role": "viewer"}).status == 409
    assert ann.delete(f"{url}/{ann.id}").status == 409
    assert bob.delete(f"{url}/{bob.id}").status == 200
    assert ann.delete(f"{url}/{bob.id}").status == 404


def test_the_owner_changes_by_transfer_only(world: World, ann: Person, bob: Person) -> None:
    project = new(ann)
    url = f"{URL}/{project['id']}/ownership/transfer"
    body = {"new_owner_id": bob.id, "reason": "leaves"}
    assert ann.post(url, body).faults == {"new_owner_id"}
    world.join(ann.workspace_id, bob, "member")
    assert bob.post(url, body).status == 403
    world.clock.advance(601)
    assert ann.post(url, body).error["details"] == {"reason": "step_up_required", "max_age": 600}
    world.step_up(ann)
    assert ann.post(url, body).data["owner_id"] == bob.id
    members = {row["user_id"]: row["role"] for row in ann.get(f"{URL}/{project['id']}/members").data}
    assert members == {ann.id: "member", bob.id: "owner"}


def test_a_workspace_can_keep_projects_to_its_admins(world: World, ann: Person, bob: Person) -> None:
    world.join(ann.workspace_id, bob, "member")
    body = {"workspace_id": ann.workspace_id, "name": "x"}
    assert bob.post(URL, body).status == 201
    settings = f"/api/v1/workspaces/{ann.workspace_id}/settings"
    assert ann.patch(settings, {"members_can_create_projects": False}).status == 200
    assert bob.post(URL, body).status == 403
    assert ann.post(URL, body).status == 201


def test_who_leaves_the_workspace_leaves_its_projects(world: World, ann: Person, bob: Person) -> None:
    world.join(ann.workspace_id, bob, "admin")
    own = bob.post(URL, {"workspace_id": ann.workspace_id, "name": "Own"}).data["id"]
    trashed = bob.post(URL, {"workspace_id": ann.workspace_id, "name": "Trashed"}).data["id"]
    bob.delete(f"{URL}/{trashed}")
    hers = new(ann)["id"]
    ann.post(f"{URL}/{hers}/members", {"user_id": bob.id})
    assert ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{bob.id}").status == 200
    world.drain()
    ann.post(f"{URL}/{trashed}/restore")
    for project in (own, trashed, hers):
        assert ann.get(f"{URL}/{project}").data["owner_id"] == ann.id
        assert [row["user_id"] for row in ann.get(f"{URL}/{project}/members").data] == [ann.id]
