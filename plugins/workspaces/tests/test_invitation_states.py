"""What can be done to an invitation in each of its states; and sending it again."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.testing import Person, Reply

from .conftest import WORKSPACES, Team, accept

HOUR = 3600
ACTS = ("open", "accept", "decline", "cancel", "resend")

ANSWERS = {
    "pending": {"open": 200, "accept": 200, "decline": 200, "cancel": 200, "resend": 200},
    "late": {
        "open": "expired",
        "accept": "expired",
        "decline": "expired",
        "cancel": "expired",
        "resend": 200,
    },
    "accepted": dict.fromkeys(ACTS, 409),
    "rejected": dict.fromkeys(ACTS, "rejected"),
    "cancelled": dict.fromkeys(ACTS, "cancelled"),
    "replaced": dict.fromkeys(ACTS, "cancelled"),
    "replaced when late": dict.fromkeys(ACTS, "expired"),
}
"""By state and act: the status, or the reason of a 400."""

AFTERWARDS = {"accept": "accepted", "decline": "rejected", "cancel": "cancelled"}
"""What the status is after an act; after all others it is pending."""

SHOWN = {"late": "expired", "replaced": "cancelled", "replaced when late": "expired"}


class Invited:
    """An invitation of somebody who has an account."""

    def __init__(self, team: Team, guest: Person) -> None:
        self.team, self.guest = team, guest
        self.token = team.invite(guest.email)
        self.id = self.rows()[0]["id"]
        self.path = f"{team.path}/invitations/{self.id}"

    def rows(self) -> list[Any]:
        return self.team.owner.get(f"{self.team.path}/invitations").data

    @property
    def status(self) -> str:
        return next(row["status"] for row in self.rows() if row["id"] == self.id)

    def do(self, act: str) -> Reply:
        if act == "cancel":
            return self.team.owner.delete(self.path)
        if act == "resend":
            return self.team.owner.post(f"{self.path}/resend")
        return self.guest.post(f"{WORKSPACES}/invitations/{act}", {"token": self.token})

    def bring_to(self, state: str) -> None:
        if state.endswith("late"):
            self.team.world.clock.advance(48 * HOUR)
        if state.startswith("replaced"):
            self.team.invite(self.guest.email)
        before = {"accepted": "accept", "rejected": "decline", "cancelled": "cancel"}
        if state in before:
            assert self.do(before[state]).status == 200
        assert self.status == SHOWN.get(state, state)


@pytest.fixture
def invited(team: Team, bob: Person) -> Invited:
    return Invited(team, bob)


@pytest.mark.parametrize("state", ANSWERS)
@pytest.mark.parametrize("act", ACTS)
def test_what_can_be_done_in_each_state(invited: Invited, state: str, act: str) -> None:
    invited.bring_to(state)
    expected, before = ANSWERS[state][act], invited.rows()
    reply = invited.do(act)
    if expected == 200:
        assert (reply.status, invited.status) == (200, AFTERWARDS.get(act, "pending"))
        return
    if expected == 409:
        assert (reply.status, reply.error["details"]) == (409, {"reason": "accepted"})
    else:
        assert (reply.status, reply.error["code"]) == (400, "INVALID_REQUEST")
        assert reply.error["details"] == {"reason": expected}
    assert invited.rows() == before


class TestSendingAgain:
    """A new link, and a new time to live."""

    def test_the_new_link_works_and_the_old_one_no_more(self, invited: Invited, bob: Person) -> None:
        invited.team.world.clock.advance(47 * HOUR)
        again = invited.do("resend").data
        new = invited.team.token(bob.email)
        assert len(invited.team.world.outbox.to(bob.email)) == 2
        assert (again["id"], len(invited.rows())) == (invited.id, 1)
        invited.team.world.clock.advance(2 * HOUR)
        assert accept(bob, invited.token).status == 404
        assert accept(bob, new).status == 200

    def test_the_mail_says_who_sends_it_and_until_when(self, invited: Invited, bob: Person) -> None:
        admin = invited.team.join("admin")
        invited.team.world.clock.advance(HOUR)
        assert admin.post(f"{invited.path}/resend").status == 200
        invited.team.world.drain()
        first, second = invited.team.world.outbox.to(bob.email)
        assert admin.username in second.text and admin.username not in first.text
        assert first.id != second.id

    def test_it_is_announced_without_the_address(self, invited: Invited, bob: Person) -> None:
        invited.do("resend")
        told = [row for row in invited.team.world.events(invited.team.id) if "invitation" in row["type"]]
        assert [row["type"] for row in told][-1] == "workspace.invitation.resent"
        assert told[-1]["payload"]["user_id"] == bob.id
        assert told[-1]["private"] == {"email": bob.email}

    def test_whoever_joined_otherwise_gets_no_other_mail(self, invited: Invited, bob: Person) -> None:
        invited.team.join("viewer", bob)
        reply = invited.do("resend")
        assert (reply.status, reply.error["details"]) == (409, {"emails": [bob.email]})
        invited.team.world.drain()
        assert len(invited.team.world.outbox.to(bob.email)) == 1

    def test_members_send_again_what_they_sent(self, team: Team) -> None:
        member, other, viewer = team.join("member"), team.join("member"), team.join("viewer")
        path = f"{team.path}/invitations"
        mine = member.post(path, {"email": "a@example.com"}).data["id"]
        assert member.post(f"{path}/{mine}/resend").status == 200
        assert other.post(f"{path}/{mine}/resend").status == 404
        assert viewer.post(f"{path}/{mine}/resend").status == 403
        assert team.owner.post(f"{path}/{mine}/resend").status == 200
        team.owner.patch(f"{team.path}/settings", {"allow_member_invitations": False})
        assert member.post(f"{path}/{mine}/resend").status == 403

    def test_one_of_another_workspace_does_not_exist(self, invited: Invited, ann: Person) -> None:
        own = f"{WORKSPACES}/{ann.workspace_id}/invitations"
        assert ann.post(f"{own}/{invited.id}/resend").status == 404

    def test_it_keeps_to_the_budget(self, invited: Invited) -> None:
        with invited.team.world.statements() as seen:
            assert invited.do("resend").status == 200
        assert len(seen) <= 12


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("owner", {"admin", "member", "viewer"}),
        ("admin", {"admin", "member", "viewer"}),
        ("member", {"member", "viewer"}),
        ("viewer", set()),
    ],
)
def test_nobody_invites_above_the_own_role(team: Team, role: str, allowed: set[str]) -> None:
    host = team.owner if role == "owner" else team.join(role)
    for number, wanted in enumerate(("admin", "member", "viewer")):
        path, email = f"{team.path}/invitations", f"{wanted}{number}@example.com"
        expected = 201 if wanted in allowed else 403
        assert host.post(path, {"email": email, "role": wanted}).status == expected
        assert host.post(f"{path}/bulk", {"emails": [email], "role": wanted}).status == expected
