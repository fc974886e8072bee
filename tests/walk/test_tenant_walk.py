"""No tenant can tell another one's records from nothing, no member those of a project they are not in
(security.md 2.9).

Generated from the OpenAPI document, so that a new plugin is walked by itself.
"""

from __future__ import annotations

import pytest

from .supplies import MAKERS, Party
from .walk import Walk

THEIRS, OWN, PERSON = "xenolith", "ownwords", "quaggaperson"

WORKSPACES = "/api/v1/workspaces"

CONTROL = {"projects_join_project": 409}
"""The owner of a project is in it already, which only somebody who sees it is told."""

PEOPLE = frozenset({("workspaces_add_member", "user_id")})
"""People are added to a workspace by their id, whatever workspaces they are in (modules.md 2.1)."""


def test_a_stranger_cannot_tell_a_foreign_id_from_an_invented_one(world, rows, listed):
    walk = Walk(
        world,
        rows,
        listed,
        victim=lambda: Party(world, listed, THEIRS, name=PERSON),
        attacker=lambda victim: Party(world, listed, OWN),
        concerns=lambda victim, operation, key: True,
        hidden=(THEIRS, PERSON),
        control=CONTROL,
        known=PEOPLE,
    )
    findings = walk.findings()
    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_a_member_cannot_tell_a_private_project_from_none(world, rows, listed, role):
    contained = {resource.name for resource in world.kernel.resources.values() if resource.container}

    def hidden(kind):
        return kind.partition(":")[0] in contained

    def owner():
        person = world.person()
        known = {"workspace": person.workspace_id}
        return Party(world, listed, THEIRS, person=person, visibility="private", known=known)

    def outsider(victim):
        person = world.person()
        world.join(victim.workspace_id, person, "member")
        party = Party(world, listed, OWN, person=person, known={"workspace": victim.workspace_id})
        for kind in (*filter(hidden, MAKERS), "member", "member:second"):
            party.id_of(kind)
        body = {"role": role}
        assert victim.person.patch(f"{WORKSPACES}/{victim.workspace_id}/members/{person.id}", body).data
        return party

    walk = Walk(
        world,
        rows,
        listed,
        victim=owner,
        attacker=outsider,
        concerns=lambda victim, operation, key: hidden(victim.maker(operation, key)),
        hidden=(THEIRS,),
        control={"projects_join_project": 404},  # nobody joins a private project, not even its owner
    )
    findings = walk.findings()
    assert not findings, "\n".join(findings)
