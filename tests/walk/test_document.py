"""The OpenAPI document of the server with all installed plugins: valid, whole, and as the routes are."""

from __future__ import annotations

import json
import re

import pytest
from openapi_spec_validator import validate

PUBLIC = {
    "core_register",
    "core_verify_email",
    "core_resend_verification",
    "core_setup",
    "core_login",
    "core_refresh",
    "core_request_reset",
    "core_reset_password",
    "core_verify",
    "core_list_providers",
    "core_start_outside_sign_in",
    "calendar_feed_read_calendar_feed",
    "core_finish_outside_sign_in",
    "integrations_get_integration_health",
    "notifications_read_unsubscribe_link",
    "notifications_unsubscribe",
    "workspaces_decline_invitation",
    "workspaces_open_invitation",
}
"""Operations that need no credential, and no others."""

STREAMS = {"notifications_open_stream"}
"""Operations that take a ticket too, since browsers open them without a header."""

ALIASES = {
    ("POST", "/api/v1/notifications/{notification_id}/read"),
    ("POST", "/api/v1/notifications/read-all"),
    ("PUT", "/api/v1/notifications/preferences"),
    ("PUT", "/api/v1/preferences"),
}
"""What earlier drafts of the API called operations; they answer, and the document does not advertise them."""

BESIDE = {"/docs", "/redoc", "/setup", "/static/<path:name>", "/openapi.json"}
BESIDE |= {"/static/plugins/<plugin_id>/<digits>/<path:name>"}
BESIDE |= {"/health", "/health/live", "/health/ready", "/metrics"}
"""Addresses beside the API."""


def test_it_covers_every_installed_plugin(world, listed):
    assert {
        status.id: status.reason for status in world.kernel.plugins.values() if status.state != "ready"
    } == {}
    with_routes = {plugin_id for plugin_id, _ in world.kernel.blueprints}
    assert {operation.plugin for operation in listed.values()} == {"core"} | with_routes
    assert with_routes >= {"workspaces", "projects", "tasks"}


def test_it_is_valid(document):
    validate(document)


def test_operation_ids_are_unique(document):
    ids = re.findall(r'"operationId": "(\w+)"', json.dumps(document))
    assert len(ids) == len(set(ids)) > 50


def test_every_route_demands_a_permission_or_is_public(world, listed):
    public = {name for name, operation in listed.items() if operation.permission == "public"}
    assert public == PUBLIC
    assert {each.permission for each in listed.values()} - {
        "public"
    } <= world.kernel.access.permissions.keys()


def test_what_needs_a_credential_says_so(document):
    for item in document["paths"].values():
        for operation in (value for value in item.values() if "operationId" in value):
            name = operation["operationId"]
            ways = ["bearer", *(["ticket"] if name in STREAMS else [])]
            assert operation["security"] == ([] if name in PUBLIC else [{way: []} for way in ways])


def test_every_route_of_the_server_is_documented(world, listed):
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in world.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in BESIDE
    }
    assert routes - ALIASES == {(operation.method, operation.path) for operation in listed.values()}
    assert routes >= ALIASES


def test_every_heading_is_in_use_and_says_what_it_is(document):
    operations = [each for item in document["paths"].values() for each in item.values() if "tags" in each]
    assert {tag["name"] for tag in document["tags"]} == {tag for each in operations for tag in each["tags"]}
    assert [tag["name"] for tag in document["tags"] if not tag.get("description")] == []


def test_nothing_is_described_that_nothing_refers_to(document):
    text = json.dumps(document)
    for kind in ("schemas", "responses"):
        for name in document["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text


@pytest.mark.parametrize("word", ["Schema", "marshmallow", "flask_smorest", "PartialPartial"])
def test_names_of_schemas_tell_nothing_of_the_workshop(document, word):
    assert not [name for name in document["components"]["schemas"] if word in name]


def test_a_summary_is_one_sentence(document):
    for item in document["paths"].values():
        for operation in (value for value in item.values() if "operationId" in value):
            assert re.fullmatch(r"[A-Z][^\n]+\.", operation["summary"]), operation["operationId"]
