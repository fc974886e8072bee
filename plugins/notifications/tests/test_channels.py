"""The ways out of the application: mails, Slack, programs of people, and channels of other plugins."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import Mail, Scope
from pronaflow_kernel.mail import MailError
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.sink import WebhookSink
from pronaflow_kernel.testing.zoo import Animal
from pronaflow_notifications.delivery.models import Address, Dispatch
from pronaflow_notifications.delivery.sending import MOST_TRIES, QUEUE, SILENCE, TRIES

from .conftest import URL

Make = Callable[..., Any]


@pytest.fixture
def bob(colleague: Make, project: Any) -> Person:
    found: Person = colleague(project["id"])
    return found


@pytest.fixture
def mailed(world: World, project: Any, bob: Person, task: Make) -> Callable[..., Mail]:
    """Assigns a task to bob; the mail that he gets."""

    def make(title: str = "Design UI") -> Mail:
        task(project, title, assigned_to=bob.id)
        world.clock.advance(60)
        world.drain()
        return world.outbox.to(bob.email)[-1]

    return make


def states(world: World, person: Person, channel: str) -> list[str]:
    statement = select(Dispatch.state).where(Dispatch.user_id == person.id, Dispatch.channel == channel)
    with world.kernel.db.read(Scope.system()) as reader:
        return [row["state"] for row in reader.all(statement)]


def token_of(mail: Mail) -> str:
    found = re.search(r"token=([^>]+)>", mail.headers["List-Unsubscribe"])
    assert found is not None
    return found[1]


class TestMails:
    def test_programs_learn_what_it_is(self, world: World, mailed: Any, bob: Person) -> None:
        mail = mailed()
        [row] = bob.get(URL).data
        task_id = row["action_url"].rpartition("/")[2]
        assert mail.headers["Auto-Submitted"] == "auto-generated"
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.headers["References"] == mail.headers["In-Reply-To"] == f"<about.{task_id}@localhost>"
        with world.kernel.db.read(Scope.system()) as reader:
            row = reader.one(select(Dispatch.__table__).where(Dispatch.user_id == bob.id))
        assert row is not None
        assert mail.id == row["message_id"] == f"dispatch.{row['id']}"

    def test_what_people_write_stays_text(self, mailed: Any) -> None:
        mail = mailed("<script>alert(1)</script> & Co")
        assert "<script>" not in mail.html
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in mail.html
        assert "<script>alert(1)</script> & Co" in mail.text

    def test_it_speaks_the_language_of_its_reader(self, world: World, mailed: Any, bob: Person) -> None:
        with world.kernel.db.write(Scope.system()) as uow:
            world.kernel.preferences.change(uow, "locale", bob.id, {"language": "vi-VN"})
        mail = mailed()
        assert mail.text.startswith("Xin chào Member,")
        assert "Ann đã giao công việc 'Design UI' cho bạn" in mail.text
        assert "ngừng nhận thư này" in mail.html

    def test_an_address_that_refuses_mails_for_good_is_left_alone(
        self, world: World, mailed: Any, bob: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailed()

        def refuse(_mail: Mail) -> None:
            raise MailError("550 no such user", permanent=True, about="recipient")

        with monkeypatch.context() as patched:
            patched.setattr(world.outbox, "send", refuse)
            for number in range(3):
                mailed(f"Task {number}")
        mailed("Another")
        assert len(world.outbox.to(bob.email)) == 1
        assert sorted(states(world, bob, "email")) == ["failed", *["sent"] * 4]

    def test_what_is_critical_obeys_nothing_and_cannot_be_ended(self, world: World, bob: Person) -> None:
        quiet = {"enabled": True, "start": "00:00", "end": "00:00"}
        bob.patch(f"{URL}/preferences", {"notification_frequency": "never", "quiet_hours": quiet})
        critical(world, bob)
        [mail] = world.outbox.to(bob.email)
        assert "List-Unsubscribe" not in mail.headers


def critical(world: World, person: Person) -> None:
    """Plan a critical notification for somebody, as `Teller` does, and send it."""
    from pronaflow_kernel.api import new_id
    from pronaflow_notifications.models import Notification

    [plugin] = [c.plugin for i, c in world.kernel.contributions.items() if i == "notifications"]
    values = {
        "user_id": person.id,
        "workspace_id": None,
        "type": "security_alert",
        "provider": "notifications",
        "title": "Your password was changed",
        "message": "Your password was changed",
        "texts": {},
        "reasons": [],
        "event_id": new_id(),
        "about_id": person.id,
        "priority": "high",
        "critical": True,
        "revision": 1,
    }
    with world.kernel.db.write(Scope.system()) as uow:
        row = uow.insert(Notification, values)
        plugin.dispatches.plan(uow, [row])  # type: ignore[attr-defined]
    world.drain()


class TestUnsubscribing:
    LINK = f"{URL}/unsubscribe"

    def test_a_click_turns_off_one_switch_of_one_person(
        self, world: World, mailed: Any, bob: Person, ann: Person
    ) -> None:
        token = token_of(mailed())
        before, others = bob.get(f"{URL}/preferences").data, ann.get(f"{URL}/preferences").data
        nobody = world.anonymous()
        assert nobody.get(self.LINK, token=token).data == {"switch": "email_on_task_assigned"}
        assert bob.get(f"{URL}/preferences").data == before, "looking changes nothing"
        answer = nobody.client.post(f"{self.LINK}?token={token}", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        after = bob.get(f"{URL}/preferences").data
        differing = {name for name in before if before[name] != after[name]}
        assert differing - {"updated_at", "version"} == {"email_on_task_assigned"}
        assert ann.get(f"{URL}/preferences").data == others
        assert nobody.client.post(f"{self.LINK}?token={token}").status_code == 200, "twice is once"

    @pytest.mark.parametrize("token", ["", "x", "gAAAAABh", "ü" * 20])
    def test_what_is_no_link_is_refused(self, world: World, token: str) -> None:
        assert world.anonymous().get(self.LINK, token=token).status in (400, 422)

    def test_one_that_was_changed_is_refused(self, world: World, mailed: Any) -> None:
        token = token_of(mailed())
        changed = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
        assert world.anonymous().get(self.LINK, token=changed).status == 400


def pass_time(world: World, seconds: float) -> None:
    """Let it be later: the schedule does not come twice where clocks of tests go back."""
    world.clock.advance(seconds)
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.contexts["notifications"].jobs.enqueue(uow, "find_left", {})


def later(world: World, *seconds: float) -> None:
    """Let time pass, and do what comes due."""
    for each in seconds:
        pass_time(world, each)
        world.drain()


SLACK = f"{URL}/channels/slack"


@pytest.fixture
def slack(bob: Person, webhook_sink: WebhookSink) -> WebhookSink:
    assert bob.put(SLACK, {"url": webhook_sink.url}).status == 200
    return webhook_sink


class TestSlack:
    def test_it_is_told_as_slack_takes_it(self, mailed: Any, slack: WebhookSink) -> None:
        mailed("<!channel> & <https://evil|x>")
        [request] = slack.requests
        text = request.json["text"]
        assert text.startswith("<http://localhost:8000/tasks/")
        assert "&lt;!channel&gt; &amp; &lt;https://evil|x&gt;" in text
        assert request.headers["webhook-id"].startswith("dispatch.")

    def test_the_address_is_nowhere_but_in_the_table_and_hidden_there(
        self, world: World, bob: Person, slack: WebhookSink
    ) -> None:
        [shown] = [row for row in bob.get(f"{URL}/channels").data if row["channel"] == "slack"]
        assert (shown["hint"], shown["is_active"], "hook" in str(shown)) == ("127.0.0.1", True, False)
        with world.kernel.db.read(Scope.system()) as reader:
            [row] = reader.all(select(Address.__table__).where(Address.user_id == bob.id))
        assert "127.0.0.1" not in row["place"]

    def test_it_can_be_tried_and_removed(self, bob: Person, mailed: Any, slack: WebhookSink) -> None:
        assert bob.post(f"{SLACK}/test", {}).status == 200
        assert slack.requests[-1].json["text"].endswith("|This is a test of your notifications.>")
        slack.answer(500)
        refused = bob.post(f"{SLACK}/test", {})
        assert (refused.status, "answered by 500" in str(refused.json)) == (400, True)
        assert bob.delete(SLACK).status == 204
        assert bob.delete(SLACK).status == 404
        assert bob.post(f"{SLACK}/test", {}).status == 404
        before = len(slack.requests)
        mailed()
        assert len(slack.requests) == before

    def test_while_it_is_away_it_is_tried_again_with_the_same_key(
        self, world: World, mailed: Any, bob: Person, slack: WebhookSink
    ) -> None:
        slack.answer(503)
        mailed()
        assert states(world, bob, "slack") == ["claimed"]
        world.clock.advance(30)
        world.drain()
        assert states(world, bob, "slack") == ["sent"]
        assert len({request.headers["webhook-id"] for request in slack.requests}) == 1
        assert len(slack.requests) == 2

    def test_one_that_only_waited_for_long_is_sent_once(
        self,
        world: World,
        mailed: Any,
        bob: Person,
        slack: WebhookSink,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(world.kernel.bus.runner, "queue_rests", lambda name: name == QUEUE)
            mailed()
            later(world, SILENCE.total_seconds(), 60)
            assert (len(slack.requests), states(world, bob, "slack")) == (0, ["claimed"])
        later(world, 0)
        assert (len(slack.requests), states(world, bob, "slack")) == (1, ["sent"])

    def test_one_that_was_taken_away_is_forgotten(
        self, world: World, mailed: Any, bob: Person, slack: WebhookSink
    ) -> None:
        slack.answer(404)
        mailed()
        assert states(world, bob, "slack") == ["failed"]
        [shown] = [row for row in bob.get(f"{URL}/channels").data if row["channel"] == "slack"]
        assert not shown["is_active"]

    @pytest.mark.parametrize("channel", ["email", "in_app", "pigeon"])
    def test_other_channels_take_no_address(self, bob: Person, channel: str) -> None:
        assert bob.put(f"{URL}/channels/{channel}", {"url": "https://team.org/x"}).status == 404

    def test_who_left_the_private_project_learns_nothing(
        self, world: World, ann: Person, project: Any, bob: Person, task: Make, slack: WebhookSink
    ) -> None:
        task(project, assigned_to=bob.id)
        ann.patch(f"/api/v1/projects/{project['id']}", {"visibility": "private"})
        ann.delete(f"/api/v1/projects/{project['id']}/members/{bob.id}")
        world.clock.advance(60)
        world.drain()
        assert slack.requests == []


class TestKilled:
    @pytest.fixture
    def world(self, new_world: Callable[..., World]) -> World:
        """One of its own: what a dead process held comes free later than the clock of the next test says."""
        return new_world()

    @pytest.fixture
    def killed(self, world: World) -> Callable[[bool], bool]:
        """Lets a process of its own do the jobs; tells whether it came to handing a parcel over.

        SIGKILL comes there, before or after it.
        """
        plugin: Any = world.kernel.contributions["notifications"].plugin
        by_name = plugin.delivery.channels.by_name
        whole = by_name["slack"]

        def run(handed_over: bool) -> bool:
            def send(reader: Any, parcel: Any) -> None:
                if handed_over:
                    whole.send(reader, parcel)
                os.kill(os.getpid(), signal.SIGKILL)

            world.kernel.db.engines.dispose()
            child = os.fork()
            if child == 0:  # it must not come back into the tests, whatever happens
                try:
                    by_name["slack"] = replace(whole, send=send)
                    world.drain()
                finally:
                    os._exit(0)
            return os.WIFSIGNALED(os.waitpid(child, 0)[1])

        return run

    @pytest.mark.parametrize("handed_over", [False, True])
    def test_a_process_that_ends_at_the_last_try_loses_nothing(
        self, world: World, mailed: Any, bob: Person, slack: WebhookSink, killed: Any, handed_over: bool
    ) -> None:
        for _ in range(TRIES - 1):
            slack.answer(503)
        mailed()
        later(world, *[1500] * (TRIES - 2))
        assert (len(slack.requests), states(world, bob, "slack")) == (TRIES - 1, ["claimed"])
        pass_time(world, 1500)
        assert killed(handed_over)
        before = TRIES - 1 + handed_over
        later(world, 60)
        assert (len(slack.requests), states(world, bob, "slack")) == (before, ["claimed"])
        later(world, SILENCE.total_seconds())
        assert (len(slack.requests), states(world, bob, "slack")) == (before + 1, ["sent"])
        assert len({request.headers["webhook-id"] for request in slack.requests}) == 1

    def test_what_ends_its_process_each_time_is_given_up(
        self, world: World, project: Any, bob: Person, task: Make, slack: WebhookSink, killed: Any
    ) -> None:
        task(project, assigned_to=bob.id)
        deaths = 0
        for seconds in (60, *[SILENCE.total_seconds()] * 3):
            pass_time(world, seconds)
            while killed(False):
                deaths += 1
        assert deaths == MOST_TRIES
        assert (slack.requests, states(world, bob, "slack")) == ([], ["failed"])


def test_a_program_gets_the_parcel(mailed: Any, bob: Person, webhook_sink: WebhookSink) -> None:
    assert bob.put(f"{URL}/channels/webhook", {"url": webhook_sink.url}).status == 200
    mailed()
    [request] = webhook_sink.requests
    assert request.json["items"][0]["message"] == "Ann assigned task 'Design UI' to you"
    assert request.json["key"] == request.headers["webhook-id"]


PIGEONS = Animal(
    "pigeons",
    "Nothing: it carries notifications.",
    state="ready",
    declares="""
        requires = { notifications = ">=0" }
        hooks = ["notifications:provide_channels"]
    """,
    plugin="""\
from pronaflow_kernel import api


class Plugin(api.Plugin):
    def setup(self, ctx):
        super().setup(ctx)
        self.carried = []
        self.weather = []

    @api.hookimpl
    def provide_channels(self):
        return [{"name": "pigeon", "send": self.send, "reaches": lambda reader, user_ids: user_ids}]

    def send(self, reader, parcel):
        if self.weather:
            raise self.weather.pop()
        self.carried.append(dict(parcel))
""",
)


def test_a_channel_of_another_plugin_carries_what_the_own_ones_do(
    new_world: Callable[..., World], zoo: Callable[..., Any]
) -> None:
    world = new_world(candidates=zoo(PIGEONS, installed=True), plugins=["pigeons"])
    person, pigeons = world.person(), world.kernel.contributions["pigeons"].plugin
    pigeons.weather.append(RuntimeError("a storm"))  # type: ignore[attr-defined]
    critical(world, person)
    assert pigeons.carried == []  # type: ignore[attr-defined]
    world.clock.advance(60)
    world.drain()
    [parcel] = pigeons.carried  # type: ignore[attr-defined]
    assert (parcel["user_id"], parcel["title"]) == (person.id, "Your password was changed")
    assert states(world, person, "pigeon") == ["sent"]
