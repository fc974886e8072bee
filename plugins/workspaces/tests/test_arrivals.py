"""Joining by the link of an invitation without having had an account before."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person, World

from .conftest import WORKSPACES, Team, accept

AUTH = "/api/v1/auth"
OPEN = f"{WORKSPACES}/invitations/open"


class Newcomer:
    """Somebody who has no account yet."""

    def __init__(self, world: World) -> None:
        number = new_id()
        self.world = world
        self.address = f"{number}@example.com"
        self.account = {
            "email": f"{number}@Example.com",
            "username": f"n_{number[-12:]}",
            "password": "Correct-Horse-7-Staple",
        }
        self.person = world.anonymous()

    def follow(self, token: str) -> Any:
        """Open the link in an invitation."""
        reply = self.world.anonymous().post(OPEN, {"token": token})
        assert reply.status == 200, reply.json
        return reply.data

    def register(self) -> None:
        assert self.person.post(f"{AUTH}/register", self.account).status == 201
        self.world.drain()

    def prove(self) -> None:
        """Follow the link in the mail that asks for a proof of the address."""
        if not (mails := self._letters()):
            self.person.post(f"{AUTH}/resend-verification", {"email": self.account["email"]})
            self.world.drain()
            mails = self._letters()
        found = dict(re.findall(r"^(user_id|token): (\S+)$", mails[-1].text, re.MULTILINE))
        assert self.world.anonymous().post(f"{AUTH}/verify-email", found).status == 200
        self.world.drain()

    def sign_in(self) -> Person:
        reply = self.person.post(f"{AUTH}/login", {key: self.account[key] for key in ("email", "password")})
        self.person.token = reply.data["access_token"]
        return self.person

    def _letters(self) -> list[Any]:
        return [mail for mail in self.world.outbox.to(self.account["email"]) if "verify-email" in mail.text]


@pytest.fixture
def newcomer(world: World) -> Newcomer:
    return Newcomer(world)


def test_the_link_tells_what_it_is_to(team: Team, newcomer: Newcomer) -> None:
    token = team.invite(newcomer.address, "viewer")
    shown = newcomer.follow(token)
    expiry = team.owner.get(f"{team.path}/invitations").data[0]["expires_at"]
    assert shown == {
        "workspace_id": team.id,
        "workspace_name": "Alpha",
        "inviter": team.owner.username,
        "email": newcomer.address,
        "role": "viewer",
        "message": None,
        "expires_at": expiry,
    }
    assert newcomer.follow(token) == shown
    assert team.events("workspace.invitation").count("workspace.invitation.opened") == 1
    assert team.world.anonymous().post(OPEN, {"token": "no"}).status == 404
    assert team.world.anonymous().post(OPEN).faults == {"token"}


def test_whoever_registers_through_the_link_is_a_member_once_the_address_is_proved(
    team: Team, newcomer: Newcomer
) -> None:
    newcomer.follow(team.invite(newcomer.address, "viewer"))
    team.world.clock.advance(60)
    newcomer.register()
    assert len(team.roles()) == 1, "the address is not proved yet"
    newcomer.prove()
    assert sorted(team.roles().values()) == ["owner", "viewer"]
    guest = newcomer.sign_in()
    assert guest.get(team.path).data["role"] == "viewer"
    [shown] = team.owner.get(f"{team.path}/invitations").data
    assert shown["status"] == "accepted"
    told = team.events()
    assert told[-3:] == ["workspace.member.added", "user.joined", "workspace.invitation.accepted"]


def test_all_invitations_that_were_followed_count(team: Team, newcomer: Newcomer, make_team: Any) -> None:
    other, third = make_team(), make_team()
    for each in (team, other):
        newcomer.follow(each.invite(newcomer.address))
    third.invite(newcomer.address)
    newcomer.register()
    newcomer.prove()
    assert [len(each.roles()) for each in (team, other, third)] == [2, 2, 1]


def test_whoever_does_not_prove_the_address_accepts_by_hand(team: Team, newcomer: Newcomer) -> None:
    token = team.invite(newcomer.address)
    newcomer.follow(token)
    newcomer.register()
    guest = newcomer.sign_in()
    assert guest.get(team.path).status == 404
    assert accept(guest, token).status == 200
    newcomer.prove()
    assert sorted(team.roles().values()) == ["member", "owner"]


def test_whoever_registers_without_the_link_joins_nothing(team: Team, newcomer: Newcomer) -> None:
    team.invite(newcomer.address)
    newcomer.register()
    newcomer.prove()
    assert list(team.roles()) == [team.owner.id]


def test_an_account_that_was_there_before_the_link_accepts_by_hand(team: Team, newcomer: Newcomer) -> None:
    newcomer.register()
    team.world.clock.advance(60)
    newcomer.follow(team.invite(newcomer.address))
    newcomer.prove()
    assert list(team.roles()) == [team.owner.id]


def test_what_is_over_by_then_joins_nobody(team: Team, newcomer: Newcomer, make_team: Any) -> None:
    cancelled, late = make_team(), team
    for each in (cancelled, late):
        newcomer.follow(each.invite(newcomer.address))
    [row] = cancelled.owner.get(f"{cancelled.path}/invitations").data
    cancelled.owner.delete(f"{cancelled.path}/invitations/{row['id']}")
    newcomer.register()
    team.world.clock.advance(48 * 3600)
    newcomer.prove()
    assert [len(each.roles()) for each in (late, cancelled)] == [1, 1]


def test_a_link_that_was_replaced_by_resending_counts_no_more(team: Team, newcomer: Newcomer) -> None:
    newcomer.follow(team.invite(newcomer.address))
    [row] = team.owner.get(f"{team.path}/invitations").data
    team.owner.post(f"{team.path}/invitations/{row['id']}/resend")
    newcomer.register()
    newcomer.prove()
    assert list(team.roles()) == [team.owner.id]
