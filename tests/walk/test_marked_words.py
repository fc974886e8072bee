"""Words of one tenant, written into every text it can write, show up in nothing that another one gets to see.

The same holds for the words of a private project and for a member of its workspace who is not in it.
"""

from __future__ import annotations

import pytest

from pronaflow_kernel.testing.walk import Party, seen, words_in

THEIRS, OWN, PERSON = "xenolith", "ownwords", "quaggaperson"
WORDS = (THEIRS, PERSON)

WORDLESS = {
    "core_list_sessions",
    "core_backup_codes",
    "core_list_identities",
    "core_list_providers",
    "core_start_outside_sign_in",
}
"""Reads in which nothing stands that people write."""

PLAIN_PATHS = ("/openapi.json", "/health", "/health/live", "/health/ready", "/docs", "/redoc", "/nothing")


@pytest.fixture
def tenant(world, makers):
    """Somebody who has marked whatever can be marked, with a record of every kind."""
    party = Party(world, makers, THEIRS, name=PERSON)
    fill(party, makers.kinds)
    party.create("core_update_me")
    assert party.person.post(f"/api/v1/workspaces/{party.workspace_id}/access").status == 204
    world.drain()
    return party


def fill(party, kinds):
    for kind in kinds:
        party.id_of(kind)


def test_the_tenant_sees_the_words_in_every_read(world, tenant, listed):
    system = {name for name, permission in world.kernel.access.permissions.items() if permission.system}
    told = seen(tenant, listed.values(), lambda each: tenant.request(each.id), WORDS)
    found = {name for name, status, _ in told if status == 200}
    reads = {each.id: each.permission for each in listed.values() if each.method == "GET"}
    assert found == {name for name, permission in reads.items() if permission not in system} - WORDLESS


def test_another_tenant_sees_none_of_them(world, tenant, listed, makers, rows, caplog):
    sent = len(world.outbox.mails)
    other = Party(world, makers, OWN)
    fill(other, makers.kinds)
    assert seen(other, listed.values(), lambda each: other.request(each.id), WORDS) == []
    assert seen(other, listed.values(), lambda each: tenant.request(each.id), WORDS) == []
    for path in PLAIN_PATHS:
        for person in (other.person, world.anonymous()):
            assert words_in(person.get(path), WORDS) == []
    world.drain()
    mails = [mail for mail in world.outbox.mails[sent:] if mail.to == other.person.email or OWN in mail.to]
    assert mails
    assert not [mail for mail in mails if THEIRS in str(mail) or PERSON in str(mail)]
    ledger = "".join(rows.of(other.workspace_id)["core__event"])
    assert other.id_of("task") in ledger
    assert THEIRS not in ledger
    assert THEIRS not in caplog.text


@pytest.mark.parametrize("role", ["member", "admin"])
def test_a_member_sees_nothing_of_a_private_project(world, listed, makers, role):
    contained = [name for name, kind in world.kernel.resources.items() if kind.container]
    owner, outsider = world.person(), world.person()
    world.join(owner.workspace_id, outsider, role)
    known = {"workspace": owner.workspace_id}
    hidden = Party(world, makers, THEIRS, person=owner, visibility="private", known=known)
    other = Party(world, makers, OWN, person=outsider, known={**known, "invitation": owner.workspace_id})
    for party in (hidden, other):
        fill(party, contained)
    assert seen(other, listed.values(), lambda each: other.request(each.id), WORDS) == []
    assert seen(other, listed.values(), lambda each: hidden.request(each.id), WORDS) == []
    assert seen(hidden, listed.values(), lambda each: hidden.request(each.id), WORDS)
