"""What happens when people act at the same moment."""

from __future__ import annotations

from pronaflow_kernel.testing import Person

from .conftest import Team, accept, at_once

LOCK = "FOR NO KEY UPDATE"


def test_one_invitation_is_accepted_once(team: Team, bob: Person) -> None:
    token = team.invite(bob.email)
    replies = at_once(
        team.world,
        *[(bob, lambda person: accept(person, token))] * 3,
        before="UPDATE workspaces__invitation",
    )
    assert sorted(reply.status for reply in replies) == [200, 409, 409]
    assert team.events("workspace.member.added").count("workspace.member.added") == 2, "owner and bob"
    assert team.roles()[bob.id] == "member"


def test_two_owners_who_leave_at_once_leave_an_owner(team: Team, ann: Person) -> None:
    team.join("owner", ann)
    replies = at_once(
        team.world,
        (team.owner, lambda person: person.delete(team.member(team.owner))),
        (ann, lambda person: person.delete(team.member(ann))),
        before=LOCK,
    )
    assert sorted(reply.status for reply in replies) == [200, 409]
    left = ann if replies[0].status == 200 else team.owner
    assert [row["role"] for row in left.get(f"{team.path}/members").data] == ["owner"]
    assert left.get(team.path).data["owner_id"] == left.id


def test_two_owners_who_demote_each_other_leave_an_owner(team: Team, ann: Person) -> None:
    team.join("owner", ann)
    replies = at_once(
        team.world,
        (team.owner, lambda person: person.put(team.member(ann), {"role": "viewer"})),
        (ann, lambda person: person.put(team.member(team.owner), {"role": "viewer"})),
        before=LOCK,
    )
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert sorted(team.roles().values()) == ["owner", "viewer"]


def test_a_workspace_is_handed_over_once(team: Team, ann: Person, bob: Person) -> None:
    team.join("member", ann)
    team.join("member", bob)
    path = f"{team.path}/ownership/transfer"
    replies = at_once(
        team.world,
        (team.owner, lambda person: person.post(path, {"new_owner_id": ann.id})),
        (team.owner, lambda person: person.post(path, {"new_owner_id": bob.id})),
        before=LOCK,
    )
    assert sorted(reply.status for reply in replies) == [200, 403]
    assert sorted(team.roles().values()) == ["admin", "member", "owner"]


def test_an_heir_who_leaves_at_once_leaves_an_owner(team: Team, ann: Person) -> None:
    team.join("owner", ann)
    replies = at_once(
        team.world,
        (team.owner, lambda person: person.post(f"{team.path}/ownership/transfer", {"new_owner_id": ann.id})),
        (ann, lambda person: person.delete(team.member(ann))),
        before=LOCK,
    )
    assert sorted(reply.status for reply in replies) in ([200, 404], [200, 409])
    assert list(team.roles().values()).count("owner") == 1


def test_two_invitations_at_once_leave_one_that_works(team: Team, bob: Person) -> None:
    body = {"email": bob.email}
    replies = at_once(
        team.world,
        *[(team.owner, lambda person: person.post(f"{team.path}/invitations", body))] * 2,
        before=LOCK,
    )
    assert [reply.status for reply in replies] == [201, 201]
    rows = team.owner.get(f"{team.path}/invitations").data
    assert sorted(row["status"] for row in rows) == ["cancelled", "pending"]


def test_two_first_changes_of_settings_are_both_kept(team: Team) -> None:
    path = f"{team.path}/settings"
    replies = at_once(
        team.world,
        (team.owner, lambda person: person.patch(path, {"timezone": "Asia/Tokyo"})),
        (team.owner, lambda person: person.patch(path, {"on_member_removed": "keep"})),
        before=LOCK,
    )
    assert [reply.status for reply in replies] == [200, 200]
    settings = team.owner.get(path).data["settings"]
    assert (settings["timezone"], settings["on_member_removed"]) == ("Asia/Tokyo", "keep")


def test_somebody_who_is_added_twice_at_once_is_in_once(team: Team, bob: Person) -> None:
    body = {"user_id": bob.id}
    replies = at_once(
        team.world,
        *[(team.owner, lambda person: person.post(f"{team.path}/members", body))] * 2,
        before="INSERT INTO core__membership",
    )
    assert sorted(reply.status for reply in replies) == [201, 409]
    assert team.roles()[bob.id] == "member"


def test_an_acceptance_and_a_cancellation_do_not_both_succeed(team: Team, bob: Person) -> None:
    token = team.invite(bob.email)
    [row] = team.owner.get(f"{team.path}/invitations").data
    accepted, cancelled = at_once(
        team.world,
        (bob, lambda person: accept(person, token)),
        (team.owner, lambda person: person.delete(f"{team.path}/invitations/{row['id']}")),
        before="UPDATE workspaces__invitation",
    )
    assert (accepted.status, cancelled.status) in ((200, 409), (400, 200))
    assert (bob.id in team.roles()) == (accepted.status == 200)
