"""Every route called by a token answers as it does to the same person in a session, and refuses without its
scope; some are for people alone (security.md 2.8).

Generated from the OpenAPI document: the scope is that of the permission which the route declares.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pronaflow_kernel.testing.walk import Party, Unsupplied, send
from pronaflow_kernel.testing.walk.comparing import blank

TOKENS = "/api/v1/integration/tokens"
PERSONS = "admin:tokens"
"""Scope that no token has."""

FOR_PEOPLE = {
    "core_backup_codes",
    "core_change_password",
    "core_confirm",
    "core_delete_me",
    "core_disable",
    "core_enable",
    "core_logout",
    "core_regenerate",
    "core_revoke_all_sessions",
    "core_revoke_session",
    "core_step_up",
    "notifications_create_stream_ticket",
}
"""Operations that no scope opens to a token, beside those that demand a recent sign-in or manage tokens."""

OTHERWISE = {
    "core_list_sessions",  # marks the session of the caller, and a token is none
    "personalization_get_preferences",  # what holds in a workspace, and a token has one unasked
    "notifications_count_unread",  # counts also what concerns the account and other workspaces
    "archiving_export_audit_logs",  # tells of its own reading
}
"""Reads that answer a token otherwise than its owner, each for its reason."""

FURTHER = {
    "archiving_move_to_trash": ["delete:tasks"],
    "archiving_purge_trash_item": ["delete:archive"],
    "archiving_restore_trash_item": ["delete:tasks"],
    "marketplace_agree_to_plugin": ["read:tasks", "write:tasks"],
    "marketplace_install_plugin": ["read:tasks", "write:tasks"],
}
"""Scopes that a request needs beside that of its permission: those of what is thrown away, here a task, and
those that a plugin asks for."""

ELSEWHERE = {
    "workspaces_create_workspace": 403,
    "workspaces_accept_invitation": 403,
    "workspaces_restore_workspace": 403,
    "projects_join_project": 409,
}
"""What leads out of the workspace that a token is bound to; and nobody joins a project of their own."""


@pytest.fixture(scope="module")
def own(world):
    """Somebody who may run the server."""
    return world.administrator("robot")


@pytest.fixture(scope="module")
def program(world):
    """Makes a program that acts for somebody, within some scopes."""

    def make(person, *scopes):
        body = {"name": "Walk", "scopes": scopes, "workspace_id": person.workspace_id}
        world.step_up(person)
        return replace(person, token=person.post(TOKENS, body).data["token"])

    return make


@pytest.fixture
def guarded(world, listed):
    """Operations that demand a permission, each with the scope that it needs."""
    permissions = world.kernel.access.permissions
    return [
        (each, permissions[each.permission].scope)
        for each in listed.values()
        if each.permission in permissions
    ]


@pytest.fixture
def recent(document):
    """Ids of the operations that demand a recent sign-in."""
    operations = [each for path in document["paths"].values() for each in path.values()]
    return {each["operationId"] for each in operations if isinstance(each, dict) and "x-fresh" in each}


def requests(party, guarded, wrong):
    """Each operation with its scope and a request of a party; what cannot be asked is wrong."""
    for operation, scope in guarded:
        try:
            request = party().request(operation.id)
        except Unsupplied as error:
            wrong.append(str(error))
        else:
            yield operation, scope, request


def managing(guarded):
    """Ids of the operations by which tokens are managed."""
    return {operation.id for operation, scope in guarded if scope == PERSONS}


def test_without_its_scope_every_route_refuses(world, makers, own, program, rows, guarded):
    wrong, party = [], Party(world, makers, "scopeless", person=own)
    asked = list(requests(lambda: party, guarded, wrong))
    nothing = program(own, "read:reports")
    before = rows.of(own.workspace_id)
    for operation, scope, request in asked:
        reply = send(nothing, operation, request)
        if reply.status != 403 or reply.error["details"] != {"required_scope": scope}:
            wrong.append(f"{operation}: {reply.status} {reply.json}")
    assert not wrong, "\n".join(wrong)
    assert rows.of(own.workspace_id) == before


def test_a_token_reads_what_its_owner_reads(world, makers, own, program, recent, guarded):
    reads = [(operation, scope) for operation, scope in guarded if operation.method == "GET"]
    wrong, refused, party = [], set(), Party(world, makers, "reader", person=own)
    asked = list(requests(lambda: party, reads, wrong))
    programs = {scope: program(own, scope) for _, scope in reads if scope != PERSONS}
    programs[PERSONS] = program(own, "admin:all")
    for operation, scope, request in asked:
        theirs, reply = send(own, operation, request), send(programs[scope], operation, request)
        if reply.status == 403 and theirs.status != 403:
            refused.add(operation.id)
        elif blank(reply) != blank(theirs) and operation.id not in OTHERWISE:
            wrong.append(f"{operation}: {blank(reply)} instead of {blank(theirs)}")
    assert not wrong, "\n".join(wrong)
    assert refused == managing(reads) | ((FOR_PEOPLE | recent) & {operation.id for operation, _ in reads})


def test_a_token_writes_what_its_owner_may(world, makers, program, recent, guarded):
    writes = [(operation, scope) for operation, scope in guarded if operation.method != "GET"]
    wrong, refused, people = [], set(), []

    def somebody():
        people.append(Party(world, makers, "writer", person=world.administrator()))
        return people[-1]

    for operation, scope, request in requests(somebody, writes, wrong):
        scopes = ["admin:all"] if scope == PERSONS else [scope, *FURTHER.get(operation.id, [])]
        reply = send(program(people[-1].person, *scopes), operation, request)
        if reply.status == 403 and operation.id not in ELSEWHERE:
            refused.add(operation.id)
        elif reply.status != (ELSEWHERE | makers.refused).get(operation.id, operation.status):
            wrong.append(f"{operation}: {reply.status} {reply.json}")
    assert not wrong, "\n".join(wrong)
    assert refused == managing(writes) | ((FOR_PEOPLE | recent) & {operation.id for operation, _ in writes})
