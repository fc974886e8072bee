"""Members: who is in, with which role, and how that ends."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.api import Scope, User, new_id
from pronaflow_kernel.testing import Person, World

from .conftest import WORKSPACES, Team, accept, now


def test_a_member_shows_all_documented_keys(team: Team, ann: Person) -> None:
    reply = team.owner.post(f"{team.path}/members", {"user_id": ann.id, "role": "viewer"})
    assert reply.status == 201
    assert reply.data == {
        "id": ann.id,
        "user_id": ann.id,
        "workspace_id": team.id,
        "username": ann.username,
        "email": ann.email,
        "full_name": "Ann",
        "role": "viewer",
        "joined_at": now(team.world),
        "last_activity": None,
        "updated_at": now(team.world),
    }
    assert ann.get(team.path).data["role"] == "viewer"
    assert reply.data in team.owner.get(f"{team.path}/members").data


def test_adding_tells_of_it_once(team: Team, ann: Person) -> None:
    team.owner.post(f"{team.path}/members", {"user_id": ann.id})
    told = [row for row in team.world.events(team.id) if row["payload"].get("user_id") == ann.id]
    assert [row["type"] for row in told] == ["workspace.member.added", "user.joined"]
    assert told[0]["payload"] == {"workspace_id": team.id, "user_id": ann.id, "role": "member"}
    assert told[0]["user_id"] == team.owner.id


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"user_id"}),
        ({"user_id": "me"}, {"user_id"}),
        ({"user_id": new_id(), "role": "owner"}, {"role"}),
        ({"user_id": new_id(), "role": "king", "x": 1}, {"role", "x"}),
    ],
)
def test_a_bad_member_is_refused_by_its_fields(team: Team, body: Any, faults: set[str]) -> None:
    assert team.owner.post(f"{team.path}/members", body).faults == faults


def test_nobody_is_a_member_twice(team: Team, ann: Person) -> None:
    team.join("viewer", ann)
    reply = team.owner.post(f"{team.path}/members", {"user_id": ann.id, "role": "admin"})
    assert (reply.status, reply.error["code"]) == (409, "CONFLICT")
    assert team.roles()[ann.id] == "viewer"


def test_only_active_accounts_can_be_added(team: Team, ann: Person) -> None:
    assert team.owner.post(f"{team.path}/members", {"user_id": new_id()}).status == 404
    set_status(team.world, ann, "suspended")
    assert team.owner.post(f"{team.path}/members", {"user_id": ann.id}).status == 404


def test_the_list_filters_by_role_sorts_and_pages(team: Team) -> None:
    made = {role: team.join(role).id for role in ("admin", "member", "viewer")}
    path = f"{team.path}/members"
    assert [row["id"] for row in team.owner.get(path, role="viewer").data] == [made["viewer"]]
    assert team.owner.get(path, role="king").faults == {"role"}
    assert team.owner.get(path, sort_by="email").faults == {"sort_by"}
    for sort in ("joined_at", "username", "full_name"):
        rows = team.owner.get(path, sort_by=sort).data
        assert [row[sort] for row in rows] == sorted(row[sort] for row in rows)
    seen: list[str] = []
    cursor = None
    while True:
        reply = team.owner.get(path, page_size=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in reply.data]
        cursor = reply.json["pagination"]["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted([*made.values(), team.owner.id])


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_changed_role_counts_from_the_next_request_on(team: Team, ann: Person, method: str) -> None:
    team.join("viewer", ann)
    assert ann.patch(team.path, {"name": "Mine"}).status == 403
    team.world.clock.advance(60)
    reply = team.owner.request(method, team.member(ann), {"role": "Admin"})
    assert (reply.status, reply.data["user_id"]) == (200, ann.id)
    assert (reply.data["role"], reply.data["updated_at"]) == ("admin", now(team.world))
    assert ann.patch(team.path, {"name": "Mine"}).status == 200
    [told] = [row for row in team.world.events(team.id) if row["type"] == "workspace.member.updated"]
    assert told["changes"] == {"role": {"old": "viewer", "new": "admin"}}


def test_the_same_role_again_is_no_change(team: Team, ann: Person) -> None:
    team.join("viewer", ann)
    assert team.owner.put(team.member(ann), {"role": "viewer"}).status == 200
    assert "workspace.member.updated" not in team.events()


def test_a_role_that_is_none_is_refused(team: Team, ann: Person) -> None:
    team.join("viewer", ann)
    assert team.owner.put(team.member(ann), {"role": "king"}).faults == {"role"}
    assert team.owner.put(team.member(ann), {}).faults == {"role"}
    assert team.owner.put(f"{team.path}/members/{new_id()}", {"role": "viewer"}).status == 404
    assert team.owner.put(f"{team.path}/members/me", {"role": "viewer"}).status == 404


def test_an_admin_may_step_down_but_not_up(team: Team, ann: Person) -> None:
    team.join("admin", ann)
    assert ann.put(team.member(ann), {"role": "owner"}).status == 403
    assert ann.put(team.member(ann), {"role": "viewer"}).status == 200
    assert ann.put(team.member(ann), {"role": "admin"}).status == 403


def test_removal_ends_access_at_once(team: Team, ann: Person) -> None:
    team.join("member", ann)
    reply = team.owner.delete(team.member(ann))
    assert (reply.status, reply.json["success"]) == (200, True)
    assert reply.json["message"]
    assert ann.get(team.path).status == 404
    assert ann.id not in team.roles()
    assert team.owner.get(team.path).data["members_count"] == 1
    assert team.owner.delete(team.member(ann)).status == 404
    [told] = [row for row in team.world.events(team.id) if row["type"] == "workspace.member.removed"]
    assert told["payload"] == {
        "workspace_id": team.id,
        "user_id": ann.id,
        "role": "member",
        "reassign_to": None,
    }


def test_whoever_left_can_come_back(team: Team, ann: Person) -> None:
    team.join("admin", ann)
    ann.delete(team.member(ann))
    team.world.clock.advance(60)
    shown = team.owner.post(f"{team.path}/members", {"user_id": ann.id, "role": "viewer"}).data
    assert (shown["role"], shown["joined_at"]) == ("viewer", shown["updated_at"])
    assert ann.get(team.path).data["role"] == "viewer"


def test_work_can_be_handed_to_another_member(team: Team, ann: Person, bob: Person) -> None:
    team.join("member", ann)
    assert team.owner.delete(team.member(ann), reassign_to=ann.id).faults == {"reassign_to"}
    assert team.owner.delete(team.member(ann), reassign_to="bob").faults == {"reassign_to"}
    assert team.owner.delete(team.member(ann), reassign_to=bob.id).status == 404
    team.join("member", bob)
    assert team.owner.delete(team.member(ann), reassign_to=bob.id).status == 200
    [told] = [row for row in team.world.events(team.id) if row["type"] == "workspace.member.removed"]
    assert told["payload"]["reassign_to"] == bob.id


def test_the_last_owner_cannot_leave_be_removed_or_demoted(team: Team, ann: Person) -> None:
    team.join("admin", ann)
    for reply in (
        team.owner.delete(team.member(team.owner)),
        team.owner.put(team.member(team.owner), {"role": "admin"}),
    ):
        assert (reply.status, reply.error["details"]["reason"]) == (409, "last_owner")
    assert team.roles() == {team.owner.id: "owner", ann.id: "admin"}


def test_an_owner_whose_account_is_closed_does_not_count(team: Team, ann: Person) -> None:
    team.join("owner", ann)
    set_status(team.world, ann, "suspended")
    assert team.owner.delete(team.member(team.owner)).status == 409
    set_status(team.world, ann, "active")
    assert team.owner.delete(team.member(team.owner)).status == 200


def test_when_the_shown_owner_goes_the_next_one_is_shown(team: Team, ann: Person, bob: Person) -> None:
    team.join("owner", ann)
    team.world.clock.advance(60)
    team.join("owner", bob)
    assert bob.get(team.path).data["owner_id"] == team.owner.id
    assert team.owner.delete(team.member(team.owner)).status == 200
    assert bob.get(team.path).data["owner_id"] == ann.id
    assert bob.put(team.member(ann), {"role": "member"}).status == 200
    assert bob.get(team.path).data["owner_id"] == bob.id


def test_ownership_is_handed_over(team: Team, ann: Person) -> None:
    team.join("viewer", ann)
    reply = team.owner.post(f"{team.path}/ownership/transfer", {"new_owner_id": ann.id})
    assert (reply.status, reply.data["user_id"], reply.data["role"]) == (200, ann.id, "owner")
    assert team.roles() == {team.owner.id: "admin", ann.id: "owner"}
    assert ann.get(team.path).data["owner_id"] == ann.id
    assert team.owner.post(f"{team.path}/ownership/transfer", {"new_owner_id": ann.id}).status == 403
    assert ann.delete(team.path).status == 200


def test_ownership_goes_to_members_only(team: Team, ann: Person) -> None:
    path = f"{team.path}/ownership/transfer"
    assert team.owner.post(path, {}).faults == {"new_owner_id"}
    assert team.owner.post(path, {"new_owner_id": team.owner.id}).faults == {"new_owner_id"}
    assert team.owner.post(path, {"new_owner_id": ann.id}).status == 404
    team.join("member", ann)
    set_status(team.world, ann, "suspended")
    assert team.owner.post(path, {"new_owner_id": ann.id}).status == 409
    assert team.roles()[team.owner.id] == "owner"


def test_a_co_owner_stays_when_another_hands_over(team: Team, ann: Person, bob: Person) -> None:
    team.join("owner", ann)
    team.join("member", bob)
    assert team.owner.post(f"{team.path}/ownership/transfer", {"new_owner_id": bob.id}).status == 200
    assert team.roles() == {team.owner.id: "admin", ann.id: "owner", bob.id: "owner"}
    assert ann.get(team.path).data["owner_id"] == bob.id


def test_a_removed_member_has_no_way_back(team: Team, ann: Person, bob: Person) -> None:
    to_ann = team.invite(ann.email)
    team.join("admin", ann)
    by_ann = team.invite(bob.email, "admin", by=ann)
    other = team.invite("third@example.com")
    team.owner.delete(team.member(ann))
    assert accept(ann, to_ann).error["details"] == {"reason": "cancelled"}
    assert accept(bob, by_ann).error["details"] == {"reason": "cancelled"}
    [left] = team.owner.get(f"{team.path}/invitations", status="pending").data
    assert left["email"] == "third@example.com"
    assert other


def test_members_of_another_workspace_cannot_be_reached_through_mine(team: Team, ann: Person) -> None:
    own = f"{WORKSPACES}/{ann.workspace_id}"
    for reply in (
        ann.put(f"{own}/members/{team.owner.id}", {"role": "viewer"}),
        ann.delete(f"{own}/members/{team.owner.id}"),
        ann.post(f"{own}/ownership/transfer", {"new_owner_id": team.owner.id}),
    ):
        assert reply.status == 404
    assert team.roles() == {team.owner.id: "owner"}


def test_a_list_of_members_keeps_to_its_budget(team: Team) -> None:
    for _ in range(3):
        team.join("member")
    with team.world.statements() as seen:
        team.owner.get(f"{team.path}/members", page_size=2)
    assert len(seen) <= 6


def set_status(world: World, person: Person, status: str) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        uow.update(User, uow.get(User, person.id), {"status": status})


def test_giving_a_workspace_away_needs_a_recent_proof(team: Team) -> None:
    """By a transfer, by making an owner, and by trashing it; a smaller change of role needs none."""
    ann, bob = team.join("admin"), team.join("member")
    team.world.clock.advance(601)
    grave = [
        ("POST", f"{team.path}/ownership/transfer", {"new_owner_id": ann.id}),
        ("PUT", f"{team.path}/members/{ann.id}", {"role": "owner"}),
        ("PATCH", f"{team.path}/members/{ann.id}", {"role": "owner"}),
        ("DELETE", team.path, None),
    ]

    for method, path, body in grave:
        reply = team.owner.request(method, path, body)
        assert (reply.status, reply.error["details"].get("reason")) == (403, "step_up_required"), path
    assert team.owner.put(f"{team.path}/members/{bob.id}", {"role": "viewer"}).status == 200

    team.world.step_up(team.owner)
    assert team.owner.put(f"{team.path}/members/{ann.id}", {"role": "owner"}).status == 200
