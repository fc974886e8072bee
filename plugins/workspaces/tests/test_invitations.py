"""Invitations: from the mail to the membership, and all the ways in which that does not come about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Scope, new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_workspaces.models import Invitation

from .conftest import WORKSPACES, Team, accept, now

HOUR = 3600
ACCEPT = f"{WORKSPACES}/invitations/accept"
DECLINE = f"{WORKSPACES}/invitations/decline"


def listed(team: Team, **query: Any) -> list[tuple[str, str]]:
    rows = team.owner.get(f"{team.path}/invitations", sort_by="email", **query).data
    return [(row["email"], row["status"]) for row in rows]


def test_an_invitation_shows_all_documented_keys(team: Team) -> None:
    reply = team.owner.post(
        f"{team.path}/invitations", {"email": " New@Example.com ", "role": "admin", "message": " Come! "}
    )
    assert reply.status == 201
    shown = reply.data
    assert shown["id"] == shown["invitation_id"]
    expected = {
        "workspace_id": team.id,
        "email": "New@Example.com",
        "status": "pending",
        "role": "admin",
        "message": "Come!",
        "invited_by": team.owner.id,
        "created_at": now(team.world),
        "accepted_at": None,
    }
    assert {key: shown[key] for key in expected} == expected
    assert team.owner.get(f"{team.path}/invitations").data == [shown]
    assert not {"token", "token_hash", "email_norm"} & shown.keys()


def test_the_answer_does_not_tell_whether_there_is_an_account(team: Team, bob: Person) -> None:
    known = team.owner.post(f"{team.path}/invitations", {"email": bob.email})
    unknown = team.owner.post(f"{team.path}/invitations", {"email": "nobody@example.com"})
    varying = {"id", "invitation_id", "email"}
    assert known.status == unknown.status
    assert {k: v for k, v in known.data.items() if k not in varying} == {
        k: v for k, v in unknown.data.items() if k not in varying
    }


def test_an_invitation_that_is_sent_again_with_its_key_makes_no_second_mail(team: Team) -> None:
    address, key = f"{new_id()}@example.com", {"Idempotency-Key": new_id()}
    body = {"email": address}
    first, again = (
        team.owner.request("POST", f"{team.path}/invitations", body, headers=key) for _ in range(2)
    )
    team.world.drain()
    assert (first.status, first.body) == (again.status, again.body)
    assert len(team.world.outbox.to(address)) == 1


def test_the_role_has_an_alias_and_a_default(team: Team) -> None:
    path = f"{team.path}/invitations"
    assert team.owner.post(path, {"email": "a@example.com"}).data["role"] == "member"
    invited = {"email": "b@example.com", "invited_role": "viewer"}
    assert team.owner.post(path, invited).data["role"] == "viewer"
    assert team.owner.post(path, {**invited, "role": "admin"}).faults == {"invited_role"}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"email"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": "a@example.com\nBcc: b@example.com"}, {"email"}),
        ({"email": f"{'x' * 320}@example.com"}, {"email"}),
        ({"email": "a@example.com", "role": "owner"}, {"role"}),
        ({"email": "a@example.com", "role": "king", "message": "x" * 501}, {"role", "message"}),
        ({"email": "a@example.com", "status": "accepted"}, {"status"}),
    ],
)
def test_a_bad_invitation_is_refused_by_its_fields(team: Team, body: Any, faults: set[str]) -> None:
    assert team.owner.post(f"{team.path}/invitations", body).faults == faults
    assert listed(team) == []


def test_the_mail_carries_the_link_and_only_its_hash_is_stored(team: Team, bob: Person) -> None:
    token = team.invite(bob.email)
    mail = team.world.outbox.to(bob.email)[-1]
    link = f"http://localhost:8000/invitations#token={token}"
    assert link in mail.text
    assert mail.html is not None
    assert f'href="{link}"' in mail.html
    statement = select(Invitation.token_hash).where(Invitation.workspace_id == SCOPE_WORKSPACE)
    with team.world.kernel.db.read(Scope.system(team.id)) as reader:
        assert reader.value(statement) == hashlib.sha256(token.encode()).digest()
    assert token not in str(team.world.events(team.id))


def test_the_address_stands_apart_from_the_event(team: Team, bob: Person) -> None:
    team.invite(bob.email)
    team.invite("nobody@example.com")
    told = [row for row in team.world.events(team.id) if row["type"] == "workspace.invitation.created"]
    assert [row["payload"]["user_id"] for row in told] == [bob.id, None]
    assert [row["private"] for row in told] == [{"email": bob.email}, {"email": "nobody@example.com"}]
    assert not any("@" in str(row["payload"]) for row in told)
    assert not any(row["public"] for row in told)


def test_no_mail_leaves_when_the_invitation_fails(team: Team, ann: Person) -> None:
    team.join("member", ann)
    sent = len(team.world.outbox.mails)
    reply = team.owner.post(f"{team.path}/invitations", {"email": ann.email})
    assert (reply.status, reply.error["details"]) == (409, {"emails": [ann.email]})
    team.world.drain()
    assert len(team.world.outbox.mails) == sent
    assert listed(team) == []


def test_accepting_joins_with_the_role(team: Team, bob: Person) -> None:
    reply = accept(bob, team.invite(bob.email, "admin"))
    assert reply.status == 200
    assert reply.data == {"workspace_id": team.id, "workspace_name": "Alpha", "role": "admin"}
    assert reply.json["message"] == "You joined Alpha"
    assert bob.get(team.path).data["role"] == "admin"
    [shown] = team.owner.get(f"{team.path}/invitations").data
    assert (shown["status"], shown["accepted_at"]) == ("accepted", now(team.world))
    told = [row for row in team.world.events(team.id) if row["user_id"] == bob.id]
    assert [row["type"] for row in told] == [
        "workspace.member.added",
        "user.joined",
        "workspace.invitation.accepted",
    ]


def test_the_token_may_stand_in_the_query(team: Team, bob: Person) -> None:
    token = team.invite(bob.email)
    assert bob.request("POST", ACCEPT, query={"token": token}).status == 200


def test_one_token_is_needed_and_no_more(bob: Person) -> None:
    for path in (ACCEPT, DECLINE):
        assert bob.post(path).faults == {"token"}
        assert bob.post(path, {"token": 7}).faults == {"token"}
        assert bob.post(path, {"token": "x" * 201}).faults == {"token"}
        assert bob.post(path, {"token": "a"}, token="b").status == 400
        assert bob.post(path, {"token": "a"}).status == 404
        assert bob.post(path, {"token": "é"}).status == 404


def test_accepting_twice_is_a_conflict(team: Team, bob: Person) -> None:
    token = team.invite(bob.email)
    assert accept(bob, token).status == 200
    again = accept(bob, token)
    assert (again.status, again.error["code"]) == (409, "CONFLICT")
    assert again.error["details"] == {"reason": "accepted"}
    assert bob.post(DECLINE, {"token": token}).status == 409


def test_an_invitation_is_valid_for_48_hours(team: Team, bob: Person, ann: Person) -> None:
    for_bob, for_ann = team.invite(bob.email), team.invite(ann.email)
    team.world.clock.advance(48 * HOUR - 1)
    assert accept(bob, for_bob).status == 200
    team.world.clock.advance(1)
    late = accept(ann, for_ann)
    assert (late.status, late.error["code"]) == (400, "INVALID_REQUEST")
    assert late.error["details"] == {"reason": "expired"}
    assert ann.post(DECLINE, {"token": for_ann}).error["details"] == {"reason": "expired"}
    assert sorted(listed(team)) == sorted([(ann.email, "expired"), (bob.email, "accepted")])


def test_the_hours_can_be_set(new_world: Callable[..., World]) -> None:
    world = new_world(settings={"workspaces.invitation_ttl_hours": 1})
    owner, guest = world.person(), world.person()
    team = Team(world, owner.workspace_id, owner)
    token = team.invite(guest.email)
    world.clock.advance(HOUR)
    assert accept(guest, token).error["details"] == {"reason": "expired"}


def test_the_address_must_be_the_callers(team: Team, ann: Person, bob: Person) -> None:
    token = team.invite(bob.email)
    reply = accept(ann, token)
    assert (reply.status, reply.error["details"]) == (403, {"reason": "other_address"})
    assert bob.email not in str(reply.json)
    assert ann.get(team.path).status == 404
    assert accept(bob, token).status == 200


def test_addresses_are_compared_as_accounts_are(team: Team, bob: Person) -> None:
    token = team.invite(bob.email.upper())
    assert accept(bob, token).status == 200


def test_a_new_invitation_replaces_the_one_that_waits(team: Team, bob: Person) -> None:
    first = team.invite(bob.email, "viewer")
    second = team.invite(bob.email.upper().replace("EXAMPLE.COM", "example.com"), "admin")
    old = team.world.outbox.to(bob.email)[-1]
    assert first in old.text
    assert accept(bob, first).error["details"] == {"reason": "cancelled"}
    assert [status for _, status in listed(team)].count("pending") == 1
    assert accept(bob, second).data["role"] == "admin"


def test_an_expired_invitation_is_not_called_cancelled_when_it_is_renewed(team: Team, bob: Person) -> None:
    first = team.invite(bob.email)
    team.world.clock.advance(48 * HOUR)
    second = team.invite(bob.email)
    assert sorted(status for _, status in listed(team)) == ["expired", "pending"]
    assert accept(bob, first).error["details"] == {"reason": "expired"}
    assert accept(bob, second).status == 200


def test_whoever_is_in_already_is_not_invited(team: Team, bob: Person) -> None:
    team.join("viewer", bob)
    reply = team.owner.post(f"{team.path}/invitations", {"email": bob.email.upper()})
    assert (reply.status, reply.error["details"]["emails"]) == (409, [bob.email.upper()])


def test_whoever_joined_otherwise_keeps_the_role(team: Team, bob: Person) -> None:
    token = team.invite(bob.email, "admin")
    team.join("viewer", bob)
    assert accept(bob, token).status == 409
    assert bob.get(team.path).data["role"] == "viewer"


def test_a_cancelled_invitation_opens_nothing(team: Team, bob: Person) -> None:
    token = team.invite(bob.email)
    [row] = team.owner.get(f"{team.path}/invitations").data
    path = f"{team.path}/invitations/{row['id']}"
    reply = team.owner.delete(path)
    assert (reply.status, reply.json["message"]) == (200, "The invitation was cancelled")
    assert accept(bob, token).error["details"] == {"reason": "cancelled"}
    again = team.owner.delete(path)
    assert (again.status, again.error["details"]) == (400, {"reason": "cancelled"})
    assert team.events("workspace.invitation.")[-1] == "workspace.invitation.cancelled"


def test_what_was_accepted_cannot_be_cancelled(team: Team, bob: Person) -> None:
    accept(bob, team.invite(bob.email))
    [row] = team.owner.get(f"{team.path}/invitations").data
    assert team.owner.delete(f"{team.path}/invitations/{row['id']}").status == 409


def test_an_invitation_of_another_workspace_does_not_exist(team: Team, ann: Person) -> None:
    team.invite("new@example.com")
    [row] = team.owner.get(f"{team.path}/invitations").data
    own = f"{WORKSPACES}/{ann.workspace_id}/invitations"
    for invitation_id in (row["id"], new_id()):
        reply = ann.delete(f"{own}/{invitation_id}")
        assert reply.status == 404
        assert invitation_id in reply.error["message"]
    assert listed(team) == [("new@example.com", "pending")]


def test_declining_needs_no_account(team: Team) -> None:
    token = team.invite("new@example.com")
    reply = team.world.anonymous().post(DECLINE, {"token": token})
    assert (reply.status, reply.json["message"]) == (200, "The invitation was declined")
    assert listed(team) == [("new@example.com", "rejected")]
    again = team.world.anonymous().post(DECLINE, {"token": token})
    assert (again.status, again.error["details"]) == (400, {"reason": "rejected"})
    [told] = [row for row in team.world.events(team.id) if row["type"] == "workspace.invitation.declined"]
    assert (told["actor_kind"], told["user_id"]) == ("anonymous", None)


def test_a_declined_invitation_opens_nothing(team: Team, bob: Person) -> None:
    token = team.invite(bob.email)
    bob.request("POST", DECLINE, query={"token": token})
    assert accept(bob, token).error["details"] == {"reason": "rejected"}


def test_the_list_filters_by_the_status_that_is_shown(team: Team, ann: Person, bob: Person) -> None:
    team.invite("late@example.com")
    team.world.clock.advance(48 * HOUR)
    accept(ann, team.invite(ann.email))
    bob.post(DECLINE, {"token": team.invite(bob.email)})
    team.invite("gone@example.com")
    [gone] = [r for r in team.owner.get(f"{team.path}/invitations").data if r["email"] == "gone@example.com"]
    team.owner.delete(f"{team.path}/invitations/{gone['id']}")
    team.invite("open@example.com")
    by_status = {
        "accepted": ann.email,
        "cancelled": "gone@example.com",
        "expired": "late@example.com",
        "pending": "open@example.com",
        "rejected": bob.email,
    }
    for status, email in by_status.items():
        reply = team.owner.get(f"{team.path}/invitations", status=status)
        assert [(row["email"], row["status"]) for row in reply.data] == [(email, status)]
        assert reply.json["pagination"]["total"] == 1
    assert team.owner.get(f"{team.path}/invitations", status="lost").faults == {"status"}


def test_the_list_walks_by_page_and_cursor(team: Team) -> None:
    emails = [f"p{n}@example.com" for n in range(7)]
    team.owner.post(f"{team.path}/invitations/bulk", {"emails": emails})
    seen, cursor = [], None
    while True:
        query = {"page_size": 3, "status": "pending", **({"cursor": cursor} if cursor else {})}
        reply = team.owner.get(f"{team.path}/invitations", **query)
        seen += [row["email"] for row in reply.data]
        cursor = reply.json["pagination"]["next_cursor"]
        if cursor is None:
            break
    paged = [
        row["email"]
        for page in (1, 2, 3)
        for row in team.owner.get(f"{team.path}/invitations", page_size=3, page=page).data
    ]
    assert sorted(seen) == emails
    assert paged == seen


def test_many_are_invited_at_once(team: Team, bob: Person) -> None:
    emails = ["c@example.com", bob.email, "A@example.com", "a@example.com"]
    reply = team.owner.post(f"{team.path}/invitations/bulk", {"emails": emails, "role": "viewer"})
    assert reply.status == 201
    shown = [(row["email"], row["role"], row["status"]) for row in reply.data]
    assert shown == [(email, "viewer", "pending") for email in emails[:3]]
    team.world.drain()
    tokens = {email: team.token(email) for email in emails[:3]}
    assert len(set(tokens.values())) == 3
    assert accept(bob, tokens[bob.email]).status == 200


def test_each_of_many_is_told_what_became_of_it(team: Team, ann: Person) -> None:
    team.join("member", ann)
    emails = [f"a{new_id()}@example.com", ann.email.upper(), f"b{new_id()}@example.com"]
    reply = team.owner.post(f"{team.path}/invitations/bulk", {"emails": emails})
    assert reply.status == 201
    shown = [(row["email"], row["result"], row["status"]) for row in reply.data]
    assert shown == [
        (emails[0], "invited", "pending"),
        (ann.email.upper(), "member_already", None),
        (emails[2], "invited", "pending"),
    ]
    assert [row["id"] == row["invitation_id"] for row in reply.data] == [True] * 3
    assert listed(team) == [(emails[0], "pending"), (emails[2], "pending")]
    nobody = team.owner.post(f"{team.path}/invitations/bulk", {"emails": [ann.email]})
    assert [row["result"] for row in nobody.data] == ["member_already"]
    team.world.drain()
    assert [len(team.world.outbox.to(email)) for email in (emails[0], ann.email, emails[2])] == [1, 0, 1]


def test_fifty_are_the_limit_and_stay_within_the_budget(team: Team) -> None:
    emails = [f"p{n}@example.com" for n in range(51)]
    path = f"{team.path}/invitations/bulk"
    assert team.owner.post(path, {"emails": emails}).faults == {"emails"}
    assert team.owner.post(path, {"emails": []}).faults == {"emails"}
    assert team.owner.post(path, {"emails": ["a@example.com", "x", "y"]}).faults == {"emails.1", "emails.2"}
    with team.world.statements() as seen:
        assert team.owner.post(path, {"emails": emails[:50]}).status == 201
    assert len(seen) <= 12
    team.world.drain()
    assert all(team.world.outbox.to(email) for email in emails[:50])


def test_one_invitation_keeps_to_the_budget(team: Team, bob: Person) -> None:
    member = team.join("member")
    with team.world.statements() as seen:
        assert member.post(f"{team.path}/invitations", {"email": bob.email}).status == 201
    # 12, and two for the language in which bob is written to: his own, or that of the workspace.
    assert len(seen) <= 14
    token = team.token(bob.email)
    with team.world.statements() as seen:
        assert accept(bob, token).status == 200
    assert len(seen) <= 12


def test_registering_without_the_link_joins_nothing(team: Team) -> None:
    team.invite("other@example.com")
    guest = team.world.anonymous()
    account = {"email": "other@example.com", "username": "other_one", "password": "Correct-Horse-7-Staple"}
    assert guest.post("/api/v1/auth/register", account).status == 201
    team.world.drain()
    assert list(team.roles()) == [team.owner.id]
    assert listed(team) == [("other@example.com", "pending")]
