"""Nothing tells that there is something hidden: no count, order or tag changes with it, and no name is taken
(security.md 2.9, architecture.md 4).
"""

from __future__ import annotations

import pytest

from pronaflow_kernel.testing.walk import Party, taken, traces

THEIRS, OWN = "xenolith", "ownwords"

TELL = {"projects_create_project: the key"}
"""Keys of projects are unique in the workspace, and so are those of tasks, which begin with them
(modules.md 3.6): a key that is taken may be a hidden project's, a trashed one's or nobody's any more."""


LOUD = {"archiving_export_audit_logs", "archiving_export_compliance", "archiving_get_my_data"}
"""Reads that the log tells of, and so themselves: asked twice, they answer otherwise. What they show of
others is tested beside them, in archiving."""


LOUD |= {"marketplace_list_plugins", "marketplace_get_plugin"}
"""How often a plugin is installed is counted over all workspaces, as the first seed shows it."""


TAGS = {"workspaces_list_tags"}
TAGS |= {"workspaces_list_audit_logs", "archiving_list_audit_logs", "notifications_list_events"}
"""What lists tags, and tells when they were made: they belong to the workspace, also those that only tasks of
a private project have. What else the logs tell is tested beside them."""


@pytest.fixture
def reads(listed):
    """What answers twice alike unless something has changed."""
    return [each for each in listed.values() if each.method == "GET" and each.id not in LOUD]


@pytest.fixture
def contained(world, makers):
    """Kinds of records that a container hides."""
    inside = {resource.name for resource in world.kernel.resources.values() if resource.container}
    return [kind for kind in makers.kinds if kind.partition(":")[0] in inside]


def none(faults, but=()):
    """Fails with all faults but those that begin in a known way."""
    found = [fault for fault in faults if not fault.startswith(tuple(but) or ("\0",))]
    assert not found, "\n".join(found)


def test_a_tenant_cannot_tell_what_others_make(world, reads, makers):
    attacker, victim = Party(world, makers, OWN), Party(world, makers, THEIRS)

    def hide():
        for kind in makers.kinds:
            victim.id_of(kind)

    none(traces(attacker, reads, hide, THEIRS))


def test_no_name_is_taken_by_another_tenant(world, makers):
    none(taken(Party(world, makers, THEIRS), lambda: Party(world, makers, OWN), makers.creators))


@pytest.fixture
def owner(world, makers):
    """The owner of private projects."""
    person = world.person()
    # Who joins the workspace is no secret.
    known = {"workspace": person.workspace_id, "user": person.id, "user:second": person.id}
    return Party(world, makers, THEIRS, person=person, visibility="private", known=known)


@pytest.fixture
def member(world, makers, contained, owner):
    """Makes a member of the workspace who has projects of their own, and then a role."""

    def make(role="member"):
        person = world.person()
        world.join(owner.workspace_id, person, "member")
        # What belongs to the workspace alone only those make and read who run it.
        shared = {
            kind: owner.id_of(kind)
            for kind in ("webhook", "delivery", "event_consumer", "audit_log", "plugin_installation")
        }
        known = {"workspace": owner.workspace_id, **shared}
        party = Party(world, makers, OWN, person=person, known=known)
        for kind in (*contained, "user", "user:second", "tag", "project_template"):
            party.id_of(kind)
        where = f"/api/v1/workspaces/{owner.workspace_id}/members/{person.id}"
        assert owner.person.patch(where, {"role": role}).status == 200
        return party

    return make


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_a_member_cannot_tell_that_a_private_project_is_there(reads, contained, owner, member, role):
    def hide():
        for kind in contained:
            owner.id_of(kind)

    none(traces(member(role), [each for each in reads if each.id not in TAGS], hide, THEIRS))


def test_no_name_is_taken_by_a_private_project(contained, owner, member):
    none(taken(owner, member, contained), but=TELL)


def test_the_key_of_a_private_project_is_taken_and_tells_no_more(owner, member):
    hidden = owner.create("projects_create_project", key="SECRET", name=THEIRS)
    body = {"name": "Mine", "key": "SECRET", "workspace_id": owner.workspace_id}
    reply = member().person.post("/api/v1/projects", body)
    assert reply.status == 409
    assert hidden["id"] not in str(reply.json)
    assert THEIRS not in str(reply.json)
