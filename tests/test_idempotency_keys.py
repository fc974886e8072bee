"""Which operations take an Idempotency-Key, and that no stored answer holds a secret."""

from __future__ import annotations

import re

import pytest

SECRETS = re.compile(r"secret|token|password|otp|recovery|backup|qr|_key\b|codes?\b")
HARMLESS = {
    "archiving_restore_many": {"code"},
    "integrations_redeliver": {"status_code"},
    "integrations_test_webhook": {"status_code"},
    "tasks_change_many_tasks": {"code"},
    "tasks_log_time": {"task_key"},
    "tasks_start_timer": {"task_key"},
    "tasks_stop_timer": {"task_key"},
}
"""By operation, what only has the name of a secret: the code of an error or of an answer, and a task's key as
in WEB-12."""


@pytest.fixture(scope="module")
def operations(world):
    """Operations by id: what they are told in the OpenAPI document, and the parameters they name."""
    document = world.anonymous().get("/openapi.json").json
    found = {}
    for item in document["paths"].values():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                references = [each.get("$ref", "") for each in operation.get("parameters", [])]
                named = {reference.rpartition("/")[2] for reference in references}
                found[operation["operationId"]] = (method, operation, named, document)
    return found


def shown(part, document, seen=()):
    """Names of all properties in a part of the document, references followed."""
    if isinstance(part, list):
        return {name for each in part for name in shown(each, document, seen)}
    if not isinstance(part, dict):
        return set()
    reference = part.get("$ref")
    if reference is not None:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        return set() if reference in seen else shown(place, document, (*seen, reference))
    names = set(part.get("properties", {}))
    return names | {name for value in part.values() for name in shown(value, document, seen)}


def test_only_posts_with_a_credential_take_a_key(operations):
    taking = {id: each for id, each in operations.items() if any("Idempotency" in name for name in each[2])}
    assert {method for method, *_ in taking.values()} == {"post"}
    assert not [id for id, (_, operation, *_) in taking.items() if operation["security"] == []]
    assert {"tasks_create_task", "projects_create_project", "workspaces_create_workspace"} <= taking.keys()


def test_no_answer_that_is_stored_holds_a_secret(operations):
    found = {
        id: secrets
        for id, (_, operation, named, document) in operations.items()
        if "IdempotencyKey" in named
        and (
            secrets := {
                name
                for code, answer in operation["responses"].items()
                if code < "300"
                for name in shown(answer, document)
                if SECRETS.search(name)
            }
        )
    }
    assert found == HARMLESS, 'declare other routes with idempotency="reference" or "off"'


def test_the_look_for_secrets_finds_some(operations):
    _, login, _, document = operations["core_login"]
    assert "access_token" in shown(login["responses"]["200"], document)
