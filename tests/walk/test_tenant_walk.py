"""No tenant can tell another one's records from nothing, no member those of a project they are not in
(security.md 2.9).

Generated from the OpenAPI document, so that a new plugin is walked by itself.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from pronaflow_kernel.testing.walk import Party, Unsupplied, Walk

THEIRS, OWN, PERSON = "xenolith", "ownwords", "quaggaperson"

WORKSPACES = "/api/v1/workspaces"

NOT_HERE = {
    "core_setup": 400,
    "core_start_outside_sign_in": 404,
    "core_finish_outside_sign_in": 404,
    "core_link_identity": 404,
}
"""Setting up needs a server without anybody, the others one with a provider (kernel/tests/identity)."""

NOBODY = {"projects_join_project": 409}
"""Nobody joins a private project: who is in it is told so, who is not finds none."""


def test_a_stranger_cannot_tell_a_foreign_id_from_an_invented_one(world, rows, listed, makers):
    walk = Walk(
        world,
        rows,
        listed,
        victim=lambda: Party(world, makers, THEIRS, name=PERSON, person=world.administrator(PERSON)),
        attacker=lambda victim, operation: Party(world, makers, OWN),
        concerns=lambda victim, operation, key: True,
        hidden=(THEIRS, PERSON),
        known=makers.open_ids,
        refused={**NOT_HERE, **makers.refused},
    )
    findings = walk.findings()
    assert not findings, "\n".join(findings)
    assert listed.keys() - walk.controlled == NOT_HERE.keys() | makers.refused.keys()


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_a_member_cannot_tell_a_private_project_from_none(world, rows, listed, makers, role):
    contained = {resource.name for resource in world.kernel.resources.values() if resource.container}

    people = ("user", "user:second")

    def hidden(kind):
        return kind.partition(":")[0] in contained

    def owner():
        person = world.administrator()
        known = {"workspace": person.workspace_id}
        return Party(world, makers, THEIRS, person=person, visibility="private", known=known)

    def outsider(victim, operation):
        person = world.person()
        world.join(victim.workspace_id, person, "member")
        # Webhooks lie in no container, and a viewer can make none.
        shared = {kind: victim.id_of(kind) for kind in ("webhook", "delivery")}
        known = {"workspace": victim.workspace_id, **shared}
        party = Party(world, makers, OWN, person=person, known=known)
        # What their role may not make they made before they had it.
        wanted = {makers.kind(operation, key).partition(":")[0] for _, key in operation.ids}
        if operation.method == "GET":
            wanted = contained
        else:
            with suppress(Unsupplied):
                party.request(operation.id)
        for kind in (
            *(kind for kind in makers.kinds if kind.partition(":")[0] in wanted & contained),
            *people,
        ):
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
        concerns=lambda victim, operation, key: hidden(makers.kind(operation, key)),
        hidden=(THEIRS,),
        refused={**NOBODY, **makers.refused},
    )
    findings = walk.findings()
    assert not findings, "\n".join(findings)
    inside = {
        each.id for each in listed.values() if any(hidden(makers.kind(each, key)) for _, key in each.ids)
    }
    assert inside - walk.controlled == NOBODY.keys()
