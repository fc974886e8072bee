"""Direct messages in Slack, with the account that somebody has connected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from pronaflow_slack_notifier.plugin import LONGEST, MOST_BLOCKS, SlackNotifierPlugin, classify_error

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.sink import WebhookSink

OAUTH = "/api/v1/integration/oauth"
INSTALL = "/api/v1/integration/plugins/slack_notifier/install"
NOTIFICATIONS = "/api/v1/notifications"
TAKEN = {"ok": True, "ts": "1503435956.000247"}


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A server that is registered at Slack."""
    registered = {"integrations.slack_client_id": "T1", "integrations.slack_client_secret": "hush"}
    return new_world(registered)


@pytest.fixture
def slack(world: World) -> Iterator[WebhookSink]:
    """What stands in the place of slack.com, and answers as its documents say."""
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for("slack.com")
        yield sink


@pytest.fixture
def project(ann: Person) -> Any:
    return ann.post("/api/v1/projects", {"name": "Site"}).data


@pytest.fixture
def bob(world: World, ann: Person, project: Any, slack: WebhookSink) -> Person:
    """A colleague of Ann's with an account at Slack, in a workspace that has the plugin."""
    assert ann.post(INSTALL, {}).status == 201
    person = world.person("bob")
    world.join(ann.workspace_id, person, "member")
    ann.post(f"/api/v1/projects/{project['id']}/members", {"user_id": person.id, "role": "member"})
    world.clock.advance(3600)
    world.drain()  # of the project they are told elsewhere
    connect(person)
    return person


def connect(person: Person) -> str:
    app = next(app for app in person.get(f"{OAUTH}/apps").data if app["provider_name"] == "slack")
    body = {"oauth_app_id": app["id"], "external_user_id": "U023BECGF", "access_token": "xoxb-1"}
    made = str(person.post(f"{OAUTH}/connections", body).data["id"])
    agreed = {"consent_type": "THIRD_PARTY", "resource_type": "oauth_connection", "resource_id": made}
    assert person.post("/api/v1/integration/consents", agreed).status == 201
    return made


def assign(world: World, ann: Person, project: Any, bob: Person, title: str = "Design UI") -> Any:
    task = {"project_id": project["id"], "title": title, "assigned_to": bob.id}
    made = ann.post("/api/v1/tasks", task).data
    world.drain()
    world.clock.advance(60)
    world.drain()
    return made


def test_somebody_is_told_where_they_have_an_account(
    world: World, ann: Person, bob: Person, project: Any, slack: WebhookSink
) -> None:
    slack.answer(200, json=TAKEN)
    task = assign(world, ann, project, bob, "Cut <!channel> & |paste|")
    [sent] = slack.requests
    assert (sent.method, sent.path) == ("POST", "/api/chat.postMessage")
    assert sent.headers["authorization"] == "Bearer xoxb-1"
    [block] = sent.json["blocks"]
    assert sent.json["channel"] == "U023BECGF"
    assert block["text"]["text"].splitlines() == [
        f"<http://localhost:8000/tasks/{task['id']}|Task assigned to you>",
        "Ann assigned task 'Cut &lt;!channel&gt; &amp; |paste|' to you",
        "_Site_",
    ]


def test_a_workspace_without_the_plugin_sends_nothing_there(
    world: World, ann: Person, bob: Person, project: Any, slack: WebhookSink
) -> None:
    [installed] = ann.get("/api/v1/integration/plugins/installed", workspace_id=ann.workspace_id).data
    assert ann.delete(f"/api/v1/integration/plugins/{installed['id']}").status in (200, 204)
    assign(world, ann, project, bob)
    assert slack.requests == []


def test_whoever_has_no_account_there_is_not_reached(
    world: World, ann: Person, bob: Person, project: Any, slack: WebhookSink
) -> None:
    [connection] = bob.get(f"{OAUTH}/connections").data
    assert bob.delete(f"{OAUTH}/connections/{connection['id']}").status in (200, 204)
    slack.answer(200, json={"ok": True})  # the token is given back
    assign(world, ann, project, bob)
    assert [request for request in slack.requests if "postMessage" in request.path] == []


def test_too_many_messages_wait(
    world: World, ann: Person, bob: Person, project: Any, slack: WebhookSink
) -> None:
    slack.answer(429, headers={"Retry-After": "30"})
    slack.answer(200, json={"ok": False, "error": "internal_error"})
    slack.answer(200, json=TAKEN)
    assign(world, ann, project, bob)
    for _ in range(2):
        world.clock.advance(3600)
        world.drain()
    bodies = [request.json for request in slack.requests]
    assert len(bodies) == 3
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive", "missing_scope"])
def test_what_slack_will_never_take_is_given_up(
    world: World, ann: Person, bob: Person, project: Any, slack: WebhookSink, error: str
) -> None:
    slack.answer(200, json={"ok": False, "error": error})
    assign(world, ann, project, bob)
    world.clock.advance(7200)
    world.drain()
    assert len(slack.requests) == 1


@pytest.mark.parametrize(("status", "body"), [(302, b""), (200, b"<html>"), (200, b"[]"), (503, b"")])
def test_an_answer_that_is_none_is_no_success(
    world: World, ann: Person, bob: Person, project: Any, slack: WebhookSink, status: int, body: bytes
) -> None:
    slack.answer(status, body=body)
    plugin = cast(SlackNotifierPlugin, world.kernel.contributions["slack_notifier"].plugin)
    parcel = {"user_id": bob.id, "language": "en-US", "title": "x", "digest": False, "items": [], "more": 0}
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader, pytest.raises(Exception) as failed:  # noqa: PT011
        plugin.ctx.hooks.call("slack_notifier", "send", plugin.send, reader, parcel)
    assert classify_error(failed.value) == ("never" if status in (302,) or body == b"[]" else "later")


def test_a_long_gathering_fits_what_slack_takes(world: World, ann: Person) -> None:
    plugin = cast(SlackNotifierPlugin, world.kernel.contributions["slack_notifier"].plugin)
    item = {"title": "T" * 5000, "message": "M", "url": None, "project": "Site"}
    parcel = {"language": "vi-VN", "title": "62 thông báo", "digest": True, "items": [item] * 50, "more": 12}
    blocks = plugin._blocks(parcel)
    assert len(blocks) == MOST_BLOCKS
    assert max(len(block["text"]["text"]) for block in blocks) == LONGEST
    assert blocks[-1]["text"]["text"] == "và 14 mục khác"
