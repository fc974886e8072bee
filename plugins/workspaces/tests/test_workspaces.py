"""Workspaces: their life from creation to the trash and back."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person, ResourceSuite, World

from .conftest import WORKSPACES, Team, make_system_admin, now

DAY = 86_400


class TestWorkspaces(ResourceSuite):
    path = WORKSPACES
    patch = {"name": "Renamed", "description": "Where we work", "logo_url": "https://example.com/logo.png"}
    clears: ClassVar[dict[str, Any]] = {"description": "Words", "logo_url": "https://example.com/logo.png"}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"name": f"Workspace {number}"}

    def list_query(self, owner: Person) -> dict[str, Any]:
        return {}


def test_a_new_workspace_shows_all_its_documented_keys(world: World, ann: Person) -> None:
    reply = ann.post(
        WORKSPACES,
        {
            "name": "  Alpha Team ",
            "description": "We build",
            "workspace_type": "Enterprise",
            "logo_url": "https://example.com/a.svg",
        },
    )
    assert reply.status == 201
    shown = reply.data
    assert shown["id"] == shown["workspace_id"]
    assert shown["owner_id"] == ann.id
    expected = {
        "name": "Alpha Team",
        "description": "We build",
        "workspace_type": "enterprise",
        "logo_url": "https://example.com/a.svg",
        "members_count": 1,
        "role": "owner",
        "created_at": now(world),
    }
    assert {key: shown[key] for key in expected} == expected
    assert shown["settings"]["timezone"] == "UTC"
    assert ann.get(f"{WORKSPACES}/{shown['id']}").data == shown


def test_only_the_name_is_needed(ann: Person) -> None:
    shown = ann.post(WORKSPACES, {"name": "Ab"}).data
    assert (shown["description"], shown["workspace_type"], shown["logo_url"]) == (None, "team", None)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "name"),
        ({"name": "A"}, "name"),
        ({"name": "   A   "}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": "-- !? --"}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "two\u2028lines"}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": "Alpha", "description": "x" * 501}, "description"),
        ({"name": "Alpha", "workspace_type": "huge"}, "workspace_type"),
        ({"name": "Alpha", "logo_url": "javascript:alert(1)"}, "logo_url"),
        ({"name": "Alpha", "logo_url": "logo.png"}, "logo_url"),
        ({"name": "Alpha", "owner_id": new_id()}, "owner_id"),
        ({"name": "Alpha", "plan": "enterprise"}, "plan"),
    ],
)
def test_a_bad_workspace_is_refused_by_its_field(ann: Person, body: Any, fault: str) -> None:
    assert ann.post(WORKSPACES, body).faults == {fault}


def test_all_faults_are_named_at_once(ann: Person) -> None:
    reply = ann.post(WORKSPACES, {"name": "?", "workspace_type": 1, "logo_url": "x", "colour": "red"})
    assert reply.faults == {"name", "workspace_type", "logo_url", "colour"}


@pytest.mark.parametrize("name", ["Ünïcode 1", "日本", "A & B", "50%", "<b>bold</b>", "{name}"])
def test_names_are_in_any_script(ann: Person, name: str) -> None:
    made = ann.post(WORKSPACES, {"name": name}).data
    assert ann.get(f"{WORKSPACES}/{made['id']}").data["name"] == name


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_put_and_patch_change_what_they_name_and_nothing_else(team: Team, method: str) -> None:
    team.owner.patch(team.path, {"description": "Old", "logo_url": "https://example.com/logo"})
    reply = team.owner.request(method, team.path, {"name": "Beta", "logo_url": None})
    assert reply.status == 200
    assert (reply.data["name"], reply.data["description"], reply.data["logo_url"]) == ("Beta", "Old", None)
    assert reply.data["settings"]
    assert reply.data["role"] == "owner"


def test_what_is_not_documented_as_changeable_is_not(team: Team) -> None:
    assert team.owner.patch(team.path, {"workspace_type": "personal"}).faults == {"workspace_type"}
    assert team.owner.patch(team.path, {"name": None}).faults == {"name"}


def test_a_change_is_told_with_old_and_new(team: Team) -> None:
    team.owner.patch(team.path, {"name": "Beta"})
    team.owner.patch(team.path, {"name": "Beta"})
    told = [row for row in team.world.events(team.id) if row["type"] == "workspace.updated"]
    assert [row["changes"] for row in told] == [{"name": {"old": "Alpha", "new": "Beta"}}]
    assert told[0]["payload"] == {"workspace_id": team.id, "name": "Beta"}


def test_the_list_shows_all_of_mine_with_my_role(team: Team, ann: Person) -> None:
    team.join("viewer", ann)
    team.join("member")
    rows = {row["id"]: row for row in ann.get(WORKSPACES).data}
    assert rows[team.id]["role"] == "viewer"
    assert rows[team.id]["members_count"] == 3
    assert rows[team.id]["owner_id"] == team.owner.id
    assert len(rows) == 2, "her own and this one"


@pytest.mark.parametrize("sort", ["name", "created_at", "updated_at"])
def test_the_list_sorts_both_ways(world: World, ann: Person, sort: str) -> None:
    for name in ("beta", "Alpha", "Gamma"):
        ann.post(WORKSPACES, {"name": name})
        world.clock.advance(1)
    up = ann.get(WORKSPACES, sort_by=sort).data
    down = ann.get(WORKSPACES, sort_by=sort, sort_order="desc").data
    keys = [row[sort].lower() for row in up]
    assert keys == sorted(keys)
    assert [row["id"] for row in down] == [row["id"] for row in reversed(up)]


def test_a_deleted_workspace_is_nowhere(team: Team, ann: Person) -> None:
    team.join("admin", ann)
    token = team.invite("late@example.com")
    reply = team.owner.delete(team.path)
    assert reply.status == 200
    assert "30 days" in reply.json["message"]
    for person in (team.owner, ann):
        assert person.get(team.path).status == 404
        assert team.id not in [row["id"] for row in person.get(WORKSPACES).data]
        for path in ("members", "settings", "invitations"):
            assert person.get(f"{team.path}/{path}").status == 404
        assert person.patch(team.path, {"name": "Beta"}).status == 404
        assert person.post(f"{team.path}/access").status == 404
    assert team.owner.delete(team.path).status == 404
    late = team.world.anonymous().post(f"{WORKSPACES}/invitations/decline", {"token": token})
    assert late.status == 404


def test_confirm_name_guards_a_deletion(team: Team) -> None:
    assert team.owner.delete(team.path, confirm_name="alpha").faults == {"confirm_name"}
    assert team.owner.get(team.path).status == 200
    assert team.owner.delete(team.path, confirm_name="Alpha").status == 200


def test_an_owner_brings_everything_back(team: Team, ann: Person) -> None:
    team.join("member", ann)
    team.owner.patch(f"{team.path}/settings", {"timezone": "Asia/Tokyo"})
    before = team.owner.get(team.path).data
    team.owner.delete(team.path)
    reply = team.owner.post(f"{team.path}/restore")
    assert reply.status == 200
    assert reply.data["settings"]["timezone"] == "Asia/Tokyo"
    assert {**reply.data, "updated_at": None} == {**before, "updated_at": None}
    assert ann.get(team.path).data["role"] == "member"
    assert team.events("workspace.")[-2:] == ["workspace.deleted", "workspace.restored"]


def test_thirty_days_are_the_limit(team: Team) -> None:
    clock = team.world.clock
    team.owner.delete(team.path)
    clock.advance(30 * DAY - 1)
    assert team.owner.post(f"{team.path}/restore").status == 200
    team.world.step_up(team.owner)
    team.owner.delete(team.path)
    clock.advance(30 * DAY)
    assert team.owner.post(f"{team.path}/restore").status == 404


def test_a_system_admin_restores_what_is_not_theirs(team: Team, ann: Person) -> None:
    make_system_admin(team.world, ann)
    assert ann.post(f"{team.path}/restore").status == 409
    team.owner.delete(team.path)
    reply = ann.post(f"{team.path}/restore")
    assert reply.status == 200
    assert reply.data["role"] is None
    assert reply.data["members_count"] == 1
    assert ann.get(team.path).status == 404, "restoring makes nobody a member"
    assert ann.post(f"{WORKSPACES}/{new_id()}/restore").status == 404


def test_last_accessed_follows_the_visits(team: Team, ann: Person) -> None:
    assert ann.get(f"{WORKSPACES}/me/last-accessed").status == 404
    team.join("viewer", ann)
    reply = ann.post(f"{team.path}/access")
    assert (reply.status, reply.body) == (204, b"")
    shown = ann.get(f"{WORKSPACES}/me/last-accessed").data
    assert shown == {"id": team.id, "workspace_id": team.id, "name": "Alpha", "accessed_at": now(team.world)}
    members = {row["id"]: row for row in team.owner.get(f"{team.path}/members").data}
    assert members[ann.id]["last_activity"] == now(team.world)
    assert members[team.owner.id]["last_activity"] is None


def test_last_accessed_forgets_what_is_closed_to_me(team: Team, ann: Person) -> None:
    team.join("viewer", ann)
    ann.post(f"{team.path}/access")
    team.owner.delete(team.path)
    assert ann.get(f"{WORKSPACES}/me/last-accessed").status == 404
    team.owner.post(f"{team.path}/restore")
    assert ann.get(f"{WORKSPACES}/me/last-accessed").status == 200
    team.owner.delete(team.member(ann))
    assert ann.get(f"{WORKSPACES}/me/last-accessed").status == 404


def test_a_visit_leaves_the_profile_as_it_is(team: Team) -> None:
    with team.world.statements() as seen:
        team.owner.post(f"{team.path}/access")
    [profile] = [statement for statement in seen if statement.startswith("UPDATE core__user")]
    assert "version" not in profile
    assert "updated_at" not in profile
