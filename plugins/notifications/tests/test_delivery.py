"""What leaves the application: when, how often, and what is left out of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from pronaflow_kernel.api import Mail, Scope, User, Workspace
from pronaflow_kernel.jobs.dead import Which, count
from pronaflow_kernel.tenancy.service import purge_workspace
from pronaflow_kernel.testing import Person, World
from pronaflow_notifications.delivery.models import DigestRun, Dispatch

from .conftest import URL

Make = Callable[..., Any]


def choose(person: Person, **values: Any) -> None:
    answer = person.patch(f"{URL}/preferences", values)
    assert answer.status == 200, answer.json


def dispatches(world: World, person: Person) -> list[dict[str, Any]]:
    statement = select(Dispatch.__table__).where(Dispatch.user_id == person.id).order_by(Dispatch.created_at)
    with world.kernel.db.read(Scope.system()) as reader:
        return reader.all(statement)


def states(world: World, person: Person) -> list[str]:
    return [row["state"] for row in dispatches(world, person)]


def purge(world: World, person: Person, path: str) -> None:
    """Delete something for good, as from the trash."""
    assert person.delete(path).status in (200, 204)
    [item] = [row for row in person.get("/api/v1/archive/trash").data if row["resource_id"] in path]
    assert person.delete(f"/api/v1/archive/trash/{item['id']}").status == 204
    world.drain()


def dead(world: World) -> int:
    """How much was given up in the background, by the tests before too."""
    with world.kernel.bus.engine.connect() as connection:
        return count(connection, Which())


def minute(world: World, at: datetime) -> None:
    """Let it be a certain minute: the schedule does not come twice where clocks of tests go back."""
    world.clock.set(at)
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.contexts["notifications"].jobs.enqueue(uow, "find_waiting", {})
    world.drain()


@pytest.fixture
def mails(world: World) -> Callable[[Person], list[Mail]]:
    def read(person: Person) -> list[Mail]:
        return world.outbox.to(person.email)

    return read


@pytest.fixture
def bob(colleague: Make, project: Any) -> Person:
    found: Person = colleague(project["id"])
    return found


class TestAtOnce:
    def test_a_mail_waits_a_minute_for_more(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any
    ) -> None:
        task(project, assigned_to=bob.id)
        world.clock.advance(59)
        world.drain()
        assert mails(bob) == []
        world.clock.advance(1)
        world.drain()
        [mail] = mails(bob)
        assert mail.subject == "Task assigned to you - PronaFlow"
        assert "Ann assigned task 'Design UI' to you" in mail.text
        assert states(world, bob) == ["sent"]

    def test_running_on_sends_it_once(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any
    ) -> None:
        task(project, assigned_to=bob.id)
        for _ in range(4):
            world.clock.advance(600)
            world.drain()
        assert len(mails(bob)) == 1

    def test_what_was_read_meanwhile_is_not_mailed(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any
    ) -> None:
        task(project, assigned_to=bob.id)
        for row in bob.get(URL).data:
            assert bob.patch(f"{URL}/{row['id']}/read", {}).status == 200
        world.clock.advance(60)
        world.drain()
        assert (mails(bob), states(world, bob)) == ([], ["dropped"])

    @pytest.mark.parametrize(
        "chosen",
        [{"email_on_task_assigned": False}, {"notification_frequency": "never"}],
        ids=["switch", "never"],
    )
    def test_who_wants_no_mail_gets_none(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any, chosen: dict[str, Any]
    ) -> None:
        choose(bob, **chosen)
        task(project, assigned_to=bob.id)
        world.clock.advance(60)
        world.drain()
        assert (mails(bob), states(world, bob)) == ([], [])

    def test_a_switch_counts_until_the_last_moment(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any
    ) -> None:
        task(project, assigned_to=bob.id)
        choose(bob, email_on_task_assigned=False)
        world.clock.advance(60)
        world.drain()
        assert (mails(bob), states(world, bob)) == ([], ["dropped"])


class TestQuietHours:
    def test_what_is_held_comes_as_one_mail_at_their_end(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any
    ) -> None:
        choose(bob, quiet_hours={"enabled": True, "start": "22:00", "end": "08:00"})
        world.clock.set(datetime(2026, 3, 2, 23, tzinfo=UTC))
        for number in range(3):
            task(project, f"Task {number}", assigned_to=bob.id)
            world.clock.advance(600)
            world.drain()
        assert len(bob.get(URL).data) == 3, "the application shows it at once"
        minute(world, datetime(2026, 3, 3, 7, 59, tzinfo=UTC))
        assert mails(bob) == []
        minute(world, datetime(2026, 3, 3, 8, 0, tzinfo=UTC))
        [mail] = mails(bob)
        assert mail.subject == "3 notifications - PronaFlow"
        assert all(f"Task {number}" in mail.text for number in range(3))

    def test_a_worker_that_was_away_does_not_wake_anybody(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any
    ) -> None:
        world.clock.set(datetime(2026, 3, 2, 21, 58, tzinfo=UTC))
        choose(bob, quiet_hours={"enabled": True, "start": "22:00", "end": "08:00"})
        task(project, assigned_to=bob.id)
        minute(world, datetime(2026, 3, 3, 2, tzinfo=UTC))
        assert mails(bob) == []
        minute(world, datetime(2026, 3, 3, 8, 1, tzinfo=UTC))
        assert len(mails(bob)) == 1


class TestDigests:
    @pytest.fixture
    def digest(self, world: World, project: Any, bob: Person, task: Make) -> Callable[[], None]:
        """Something that happened waits for tomorrow at eight; calling goes there."""
        choose(bob, notification_frequency="daily")
        for number in range(2):
            task(project, f"Task {number}", assigned_to=bob.id)

        def on() -> None:
            minute(world, datetime(2026, 3, 3, 8, tzinfo=UTC))

        return on

    def test_one_mail_tells_of_all_by_project(
        self, world: World, bob: Person, digest: Callable[[], None], mails: Any
    ) -> None:
        assert mails(bob) == []
        digest()
        [mail] = mails(bob)
        assert mail.subject == "2 notifications - PronaFlow"
        assert mail.text.count("Website") == 1
        assert mail.html is not None and mail.html.count("<h3>") == 1
        minute(world, datetime(2026, 3, 3, 9, tzinfo=UTC))
        assert len(mails(bob)) == 1
        with world.kernel.db.read(Scope.system()) as reader:
            runs = reader.all(select(DigestRun.__table__).where(DigestRun.user_id == bob.id))
        assert [run["window_end"] for run in runs] == [datetime(2026, 3, 3, 8, tzinfo=UTC)]

    @pytest.mark.parametrize(
        "how", ["left the project", "left the workspace", "project in the trash", "task in the trash", "off"]
    )
    def test_what_became_unreadable_is_left_out_and_nothing_to_say_is_no_mail(
        self, world: World, ann: Person, project: Any, bob: Person, digest: Any, mails: Any, how: str
    ) -> None:
        workspace = f"/api/v1/workspaces/{ann.workspace_id}"
        if how == "left the project":
            private = {"visibility": "private"}
            assert ann.patch(f"/api/v1/projects/{project['id']}", private).status == 200
            assert ann.delete(f"/api/v1/projects/{project['id']}/members/{bob.id}").status in (200, 204)
        elif how == "left the workspace":
            assert ann.delete(f"{workspace}/members/{bob.id}").status in (200, 204)
        elif how == "project in the trash":
            assert ann.delete(f"/api/v1/projects/{project['id']}").status in (200, 204)
        elif how == "task in the trash":
            for row in ann.get("/api/v1/tasks", project_id=project["id"]).data:
                assert ann.delete(f"/api/v1/tasks/{row['id']}").status in (200, 204)
        else:
            world.kernel.switches.set("notifications", False, ann.workspace_id)
        world.drain()
        digest()
        assert mails(bob) == []
        assert "sent" not in states(world, bob)

    def test_one_task_of_two_in_the_trash_leaves_the_other(
        self, world: World, ann: Person, project: Any, bob: Person, digest: Any, mails: Any
    ) -> None:
        [gone, _] = ann.get("/api/v1/tasks", project_id=project["id"]).data
        ann.delete(f"/api/v1/tasks/{gone['id']}")
        digest()
        [mail] = mails(bob)
        assert gone["title"] not in mail.text
        assert mail.subject == "Task assigned to you - PronaFlow"

    def test_one_task_of_two_deleted_for_good_leaves_the_other(
        self, world: World, ann: Person, project: Any, bob: Person, digest: Any, mails: Any
    ) -> None:
        [gone, left] = ann.get("/api/v1/tasks", project_id=project["id"]).data
        purge(world, ann, f"/api/v1/tasks/{gone['id']}")
        digest()
        [mail] = mails(bob)
        assert (gone["title"] in mail.text, left["title"] in mail.text) == (False, True)
        assert [row["action_url"] for row in bob.get(URL).data] == [f"/tasks/{left['id']}"]
        assert bob.get(f"{URL}/unread-count").data["unread_count"] == 1

    @pytest.mark.parametrize("place", ["project", "workspace"])
    def test_where_all_was_deleted_for_good_there_is_nothing_to_say(
        self, world: World, ann: Person, project: Any, bob: Person, digest: Any, mails: Any, place: str
    ) -> None:
        before = dead(world)
        if place == "project":
            purge(world, ann, f"/api/v1/projects/{project['id']}")
        else:
            assert ann.delete(f"/api/v1/workspaces/{ann.workspace_id}").status in (200, 204)
            world.drain()
            with world.kernel.db.write(Scope.system(ann.workspace_id), origin="system") as uow:
                purge_workspace(uow, uow.get(Workspace, ann.workspace_id, trashed=True))
            world.drain()
        digest()
        assert (mails(bob), dispatches(world, bob)) == ([], [])
        assert bob.get(f"{URL}/unread-count").data["unread_count"] == 0
        assert dead(world) == before

    def test_fifty_are_told_and_the_rest_is_counted(
        self, world: World, ann: Person, project: Any, bob: Person, mails: Any
    ) -> None:
        choose(bob, notification_frequency="daily")
        for number in range(53):
            ann.post(
                "/api/v1/tasks",
                {"project_id": project["id"], "title": f"Task {number:02}", "assigned_to": bob.id},
            )
        world.drain()
        minute(world, datetime(2026, 3, 3, 8, tzinfo=UTC))
        [mail] = mails(bob)
        assert sum(f"Task {number:02}" in mail.text for number in range(53)) == 50
        assert "and 3 more" in mail.text

    def test_a_run_that_comes_twice_sends_nothing_twice(
        self, world: World, bob: Person, digest: Any, mails: Any
    ) -> None:
        digest()
        args = {"user_id": bob.id, "channel": "email", "window_end": "2026-03-03T08:00:00+00:00"}
        with world.kernel.db.write(Scope.system()) as uow:
            uow.execute(update(Dispatch).where(Dispatch.user_id == bob.id).values(state="pending"))
            world.kernel.contexts["notifications"].jobs.enqueue(uow, "digest", args)
        world.drain()
        assert len(mails(bob)) == 1
        assert {row["state"] for row in dispatches(world, bob)} == {"pending"}
        assert {row["due_at"] for row in dispatches(world, bob)} == {datetime(2026, 3, 4, 8, tzinfo=UTC)}

    def test_weekly_comes_on_the_day_that_was_chosen(
        self, world: World, project: Any, bob: Person, task: Make, mails: Any
    ) -> None:
        choose(bob, notification_frequency="weekly", digest_weekday="thursday", digest_time="17:30")
        task(project, assigned_to=bob.id)
        minute(world, datetime(2026, 3, 5, 17, 29, tzinfo=UTC))
        assert mails(bob) == []
        minute(world, datetime(2026, 3, 5, 17, 30, tzinfo=UTC))
        assert len(mails(bob)) == 1

    def test_an_account_that_is_closed_gets_nothing(
        self, world: World, bob: Person, digest: Any, mails: Any
    ) -> None:
        with world.kernel.db.write(Scope.system()) as uow:
            uow.update(User, uow.get(User, bob.id), {"status": "suspended"})
        digest()
        assert mails(bob) == []


class TestWhatIsOfNoUse:
    def test_it_is_dropped_only_where_its_type_says_so(
        self,
        world: World,
        project: Any,
        bob: Person,
        task: Make,
        mails: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        plugin: Any = world.kernel.contributions["notifications"].plugin
        lifetimes = {"task_assigned": timedelta(minutes=30)}
        task(project, "Kept", assigned_to=bob.id)
        monkeypatch.setattr(plugin.dispatches, "_lifetime", lifetimes.get)
        task(project, "Stale", assigned_to=bob.id)
        minute(world, world.clock.now() + timedelta(minutes=31))
        [mail] = mails(bob)
        assert "Kept" in mail.text
        assert states(world, bob) == ["sent", "dropped"]

    def test_types_say_how_long_they_are_worth_sending(self, world: World) -> None:
        plugin: Any = world.kernel.contributions["notifications"].plugin
        assert plugin.delivery._lifetime("task_assigned") is None
        assert plugin.delivery._lifetime("nothing known") is None


def test_the_schedule_finds_whom_a_window_has_ended_for(new_world: Callable[..., World]) -> None:
    """On a server of its own, whose clock has never gone back."""
    world = new_world()
    ann, bob = world.person("ann"), world.person("bob")
    world.join(ann.workspace_id, bob, "member")
    project = ann.post("/api/v1/projects", {"name": "Website", "key": "WEB"}).data
    ann.post(f"/api/v1/projects/{project['id']}/members", {"user_id": bob.id, "role": "member"})
    world.drain()
    world.clock.advance(120)
    world.drain()
    before = len(world.outbox.to(bob.email))
    choose(bob, notification_frequency="hourly")
    ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "X", "assigned_to": bob.id})
    world.drain()
    world.clock.set(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
    world.drain()
    assert len(world.outbox.to(bob.email)) == before + 1
