"""Webhooks: what the API promises, and what arrives."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from pronaflow_integrations.webhooks.keeping import CLEAR
from pronaflow_integrations.webhooks.outbox import SENDER
from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.testing import Person, ResourceSuite, WebhookSink, World

URL = "/api/v1/integration/webhooks"
TARGET = "https://hooks.example.com/pronaflow"
SECRET = "a-secret-of-thirty-two-characters"

Make = Callable[..., Any]


@pytest.fixture
def sink(world: World) -> Iterator[WebhookSink]:
    """Takes what goes to the host of `TARGET`."""
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for("hooks.example.com")
        yield sink


@pytest.fixture
def make(ann: Person) -> Iterator[Make]:
    """Makes webhooks of ann's workspace, which go again with the test: `make(**values)`."""
    made = []

    def make(person: Person = ann, **values: Any) -> Any:
        body = {"url": TARGET, "secret": SECRET, "subscribed_events": {"tag.*": True}, **values}
        reply = person.post(URL, {"workspace_id": ann.workspace_id, **body})
        assert reply.status == 201, reply.json
        made.append(reply.data["id"])
        return reply.data

    yield make
    for webhook_id in made:
        assert ann.delete(f"{URL}/{webhook_id}").status == 204


def happen(person: Person, name: str = "Urgent") -> Any:
    """Something happens: a tag is made."""
    reply = person.post(f"/api/v1/workspaces/{person.workspace_id}/tags", {"name": name})
    assert reply.status == 201
    return reply.data


def deliveries(person: Person, webhook: Any, **query: Any) -> list[Any]:
    """The deliveries of a webhook, the oldest first."""
    return sorted(
        person.get(f"{URL}/{webhook['id']}/deliveries", **query).data, key=lambda row: row["sequence"]
    )


def statuses(person: Person, webhook: Any) -> list[str]:
    return [row["status"] for row in deliveries(person, webhook)]


def later(world: World, **time: float) -> None:
    """Let time pass, and have what is due then done.

    The clock of a test starts anew and the schedules of its server do not, so that what they hand in each
    minute and each day is handed in here.
    """
    world.clock.advance(timedelta(**time).total_seconds())
    with world.kernel.db.write(Scope.system()) as uow:
        for job in (SENDER, CLEAR):
            world.kernel.contexts["integrations"].jobs.enqueue(uow, job, {})
    world.drain()


class TestWebhooks(ResourceSuite):
    path = URL
    patch: ClassVar[dict[str, Any]] = {"name": "Renamed", "max_retries": 3, "paused": True, "ordered": True}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {
            "workspace_id": owner.workspace_id,
            "name": f"Webhook {number}",
            "url": TARGET,
            "subscribed_events": {"task.created": True, "project.updated": True, "task.completed": False},
        }

    def test_what_is_sent_twice_with_one_key_is_made_once(self, ann: Person) -> None:
        """The answer holds a secret, so that it is not kept: the second one tells which was made."""
        key = new_id()
        first, again = (self.send(ann, self.body(ann, 50), key) for _ in range(2))
        assert (first.status, again.status) == (201, 409)
        assert again.error["details"]["id"] == first.data["id"]


def test_the_answer_echoes_what_is_true_and_shows_a_made_secret_once(ann: Person, make: Make) -> None:
    events = {"task.created": True, "project.updated": False}
    given = make(subscribed_events=events)
    assert (given["subscribed_events"], given["secret"]) == ({"task.created": True}, None)
    assert (given["name"], given["format"], given["secret_strength"]) == (
        "hooks.example.com",
        "standard",
        "strong",
    )
    made = ann.post(URL, {"workspace_id": ann.workspace_id, "url": TARGET, "events": ["task.created"]}).data
    assert made["secret"].startswith("whsec_")
    assert "secret" not in ann.get(f"{URL}/{made['id']}").data
    assert make(secret="eight888")["secret_strength"] == "weak"


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"secret": "seven77"}, {"secret"}),
        ({"secret": "whsec_no base64"}, {"secret"}),
        ({"url": "https://user:password@example.com/"}, {"url"}),
        ({"url": "ftp://example.com/"}, {"url"}),
        ({"url": "https://169.254.169.254/latest"}, {"url"}),
        ({"url": "https://0xa9fea9fe/"}, {"url"}),
        ({"url": "https://[::ffff:10.0.0.1]/"}, {"url"}),
        ({"url": "https://93.184.216.34:22/"}, {"url"}),
        ({"subscribed_events": {"task.exploded": True}}, {"subscribed_events"}),
        ({"subscribed_events": {"task.created": "yes"}}, {"subscribed_events"}),
        ({"subscribed_events": {"task.created": False}}, {"subscribed_events"}),
        ({"subscribed_events": "task.created"}, {"subscribed_events"}),
        ({"subscribed_events": []}, {"subscribed_events"}),
        ({"retry_policy": "often"}, {"retry_policy"}),
        ({"project_id": "01a204d5-31f9-7677-8a42-7daf3a88059b"}, {"project_id"}),
        ({"max_retries": 16, "timeout_seconds": 31}, {"max_retries", "timeout_seconds"}),
        (
            {"url": "https://user@example.com/", "subscribed_events": {"x": True}},
            {"url", "subscribed_events"},
        ),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else None,
)
def test_all_that_is_wrong_is_named(ann: Person, values: dict[str, Any], faults: set[str]) -> None:
    body = {"url": TARGET, "subscribed_events": {"task.created": True}, **values}
    reply = ann.post(URL, {"workspace_id": ann.workspace_id, **body})
    assert (reply.status, reply.faults) == (422, faults)


def test_a_message_is_signed_and_says_what_happened(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make()
    tag = happen(ann)
    world.drain()
    [request] = sink.requests
    [delivery] = deliveries(ann, webhook)
    assert {name: delivery[name] for name in ("status", "attempt_number", "status_code", "event_type")} == {
        "status": "delivered",
        "attempt_number": 1,
        "status_code": 200,
        "event_type": "tag.created",
    }
    assert {name: request.json[name] for name in ("type", "id", "workspace_id", "sequence")} == {
        "type": "tag.created",
        "id": delivery["event_id"],
        "workspace_id": ann.workspace_id,
        "sequence": 1,
    }
    assert (request.json["data"]["id"], request.json["data"]["name"]) == (tag["id"], "Urgent")
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    mac = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    plain = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert headers["x-pronaflow-signature"] == f"sha256={plain}"
    assert (headers["x-pronaflow-event"], headers["x-pronaflow-attempt"]) == ("tag.created", "1")


@pytest.mark.parametrize(
    ("events", "arrives"),
    [
        ({"*": True}, True),
        ({"tag.created": True}, True),
        ({"tag.deleted": True}, False),
        ({"task.*": True}, False),
    ],
)
def test_it_hears_of_what_it_asked_for(
    world: World, ann: Person, make: Make, sink: WebhookSink, events: dict[str, bool], arrives: bool
) -> None:
    make(subscribed_events=events)
    happen(ann)
    world.drain()
    types = {request.json["type"] for request in sink.requests}
    assert ("tag.created" in types) is arrives


def test_what_fails_is_tried_again_with_the_same_id_and_body(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make(max_retries=2)
    sink.answer(500, body=b"Broken")
    sink.answer(500)
    happen(ann)
    world.drain()
    [delivery] = deliveries(ann, webhook)
    assert (delivery["status"], delivery["last_error"]) == ("retrying", "The receiver answered 500")
    assert delivery["next_retry_at"] is not None
    later(world, seconds=7)
    assert statuses(ann, webhook) == ["retrying"]
    later(world, minutes=7)
    assert statuses(ann, webhook) == ["delivered"]
    assert len({(r.headers["webhook-id"], r.body) for r in sink.requests}) == 1
    shown = ann.get(f"{URL}/{webhook['id']}/deliveries/{delivery['id']}").data
    assert [(each["number"], each["status_code"]) for each in shown["attempts"]] == [
        (1, 500),
        (2, 500),
        (3, 200),
    ]
    assert shown["attempts"][0]["response_head"] == "Broken"
    assert shown["next_retry_at"] is None


def test_what_goes_on_failing_is_failed_and_can_be_sent_again(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make(max_retries=1, retry_policy="fixed")
    for _ in range(2):
        sink.answer(503)
    happen(ann)
    world.drain()
    later(world, minutes=7)
    [delivery] = deliveries(ann, webhook)
    assert (delivery["status"], delivery["attempt_number"], delivery["next_retry_at"]) == ("failed", 2, None)
    url = f"{URL}/{webhook['id']}/deliveries/{delivery['id']}/redeliver"
    assert ann.post(url).status == 202
    world.drain()
    assert sorted(statuses(ann, webhook)) == ["delivered", "failed"]
    assert len({request.headers["webhook-id"] for request in sink.requests}) == 1


def test_gone_switches_it_off_and_tells_its_people(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make()
    sink.answer(410)
    happen(ann)
    world.drain()
    shown = ann.get(f"{URL}/{webhook['id']}").data
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "gone")
    assert any("switched off" in mail.subject for mail in world.outbox.to(ann.email))
    happen(ann, "Later")
    world.drain()
    assert len(sink.requests) == 1
    back = ann.patch(f"{URL}/{webhook['id']}", {"is_active": True}).data
    assert (back["is_active"], back["disabled_reason"], back["consecutive_failures"]) == (True, None, 0)


def test_an_endpoint_that_fails_is_left_alone_and_probed(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make(max_concurrency=1)
    for _ in range(7):
        sink.answer(500)
    for number in range(8):
        happen(ann, f"Tag {number}")
    world.drain()
    assert len(sink.requests) == 5
    shown = ann.get(f"{URL}/{webhook['id']}").data
    assert (shown["consecutive_failures"], shown["open_until"] is not None) == (5, True)
    assert [mail.subject for mail in world.outbox.to(ann.email) if "does not answer" in mail.subject]
    later(world, seconds=61)
    assert len(sink.requests) == 6
    later(world, hours=12)
    later(world, hours=12)
    assert set(statuses(ann, webhook)) == {"delivered"}


def test_paused_it_catches_up(world: World, ann: Person, make: Make, sink: WebhookSink) -> None:
    webhook = make(paused=True)
    for number in range(3):
        happen(ann, f"Tag {number}")
    world.drain()
    assert (sink.requests, statuses(ann, webhook)) == ([], ["pending"] * 3)
    ann.patch(f"{URL}/{webhook['id']}", {"paused": False})
    world.drain()
    assert {request.json["data"]["name"] for request in sink.requests} == {"Tag 0", "Tag 1", "Tag 2"}


def test_what_happened_while_it_was_off_can_be_recovered(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make(is_active=False)
    since = world.clock.now()
    for number in range(3):
        happen(ann, f"Tag {number}")
        world.clock.advance(1)
    world.drain()
    ann.patch(f"{URL}/{webhook['id']}", {"is_active": True})
    body = {"since": since.isoformat(), "status": "missed"}
    job = ann.post(f"{URL}/{webhook['id']}/recover", body)
    assert job.status == 202
    world.drain()
    later(world, seconds=5)
    assert {request.json["data"]["name"] for request in sink.requests} == {"Tag 0", "Tag 1", "Tag 2"}
    assert ann.get(f"/api/v1/jobs/{job.data['id']}").data["result"] == {"messages": 3}
    ann.post(f"{URL}/{webhook['id']}/recover", body)
    later(world, seconds=5)
    assert len(sink.requests) == 3
    ann.post(f"{URL}/{webhook['id']}/recover", {**body, "status": "all"})
    world.drain()
    later(world, seconds=5)
    assert len(sink.requests) == 6


def test_in_order_a_failure_holds_up_the_same_thing_alone(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    make(ordered=True, subscribed_events={"tag.*": True})
    sink.answer(500)
    first = happen(ann, "First")
    ann.patch(f"/api/v1/workspaces/{ann.workspace_id}/tags/{first['id']}", {"name": "Renamed"})
    happen(ann, "Second")
    world.drain()
    seen = [(request.json["type"], request.json["data"]["name"]) for request in sink.requests]
    assert seen == [("tag.created", "First"), ("tag.created", "Second")]
    later(world, seconds=7)
    later(world, seconds=61)
    seen = [(request.json["type"], request.json["data"]["name"]) for request in sink.requests]
    assert seen[2:] == [("tag.created", "First"), ("tag.updated", "Renamed")]


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make()
    new = ann.post(f"{URL}/{webhook['id']}/rotate-secret", {}).data["secret"]
    happen(ann)
    world.drain()
    assert len(sink.requests[0].headers["webhook-signature"].split()) == 2
    later(world, hours=25)
    happen(ann, "Later")
    world.drain()
    request = sink.requests[1]
    signed = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    )
    key = base64.b64decode(new.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{mac}"


def test_a_test_message_arrives_whatever_it_listens_to(
    world: World, ann: Person, make: Make, sink: WebhookSink
) -> None:
    webhook = make(subscribed_events={"task.created": True})
    delivery = ann.post(f"{URL}/{webhook['id']}/test")
    assert delivery.status == 202
    world.drain()
    assert sink.requests[0].json["type"] == "webhook.test"
    assert ann.get(f"{URL}/{webhook['id']}/deliveries/{delivery.data['id']}").data["status"] == "delivered"


def test_other_formats(world: World, ann: Person, make: Make, sink: WebhookSink) -> None:
    make(format="slack")
    make(format="cloudevents")
    happen(ann, "A <b> & c")
    world.drain()
    bodies = {request.headers["content-type"]: request.json for request in sink.requests}
    assert bodies["application/json"] == {"text": "A tag was added to a workspace: A &lt;b&gt; &amp; c"}
    event = bodies["application/cloudevents+json"]
    assert (event["specversion"], event["type"], event["data"]["name"]) == ("1.0", "tag.created", "A <b> & c")


class TestEyes:
    """A webhook sees what its creator sees."""

    @pytest.fixture
    def admin(self, world: World, ann: Person) -> Person:
        """An administrator beside ann."""
        admin = world.person("admin")
        world.join(ann.workspace_id, admin, "admin")
        return admin

    def test_an_administrator_outside_a_private_project_hears_nothing_of_it(
        self, world: World, ann: Person, admin: Person, make: Make, sink: WebhookSink
    ) -> None:
        mine = make(subscribed_events={"*": True})
        theirs = make(admin, subscribed_events={"*": True})
        body = {"workspace_id": ann.workspace_id, "name": "Hidden", "visibility": "private"}
        project = ann.post("/api/v1/projects", body).data
        ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Quiet"})
        world.drain()
        assert "task.created" in {row["event_type"] for row in deliveries(ann, mine)}
        heard = [row["event_type"] for row in deliveries(admin, theirs)]
        assert not [name for name in heard if name.startswith(("task", "project"))]

    def test_who_leaves_takes_its_eyes_along_until_somebody_lends_theirs(
        self, world: World, ann: Person, admin: Person, make: Make, sink: WebhookSink
    ) -> None:
        webhook = make(admin)
        ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{admin.id}")
        world.drain()
        shown = ann.get(f"{URL}/{webhook['id']}").data
        assert (shown["is_active"], shown["disabled_reason"]) == (False, "creator_left")
        assert any("has left" in mail.text for mail in world.outbox.to(ann.email))
        ann.patch(f"{URL}/{webhook['id']}", {"is_active": True})
        happen(ann)
        world.drain()
        assert len(sink.requests) == 1

    def test_one_project_only(self, world: World, ann: Person, make: Make, sink: WebhookSink) -> None:
        projects = [
            ann.post("/api/v1/projects", {"workspace_id": ann.workspace_id, "name": f"P{number}"}).data
            for number in range(2)
        ]
        make(subscribed_events={"task.*": True}, project_id=projects[1]["id"])
        for project in projects:
            ann.post("/api/v1/tasks", {"project_id": project["id"], "title": project["name"]})
        world.drain()
        assert [request.json["data"]["title"] for request in sink.requests] == ["P1"]


def test_texts_go_first_and_rows_later(world: World, ann: Person, make: Make, sink: WebhookSink) -> None:
    webhook = make()
    happen(ann)
    world.drain()
    [delivery] = deliveries(ann, webhook)
    url = f"{URL}/{webhook['id']}/deliveries/{delivery['id']}"
    later(world, days=8)
    later(world, days=1)
    assert ann.get(url).data["body"] is None
    assert ann.post(f"{url}/redeliver").status == 409
    later(world, days=90)
    later(world, days=1)
    assert deliveries(ann, webhook) == []
