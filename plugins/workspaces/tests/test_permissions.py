"""Who may do what: the answers that modules.md 2.4 demands, written by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pronaflow_kernel.testing import Person, Reply, World

from .conftest import WORKSPACES, Team

ROLES = ("owner", "admin", "member", "viewer", "stranger", "nobody")

EXPECTED = """
                                   owner admin member viewer stranger nobody
read the workspace                   200   200    200    200      404    401
read the settings                    200   200    200    200      404    401
list the members                     200   200    200    200      404    401
record a visit                       204   204    204    204      404    401
rename                               200   200    403    403      404    401
change a setting                     200   200    403    403      404    401
delete                               200   403    403    403      404    401
restore from the trash               200   404    404    404      404    401
restore what is not in the trash     409   403    403    403      404    401
hand over                            200   403    403    403      404    401
list the invitations                 200   200    403    403      404    401
invite a viewer                      201   201    201    403      404    401
invite a member                      201   201    201    403      404    401
invite an admin                      201   201    403    403      404    401
invite many                          201   201    201    403      404    401
invite where members may not         201   201    403    403      404    401
cancel an invitation                 200   200    403    403      404    401
add a viewer                         201   201    403    403      404    401
add an admin                         201   201    403    403      404    401
make a member an admin               200   200    403    403      404    401
make a member an owner               200   403    403    403      404    401
make an admin a viewer               200   200    403    403      404    401
make an owner an admin               200   403    403    403      404    401
remove a member                      200   200    403    403      404    401
remove an admin                      200   200    403    403      404    401
remove an owner                      200   403    403    403      404    401
leave                                200   200    200    200      404    401
"""

ACTIONS: dict[str, Callable[[Team, Person], Reply]] = {}


def action(name: str) -> Callable[[Callable[[Team, Person], Reply]], None]:
    def add(do: Callable[[Team, Person], Reply]) -> None:
        ACTIONS[name] = do

    return add


action("read the workspace")(lambda team, who: who.get(team.path))
action("read the settings")(lambda team, who: who.get(f"{team.path}/settings"))
action("list the members")(lambda team, who: who.get(f"{team.path}/members"))
action("record a visit")(lambda team, who: who.post(f"{team.path}/access"))
action("rename")(lambda team, who: who.patch(team.path, {"name": "Beta"}))
action("change a setting")(lambda team, who: who.patch(f"{team.path}/settings", {"timezone": "Asia/Tokyo"}))
action("delete")(lambda team, who: who.delete(team.path))
action("restore what is not in the trash")(lambda team, who: who.post(f"{team.path}/restore"))
action("list the invitations")(lambda team, who: who.get(f"{team.path}/invitations"))
action("leave")(lambda team, who: who.delete(team.member(who if who.id else team.owner)))


@action("restore from the trash")
def _(team: Team, who: Person) -> Reply:
    assert team.owner.delete(team.path).status == 200
    return who.post(f"{team.path}/restore")


@action("hand over")
def _(team: Team, who: Person) -> Reply:
    return who.post(f"{team.path}/ownership/transfer", {"new_owner_id": team.people["member"].id})


def invite(team: Team, who: Person, role: str) -> Reply:
    return who.post(f"{team.path}/invitations", {"email": "new@example.com", "role": role})


action("invite a viewer")(lambda team, who: invite(team, who, "viewer"))
action("invite a member")(lambda team, who: invite(team, who, "member"))
action("invite an admin")(lambda team, who: invite(team, who, "admin"))


@action("invite many")
def _(team: Team, who: Person) -> Reply:
    return who.post(f"{team.path}/invitations/bulk", {"emails": ["a@example.com", "b@example.com"]})


@action("invite where members may not")
def _(team: Team, who: Person) -> Reply:
    team.owner.patch(f"{team.path}/settings", {"allow_member_invitations": False})
    return invite(team, who, "member")


@action("cancel an invitation")
def _(team: Team, who: Person) -> Reply:
    made = invite(team, team.owner, "member").data
    return who.delete(f"{team.path}/invitations/{made['id']}")


def add(team: Team, who: Person, role: str) -> Reply:
    return who.post(f"{team.path}/members", {"user_id": team.people["outside"].id, "role": role})


action("add a viewer")(lambda team, who: add(team, who, "viewer"))
action("add an admin")(lambda team, who: add(team, who, "admin"))


def give(team: Team, who: Person, target: str, role: str) -> Reply:
    return who.patch(team.member(team.people[target]), {"role": role})


action("make a member an admin")(lambda team, who: give(team, who, "member", "admin"))
action("make a member an owner")(lambda team, who: give(team, who, "member", "owner"))
action("make an admin a viewer")(lambda team, who: give(team, who, "admin", "viewer"))
action("make an owner an admin")(lambda team, who: give(team, who, "owner", "admin"))
action("remove a member")(lambda team, who: who.delete(team.member(team.people["member"])))
action("remove an admin")(lambda team, who: who.delete(team.member(team.people["admin"])))
action("remove an owner")(lambda team, who: who.delete(team.member(team.people["owner"])))


def expected() -> dict[str, dict[str, int]]:
    lines = [line for line in EXPECTED.splitlines() if line.strip()]
    table = {}
    for line in lines[1:]:
        *name, _, _, _, _, _, _ = words = line.split()
        table[" ".join(name)] = dict(zip(ROLES, map(int, words[-6:]), strict=True))
    return table


TABLE = expected()

People = dict[str, Person]


@pytest.fixture(scope="module")
def actors(world: World) -> People:
    return {role: world.person(role) for role in ROLES[:-1]}


@pytest.fixture(scope="module")
def targets(world: World) -> People:
    return {name: world.person(f"other_{name}") for name in ("owner", "admin", "member", "outside")}


def team_of(world: World, make_team: Callable[..., Team], actors: People, targets: People) -> Team:
    """A team that the actors and the targets are in, each with the role they are called by."""
    team = make_team(actors["owner"])
    for people in (actors, targets):
        for role in ("owner", "admin", "member", "viewer"):
            if role in people and people[role] is not team.owner:
                team.join(role, people[role])
    team.people = targets
    return team


def test_the_table_and_the_actions_speak_of_the_same() -> None:
    assert ACTIONS.keys() == TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_matrix(
    name: str, world: World, make_team: Callable[..., Team], actors: People, targets: People
) -> None:
    everybody = {**actors, "nobody": world.anonymous()}
    answers = {}
    for role in ROLES:
        team = team_of(world, make_team, actors, targets)
        reply = ACTIONS[name](team, everybody[role])
        answers[role] = reply.status
    assert answers == TABLE[name]


def test_a_refused_act_changes_nothing(
    world: World, make_team: Callable[..., Team], actors: People, targets: People
) -> None:
    team = team_of(world, make_team, actors, targets)
    before = team.roles(), team.owner.get(team.path).data, len(world.events(team.id))
    for name, answers in TABLE.items():
        if name not in ("restore from the trash", "invite where members may not", "cancel an invitation"):
            for role in ("admin", "member", "viewer", "stranger"):
                if answers[role] >= 400:
                    ACTIONS[name](team, actors[role])
    assert (team.roles(), team.owner.get(team.path).data, len(world.events(team.id))) == before


def test_a_request_without_a_credential_learns_nothing(world: World) -> None:
    reply = world.anonymous().post(WORKSPACES, {"name": 7, "nonsense": True})
    assert (reply.status, reply.error["code"]) == (401, "UNAUTHORIZED")
