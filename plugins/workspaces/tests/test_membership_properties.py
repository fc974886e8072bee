"""Whatever people do to a workspace: it is owned, and everybody is in it once or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Membership, Scope, Workspace
from pronaflow_kernel.testing import Person, Reply, World

from .conftest import WORKSPACES, Team, accept

PEOPLE = 4
ROLES = ("owner", "admin", "member", "viewer")

MEMBERSHIPS = select(Membership.user_id, Membership.role, Membership.is_active).where(
    Membership.workspace_id == SCOPE_WORKSPACE
)

ON_INVITATIONS, ON_MEMBERS = ("accept", "decline", "resend", "cancel"), ("remove", "transfer", "change role")

# Who is named by a small number can do more, so that more comes about than refusals.
someone = st.sampled_from((0, 0, 0, 1, 1, 2, 3))
role = st.sampled_from(ROLES)
steps = st.lists(
    st.tuples(
        st.sampled_from(("invite", "add", "accept old", *ON_INVITATIONS, *ON_MEMBERS)), someone, someone, role
    ),
    min_size=15,
    max_size=40,
)


EACH_ACT = [
    (act, 0, 0, "member")
    for act in (
        *("invite", "cancel", "invite", "resend", "decline", "accept old", "invite", "accept", "add"),
        *("change role", "transfer", "remove", "accept old"),
    )
]
"""Every act once, where it succeeds."""


@dataclass
class Play:
    """A workspace and what is known of it without asking.

    Attributes:
        roles: of the members by the user's id.
        open: invitations that wait: by address, id and token and role.
        spent: tokens that may open nothing any more, with the index of whom they were for.
    """

    team: Team
    people: list[Person]
    roles: dict[str, str] = field(default_factory=dict)
    open: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    spent: list[tuple[str, int]] = field(default_factory=list)

    def spend(self, subject: int) -> None:
        """The invitation of somebody is over."""
        if (gone := self.open.pop(self.people[subject].email, None)) is not None:
            self.spent.append((gone[1], subject))

    def forget(self, user_id: str) -> None:
        """A member is gone, and the invitations that they sent or got with them."""
        self.roles.pop(user_id, None)
        left = {row["email"] for row in self.listed() if row["status"] == "pending"}
        for index, person in enumerate(self.people):
            if person.email not in left:
                self.spend(index)

    def listed(self) -> list[Any]:
        [owner] = [p for p in self.people if self.roles.get(p.id) == "owner"][:1]
        return owner.get(f"{self.team.path}/invitations", page_size=100).data

    def named(self, act: str, by: int, whom: int) -> tuple[Person, int]:
        """Who acts, those with more power first, and on whom, those first with whom it may succeed."""
        order = [*ROLES, None]
        ranked = sorted(self.people, key=lambda person: order.index(self.roles.get(person.id)))
        indices = range(PEOPLE)
        if act in ON_INVITATIONS:
            likely = [n for n in indices if self.people[n].email in self.open]
        else:
            inside = act in ON_MEMBERS
            likely = [n for n in indices if (self.people[n].id in self.roles) == inside]
            likely = [n for n in likely if self.people[n] is not ranked[by]]
        subject = [*likely, *(n for n in indices if n not in likely)][whom]
        return self.people[subject] if act == "accept" and by == 0 else ranked[by], subject

    def do(self, act: str, actor: int, whom: int, wanted: str) -> Reply | None:
        """One step; None where there is nothing to do it with."""
        by, subject = self.named(act, actor, whom)
        other = self.people[subject]
        waiting = self.open.get(other.email)
        path, member = self.team.path, self.team.member(other)
        if act == "invite":
            return self._invited(
                by.post(f"{path}/invitations", {"email": other.email, "role": wanted}), subject
            )
        if act == "add":
            return self._is(by.post(f"{path}/members", {"user_id": other.id, "role": wanted}), other, wanted)
        if act == "change role":
            return self._is(by.patch(member, {"role": wanted}), other, wanted)
        if act == "remove":
            reply = by.delete(member)
            if reply.status == 200:
                self.forget(other.id)
            return reply
        if act == "transfer":
            reply = by.post(f"{path}/ownership/transfer", {"new_owner_id": other.id})
            if reply.status == 200:
                self.roles |= {other.id: "owner", by.id: "admin"}
            return reply
        if act == "accept old":
            return self._refused(by)
        return None if waiting is None else self._answered(act, by, subject, *waiting)

    def _answered(self, act: str, by: Person, subject: int, id: str, token: str, role: str) -> Reply:
        path = f"{self.team.path}/invitations/{id}"
        if act == "accept":
            reply = accept(by, token)
            if reply.status == 200:
                assert by.id == self.people[subject].id, "an invitation is for one address"
                self.roles[by.id] = role
        elif act == "resend":
            reply = by.post(f"{path}/resend")
            if reply.status == 200:
                return self._invited(reply, subject)
        elif act == "decline":
            reply = by.post(f"{WORKSPACES}/invitations/decline", {"token": token})
        else:
            reply = by.delete(path)
        if reply.status == 200:
            self.spend(subject)
        return reply

    def _invited(self, reply: Reply, subject: int) -> Reply:
        if reply.status in (200, 201):
            self.spend(subject)
            email = self.people[subject].email
            self.open[email] = (reply.data["id"], self.team.token(email), reply.data["role"])
        return reply

    def _is(self, reply: Reply, person: Person, role: str) -> Reply:
        if reply.status in (200, 201):
            self.roles[person.id] = role
        return reply

    def _refused(self, by: Person) -> None:
        """No token that is spent lets anybody in, least of all whom it was for."""
        for token, subject in self.spent[-3:]:
            for person in (by, self.people[subject]):
                assert accept(person, token).status in (400, 403, 404, 409)

    def check(self) -> None:
        """What holds after every step."""
        with self.team.world.kernel.db.read(Scope.system(self.team.id)) as reader:
            rows = reader.all(MEMBERSHIPS)
            shown = reader.get(Workspace, self.team.id)["owner_id"]
        assert len({row["user_id"] for row in rows}) == len(rows), "nobody is in it twice"
        active = {row["user_id"]: row["role"] for row in rows if row["is_active"]}
        assert active == self.roles
        assert active[shown] == "owner", "who is shown as the owner is one"


def test_a_workspace_is_owned_and_nobody_is_in_it_twice(world: World) -> None:
    people = [world.person() for _ in range(PEOPLE)]
    seen: set[tuple[str, int]] = set()

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(steps)
    @example(EACH_ACT)
    def play(chosen: list[tuple[Any, ...]]) -> None:
        made = people[0].post(WORKSPACES, {"name": "Alpha"}).data["id"]
        game = Play(Team(world, made, people[0]), people, {people[0].id: "owner"})
        for act, *args in chosen:
            reply = game.do(act, *args)
            if reply is not None:
                assert reply.status in (200, 201, 400, 403, 404, 409, 422), reply.json
                seen.add((act, reply.status))
            game.check()

    play()
    done = {act for act, status in seen if status in (200, 201)}
    assert done == {"invite", "add", *ON_INVITATIONS, *ON_MEMBERS}, "every act succeeded at least once"
    assert 409 in {status for act, status in seen if act == "remove"}, "and the last owner stayed"
