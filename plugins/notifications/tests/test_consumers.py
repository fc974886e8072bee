"""Event consumers: who may have what done, and what is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.jobs.models import Job
from pronaflow_kernel.testing import Person, ResourceSuite, WebhookSink, World

CONSUMERS = "/api/v1/event-consumers"


@pytest.fixture(autouse=True)
def _no_leftovers(world: World) -> None:
    """Each test begins with nothing in the background."""
    world.drain()


@pytest.fixture
def sink(world: World) -> Iterator[WebhookSink]:
    with WebhookSink(world.kernel.egress) as made:
        yield made


@pytest.fixture
def project(ann: Person) -> Any:
    return ann.post("/api/v1/projects", {"name": "Website"}).data


def colleague(world: World, ann: Person, role: str = "member") -> Person:
    person = world.person(role)
    world.join(ann.workspace_id, person, role)
    return person


def consumer(person: Person, handler: str = "log", event: str = "task.created", **values: Any) -> Any:
    reply = person.post(CONSUMERS, {"event_type": event, "handler_type": handler, **values})
    assert reply.status == 201, reply.json
    return reply.data


def runs(person: Person, made: Any, **query: Any) -> list[Any]:
    return list(person.get(f"{CONSUMERS}/{made['id']}/runs", **query).data)


def task(world: World, person: Person, project: Any, title: str = "Design UI") -> Any:
    reply = person.post("/api/v1/tasks", {"project_id": project["id"], "title": title})
    assert reply.status == 201, reply.json
    world.drain()
    return reply.data


class TestConsumers(ResourceSuite):
    path = CONSUMERS
    patch = {"is_active": False, "event_type": "project.*"}
    clears: ClassVar[dict[str, Any]] = {}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        config = {"recipients": [owner.email]}
        types = ("task.created", "task.updated", "task.*", "project.created", "project.*", "workspace.*")
        return {"event_type": types[number % 6], "handler_type": "email", "config": config}


class TestShape:
    def test_it_is_shown_as_the_seed_prints_it(self, world: World, ann: Person) -> None:
        made = consumer(ann, "email", "task.completed", config={"recipients": [ann.email]})
        assert made == {
            "id": made["id"],
            "consumer_id": made["id"],
            "workspace_id": ann.workspace_id,
            "event_type": "task.completed",
            "handler_type": "email",
            "config": {"recipients": [ann.email]},
            "is_active": True,
            "failures": 0,
            "disabled_reason": None,
            "created_by": ann.id,
            "acts_for": ann.id,
            "created_at": made["created_at"],
            "updated_at": made["created_at"],
        }
        assert ann.get(CONSUMERS).data == [made]

    def test_the_list_is_whole_unless_a_page_is_asked_for(self, ann: Person) -> None:
        for _ in range(25):
            consumer(ann)
        assert len(ann.get(CONSUMERS).data) == 25
        page = ann.get(CONSUMERS, page=2, page_size=20)
        assert (len(page.data), page.json["pagination"]["total"]) == (5, 25)

    @pytest.mark.parametrize(
        ("body", "fault", "words"),
        [
            ({"event_type": "task.eaten"}, "event_type", "task.created"),
            ({"event_type": "*.created"}, "event_type", "task.*"),
            ({"event_type": "event_consumer.created"}, "event_type", "task.created"),
            ({"handler_type": "pigeon"}, "handler_type", "email, in_app, log, slack, webhook"),
            ({"handler_type": "email"}, "config.recipients", "Missing"),
            ({"handler_type": "email", "config": {"recipients": []}}, "config.recipients", "Length"),
            ({"handler_type": "email", "config": {"recipients": ["x"]}}, "config.recipients.0", "mail"),
            ({"config": {"nonsense": 1}}, "config.nonsense", "Unknown"),
            ({"handler_type": "webhook", "config": {"url": "ftp://x.org"}}, "config.url", "URL"),
            (
                {"handler_type": "webhook", "config": {"url": "https://x.org/", "webhook_id": "7"}},
                "config.webhook_id",
                "Unknown",
            ),
            ({"handler_type": "slack", "config": {}}, "config.url", "Missing"),
            ({"config": "text"}, "config", "mapping"),
        ],
        ids=str,
    )
    def test_bad_values_are_refused_in_words(self, ann: Person, body: Any, fault: str, words: str) -> None:
        made = consumer(ann)
        given = {"event_type": "task.created", "handler_type": "log", **body}
        for reply in (ann.post(CONSUMERS, given), ann.patch(f"{CONSUMERS}/{made['id']}", body)):
            assert reply.faults == {fault}
            assert words in reply.error["details"]["errors"][0]["message"]

    def test_strangers_are_no_recipients(self, world: World, ann: Person, bob: Person) -> None:
        member = colleague(world, ann)
        mails = {"recipients": [member.email, bob.email, "nobody@example.com"]}
        reply = ann.post(CONSUMERS, {"event_type": "task.created", "handler_type": "email", "config": mails})
        assert reply.faults == {"config.recipients.1", "config.recipients.2"}
        ids = {"user_ids": [bob.id, member.id]}
        reply = ann.post(CONSUMERS, {"event_type": "task.*", "handler_type": "in_app", "config": ids})
        assert reply.faults == {"config.user_ids.0"}

    def test_changes_are_announced_without_addresses(self, world: World, ann: Person) -> None:
        made = consumer(ann, "email", config={"recipients": [ann.email]})
        url = f"{CONSUMERS}/{made['id']}"
        member = colleague(world, ann)
        ann.patch(url, {"config": {"recipients": [ann.email, member.email]}})
        ann.patch(url, {"is_active": False})
        assert ann.delete(url).status == 204
        told = [row for row in world.events(ann.workspace_id) if row["type"].startswith("event_consumer.")]
        kinds = ["created", "updated", "updated", "deleted"]
        assert [row["type"] for row in told] == [f"event_consumer.{kind}" for kind in kinds]
        assert "@" not in str([(row["payload"], row["changes"]) for row in told])
        assert not any(row["public"] for row in told)


class TestRights:
    @pytest.mark.parametrize("role", ["member", "viewer"])
    def test_they_are_for_who_runs_the_workspace(self, world: World, ann: Person, role: str) -> None:
        made, other = consumer(ann), colleague(world, ann, role)
        url = f"{CONSUMERS}/{made['id']}"
        body = {"event_type": "task.created", "handler_type": "log"}
        replies = (
            other.get(CONSUMERS, workspace_id=ann.workspace_id),
            other.post(CONSUMERS, {**body, "workspace_id": ann.workspace_id}),
            other.get(url),
            other.get(f"{url}/runs"),
            other.patch(url, {"is_active": False}),
            other.delete(url),
        )
        assert {reply.status for reply in replies} == {403}

    def test_who_says_where_events_go_answers_for_it(self, world: World, ann: Person) -> None:
        made, admin = consumer(ann), colleague(world, ann, "admin")
        url = f"{CONSUMERS}/{made['id']}"
        assert admin.patch(url, {"event_type": "task.*"}).data["acts_for"] == ann.id
        changed = admin.patch(url, {"handler_type": "webhook", "config": {"url": "https://x.org/"}}).data
        assert (changed["acts_for"], changed["created_by"]) == (admin.id, ann.id)
        ann.patch(url, {"is_active": False})
        assert ann.patch(url, {"is_active": True}).data["acts_for"] == ann.id


class TestDelivery:
    def test_a_webhook_gets_a_cloud_event(
        self, world: World, ann: Person, project: Any, sink: WebhookSink
    ) -> None:
        made = consumer(ann, "webhook", config={"url": sink.url})
        done = task(world, ann, project)
        [request] = sink.requests
        assert request.headers["content-type"] == "application/cloudevents+json"
        assert (request.json["subject"], request.json["data"]["title"]) == (f"Task/{done['id']}", "Design UI")
        [run] = runs(ann, made)
        assert (run["status"], run["attempts"], run["error"]) == ("succeeded", 1, None)
        assert (run["event_id"], run["event_type"]) == (request.json["id"], "task.created")
        assert request.headers["x-pronaflow-delivery"] == run["id"]

    def test_only_events_of_its_type_and_workspace_come(
        self, world: World, ann: Person, bob: Person, project: Any, sink: WebhookSink
    ) -> None:
        consumer(ann, "webhook", "task.*", config={"url": sink.url})
        done = task(world, ann, project)
        task(world, bob, bob.post("/api/v1/projects", {"name": "Other"}).data)
        ann.patch(f"/api/v1/tasks/{done['id']}", {"title": "Draw UI"})
        ann.patch(f"/api/v1/projects/{project['id']}", {"name": "Shop"})
        world.drain()
        kinds = [request.json["type"] for request in sink.requests]
        assert kinds == ["com.pronaflow.task.created.v1", "com.pronaflow.task.updated.v1"]

    def test_one_that_is_off_or_deleted_hears_nothing(
        self, world: World, ann: Person, project: Any, sink: WebhookSink
    ) -> None:
        off = consumer(ann, "webhook", config={"url": sink.url}, is_active=False)
        gone = consumer(ann, "webhook", config={"url": sink.url})
        ann.delete(f"{CONSUMERS}/{gone['id']}")
        task(world, ann, project)
        assert (sink.requests, runs(ann, off)) == ([], [])

    def test_slack_gets_a_line(self, world: World, ann: Person, project: Any, sink: WebhookSink) -> None:
        consumer(ann, "slack", config={"url": sink.url})
        task(world, ann, project, "<!channel> & co")
        [request] = sink.requests
        assert "&lt;!channel&gt; &amp; co" in request.json["text"] and "task.created" in request.json["text"]

    def test_the_log_gets_a_line(
        self, world: World, ann: Person, project: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        consumer(ann)
        with caplog.at_level("INFO", "pronaflow.plugin.notifications"):
            done = task(world, ann, project)
        assert any(f"task.created: Task {done['id']}" in line for line in caplog.messages)

    def test_members_are_notified_in_the_application(self, world: World, ann: Person, project: Any) -> None:
        member = colleague(world, ann)
        consumer(ann, "in_app", config={"user_ids": [member.id]})
        task(world, ann, project)
        [told] = [row for row in member.get("/api/v1/notifications").data if row["type"] == "event_heard"]
        assert "Design UI" in told["message"]
        assert member.get("/api/v1/notifications/unread-count").data["unread_count"] == 1

    def test_members_are_mailed(self, world: World, ann: Person, project: Any) -> None:
        member = colleague(world, ann)
        consumer(ann, "email", config={"recipients": [member.email.upper(), ann.email]})
        task(world, ann, project)
        for person in (member, ann):
            [mail] = world.outbox.to(person.email)
            assert "Design UI" in mail.text and "task.created" in mail.text
            assert "An event consumer of your workspace names you." in mail.text

    def test_what_was_imported_is_news_to_nobody(self, world: World, ann: Person, project: Any) -> None:
        from pronaflow_tasks.api import Tasks

        made = consumer(ann)
        with world.kernel.db.write(Scope.system(ann.workspace_id), origin="import") as uow:
            world.kernel.services.require(Tasks).create_many(uow, project["id"], [{"title": "Old"}])
        world.drain()
        assert runs(ann, made) == []

    def test_events_that_nobody_wants_make_no_jobs(self, world: World, ann: Person, project: Any) -> None:
        world.drain()
        consumer(ann, event="project.created")
        ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Walk"})
        world.kernel.bus.relay()
        from sqlalchemy import select

        with world.kernel.bus.engine.connect() as connection:
            kinds = set(connection.scalars(select(Job.kind)))
        assert "notifications.consumers" not in kinds
        world.drain()


class TestSecrets:
    """Events of a private project reach nobody who is not in it."""

    @pytest.fixture
    def admin(self, world: World, ann: Person) -> Person:
        return colleague(world, ann, "admin")

    @pytest.fixture
    def secret(self, admin: Person) -> Any:
        """A private project of an admin's, in the workspace that ann owns."""
        body = {"workspace_id": admin.workspace_id, "name": "Secret", "visibility": "private"}
        return admin.post("/api/v1/projects", body).data

    def test_mails_and_notifications_reach_only_those_in_it(
        self, world: World, ann: Person, admin: Person, secret: Any
    ) -> None:
        inside, outside = colleague(world, ann), colleague(world, ann)
        body = {"user_id": inside.id, "role": "member"}
        assert admin.post(f"/api/v1/projects/{secret['id']}/members", body).status == 201
        everybody = [admin, inside, outside, ann]
        consumer(admin, "email", config={"recipients": [each.email for each in everybody]})
        consumer(admin, "in_app", config={"user_ids": [each.id for each in everybody]})
        task(world, admin, secret, "Hide")
        world.drain()

        def heard(person: Person) -> tuple[int, int]:
            notes = person.get("/api/v1/notifications").data
            mails = [mail for mail in world.outbox.to(person.email) if "Hide" in mail.text]
            return len(mails), len([row for row in notes if row["type"] == "event_heard"])

        assert [heard(each) for each in everybody] == [(1, 1), (1, 1), (0, 0), (0, 0)]

    def test_a_consumer_hears_what_whom_it_acts_for_is_shown(
        self, world: World, ann: Person, admin: Person, secret: Any, sink: WebhookSink
    ) -> None:
        outsider = colleague(world, ann, "admin")
        theirs = [consumer(each, "webhook", "task.*", config={"url": sink.url}) for each in (outsider, ann)]
        task(world, admin, secret, "Hide")
        assert sink.requests == []
        assert [runs(outsider, each) for each in theirs] == [[], []]

    def test_runs_of_it_are_shown_to_those_in_it(
        self, world: World, ann: Person, admin: Person, secret: Any, sink: WebhookSink
    ) -> None:
        made = consumer(admin, "webhook", config={"url": sink.url})
        task(world, admin, secret, "Hide")
        assert len(runs(admin, made)) == len(sink.requests) == 1
        assert (
            runs(ann, made) == []
            and ann.get(f"{CONSUMERS}/{made['id']}/runs").json["pagination"]["total"] == 0
        )

    def test_who_redirects_it_does_not_get_what_another_is_shown(
        self, world: World, ann: Person, admin: Person, secret: Any, sink: WebhookSink
    ) -> None:
        made = consumer(admin, "webhook", config={"url": "https://admin.example.com/"})
        ann.patch(f"{CONSUMERS}/{made['id']}", {"config": {"url": sink.url}})
        task(world, admin, secret, "Hide")
        assert sink.requests == []

    def test_who_leaves_gets_nothing_more(self, world: World, ann: Person, project: Any) -> None:
        member, other = colleague(world, ann), colleague(world, ann)
        consumer(ann, "email", config={"recipients": [member.email, other.email]})
        reply = ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{member.id}")
        assert reply.status in (200, 204), reply.json
        world.drain()
        world.outbox.mails.clear()
        task(world, ann, project)
        assert [mail.to for mail in world.outbox.mails if "task.created" in mail.text] == [other.email]

    def test_one_whose_person_runs_the_workspace_no_more_is_switched_off(
        self, world: World, ann: Person, admin: Person, project: Any, sink: WebhookSink
    ) -> None:
        made = consumer(admin, "webhook", config={"url": sink.url})
        path = f"/api/v1/workspaces/{ann.workspace_id}/members/{admin.id}"
        assert ann.patch(path, {"role": "member"}).status == 200
        task(world, ann, project)
        shown = ann.get(f"{CONSUMERS}/{made['id']}").data
        assert (shown["is_active"], sink.requests) == (False, [])
        assert "run the workspace" in shown["disabled_reason"]
        assert ann.patch(f"{CONSUMERS}/{made['id']}", {"is_active": True}).data["acts_for"] == ann.id
        task(world, ann, project)
        assert len(sink.requests) == 1


class TestFailures:
    def test_three_attempts_and_the_run_has_failed(
        self, world: World, ann: Person, project: Any, sink: WebhookSink
    ) -> None:
        made = consumer(ann, "webhook", config={"url": sink.url})
        for _ in range(3):
            sink.answer(500)
        task(world, ann, project)
        states = [(runs(ann, made)[0]["status"], runs(ann, made)[0]["attempts"])]
        for wait in (11, 61):
            world.clock.advance(wait)
            world.drain()
            [run] = runs(ann, made)
            states.append((run["status"], run["attempts"]))
        assert states == [("retrying", 1), ("retrying", 2), ("failed", 3)]
        assert run["error"] == "It was answered by 500"
        assert len({request.headers["x-pronaflow-delivery"] for request in sink.requests}) == 1
        shown = ann.get(f"{CONSUMERS}/{made['id']}").data
        assert (shown["is_active"], shown["failures"]) == (True, 1)
        assert runs(ann, made, status="failed") == [run] and runs(ann, made, status="succeeded") == []
        world.clock.advance(3600)
        world.drain()
        assert len(sink.requests) == 3

    def test_a_success_forgets_failures(
        self, world: World, ann: Person, project: Any, sink: WebhookSink
    ) -> None:
        made = consumer(ann, "webhook", config={"url": sink.url})
        self.fail(world, ann, project, sink)
        assert ann.get(f"{CONSUMERS}/{made['id']}").data["failures"] == 1
        task(world, ann, project)
        assert ann.get(f"{CONSUMERS}/{made['id']}").data["failures"] == 0

    def test_twenty_in_a_row_switch_it_off_and_tell_who_made_it(
        self, world: World, ann: Person, project: Any, sink: WebhookSink
    ) -> None:
        made = consumer(ann, "webhook", config={"url": sink.url})
        for number in range(20):
            assert ann.get(f"{CONSUMERS}/{made['id']}").data["is_active"], number
            self.fail(world, ann, project, sink)
        shown = ann.get(f"{CONSUMERS}/{made['id']}").data
        assert (shown["is_active"], shown["failures"]) == (False, 20)
        assert "20 times in a row" in shown["disabled_reason"]
        before = len(sink.requests)
        task(world, ann, project)
        assert len(sink.requests) == before
        told = [row["type"] for row in world.events(ann.workspace_id)]
        assert told.count("event_consumer.disabled") == 1
        world.drain()
        notes = [row["type"] for row in ann.get("/api/v1/notifications").data]
        assert notes.count("event_consumer_disabled") == 1
        again = ann.patch(f"{CONSUMERS}/{made['id']}", {"is_active": True}).data
        assert (again["failures"], again["disabled_reason"]) == (0, None)

    def test_what_egress_forbids_is_not_tried_again(self, world: World, ann: Person, project: Any) -> None:
        made = consumer(ann, "webhook", config={"url": "http://169.254.169.254/latest"})
        task(world, ann, project)
        [run] = runs(ann, made)
        assert (run["status"], run["attempts"]) == ("failed", 1)
        assert "169.254.169.254" in run["error"]

    def test_runs_are_kept_for_thirty_days(self, world: World, ann: Person, project: Any) -> None:
        made = consumer(ann)
        task(world, ann, project)
        assert len(runs(ann, made)) == 1
        world.clock.advance(timedelta(days=31).total_seconds())
        # By itself the job comes once a day, and the days of this server may have been those of another test.
        with world.kernel.db.write(Scope.system()) as uow:
            world.kernel.contexts["notifications"].jobs.enqueue(uow, "forget_consumer_runs", {})
        world.drain()
        assert runs(ann, made) == []

    @staticmethod
    def fail(world: World, ann: Person, project: Any, sink: WebhookSink) -> None:
        """An event that its consumer cannot do anything with."""
        for _ in range(3):
            sink.answer(503)
        task(world, ann, project, str(new_id()))
        for wait in (15, 75):
            world.clock.advance(wait)
            world.drain()


def test_what_is_held_of_a_person_is_told_and_forgotten(world: World, ann: Person) -> None:
    member = colleague(world, ann)
    alone = consumer(ann, "email", config={"recipients": [member.email]})
    shared = consumer(ann, "email", config={"recipients": [ann.email, member.email]})
    named = consumer(ann, "in_app", config={"user_ids": [member.id, ann.id]})
    kernel = world.kernel
    with kernel.db.read(Scope.system()) as reader:
        held = kernel.hooks.collect_user_data(reader, member.id)["notifications"]["event_consumers"]
    assert {row["id"] for row in held} == {alone["id"], shared["id"], named["id"]}
    assert ann.email not in str(held)
    with kernel.db.write(Scope.system()) as uow:
        kernel.hooks.erase_user_data(uow, member.id)
    left = {row["id"]: row for row in ann.get(CONSUMERS).data}
    assert (left[alone["id"]]["config"], left[alone["id"]]["is_active"]) == ({"recipients": []}, False)
    assert left[shared["id"]]["config"] == {"recipients": [ann.email]}
    assert left[named["id"]]["config"] == {"user_ids": [ann.id]}
