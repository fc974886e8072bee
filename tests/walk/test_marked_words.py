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
    "projects_get_project_metrics",
    "projects_get_project_settings",
    "tasks_get_recurrence",
    "archiving_get_archive_policy",
    "archiving_get_my_export",
    "archiving_get_retention",
    "archiving_list_my_exports",
    "integrations_get_consent_status",
    "integrations_get_integration_health",
    "integrations_get_integration_status",
    "integrations_get_token_usage",
    "integrations_list_token_scopes",
    "integrations_list_webhook_deliveries",
    "notifications_count_unread",
    "notifications_get_event_consumer",
    "notifications_get_preferences",
    "notifications_list_event_consumer_runs",
    "notifications_list_event_consumers",
    "notifications_list_event_types",
    "notifications_list_mutes",
    "notifications_list_notification_channels",
    "notifications_read_unsubscribe_link",
    "personalization_get_preferences",
    "personalization_get_wcag_level",
    "personalization_get_workspace_preferences",
    "personalization_list_languages",
    "personalization_list_themes",
    "personalization_list_timezones",
}
"""Reads in which nothing stands that people write."""

WORDLESS |= {
    "integrations_get_oauth_app",
    "integrations_list_oauth_apps",
    "marketplace_get_plugin",
    "marketplace_get_plugin_installation",
    "marketplace_get_plugin_rating",
    "marketplace_list_installed_plugins",
    "marketplace_list_plugin_categories",
    "marketplace_list_plugins",
    "marketplace_list_ui_slots",
}
"""Plugins and services are named and described by who wrote them."""

WORDLESS |= {"archiving_download_my_export", "notifications_open_stream"}
"""One is packed, the other refused by a server within a test."""

WORDLESS |= {"notifications_get_event", "notifications_get_notification", "notifications_list_notifications"}
"""What the makers make of these tells of an account or of a workspace's beginning, without words."""

WORDLESS |= {
    "calendar_feed_get_calendar_feed",
    "calendar_feed_read_calendar_feed",
    "github_sync_get_github_link",
}
"""The makers' tasks are due to nobody, and repositories are named elsewhere."""

WORKSPACE_WIDE = {"workspaces_list_tags", "workspaces_get_tag", "workspaces_list_audit_logs"}
WORKSPACE_WIDE |= {"notifications_list_events", "integrations_list_webhooks", "integrations_get_webhook"}
WORKSPACE_WIDE |= {"integrations_get_webhook_delivery"}
"""Reads of what belongs to the workspace: its webhooks; its tags, also those that only tasks of a private
project have, and that somebody made them. What else the logs tell of is proved in the tests of projects and
notifications."""

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
    shared = {
        kind: hidden.id_of(kind)
        for kind in ("webhook", "delivery", "event_consumer", "audit_log", "plugin_installation")
    }
    shared["invitation"] = owner.workspace_id
    other = Party(world, makers, OWN, person=outsider, known={**known, **shared})
    for party in (hidden, other):
        fill(party, contained)
    reads = [each for each in listed.values() if each.id not in WORKSPACE_WIDE]
    assert seen(other, reads, lambda each: other.request(each.id), WORDS) == []
    assert seen(other, reads, lambda each: hidden.request(each.id), WORDS) == []
    assert seen(hidden, listed.values(), lambda each: hidden.request(each.id), WORDS)
