"""Who is told of what, and who is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import Event, Principal, Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_notifications.plugin import NotificationsPlugin

from .conftest import URL, run_job, told

Make = Callable[..., Any]


def test_an_assignee_is_told_as_the_seed_prints_it(
    world: World, ann: Person, project: Any, colleague: Make, task: Make
) -> None:
    bob = colleague(project["id"])
    made = task(project, assigned_to=bob.id)
    (found,) = bob.get(URL).data
    assert found | {"id": 0} == found | {
        "id": 0,
        "user_id": bob.id,
        "title": "Task assigned to you",
        "message": "Ann assigned task 'Design UI' to you",
        "type": "task_assigned",
        "read": False,
        "action_url": f"/tasks/{made['id']}",
        "reasons": ["assignee"],
        "reasons_text": ["You work on the task."],
        "aggregated_count": 1,
        "project_id": project["id"],
        "workspace_id": ann.workspace_id,
    }


def test_who_did_it_is_never_told(world: World, ann: Person, project: Any, task: Make) -> None:
    made = task(project, assigned_to=ann.id)
    ann.patch(f"/api/v1/tasks/{made['id']}", {"title": "Design it", "status": "completed"})
    ann.post(f"/api/v1/tasks/{made['id']}/comments", {"content": "Well", "mentions": [ann.id]})
    world.drain()
    assert told(ann) == []


def test_one_event_with_two_reasons_is_one_notification(
    world: World, ann: Person, project: Any, colleague: Make, task: Make
) -> None:
    bob = colleague(project["id"])
    made = task(project, assigned_to=bob.id)
    ann.post(f"/api/v1/tasks/{made['id']}/comments", {"content": "Look", "mentions": [bob.id]})
    world.drain()
    newest = bob.get(URL).data[0]
    assert newest["type"] == "user_mentioned"
    assert newest["message"] == "Ann mentioned you in a comment on task 'Design UI'"
    assert set(newest["reasons"]) == {"mentioned", "assignee"}
    assert told(bob) == ["user_mentioned", "task_assigned"]


def test_what_is_about_one_thing_goes_into_the_unread_one(
    world: World, ann: Person, project: Any, colleague: Make, task: Make, recount: Make
) -> None:
    bob = colleague(project["id"])
    made = task(project, assigned_to=bob.id)
    for title in ("One", "Two", "Three"):
        world.clock.advance(60)
        ann.patch(f"/api/v1/tasks/{made['id']}", {"title": title})
        world.drain()
    newest = bob.get(URL).data[0]
    assert newest["message"] == "Ann changed task 'Three' (3 updates)"
    assert newest["aggregated_count"] == 3
    assert told(bob) == ["task_updated", "task_assigned"]
    assert recount(bob) == (2, 2)


def test_what_comes_later_or_after_reading_is_told_anew(
    world: World, ann: Person, project: Any, colleague: Make, task: Make
) -> None:
    bob = colleague(project["id"])
    made = task(project, assigned_to=bob.id)

    def change(title: str) -> None:
        ann.patch(f"/api/v1/tasks/{made['id']}", {"title": title})
        world.drain()

    change("One")
    bob.patch(f"{URL}/{bob.get(URL).data[0]['id']}/read", {})
    change("Two")
    world.clock.advance(360)
    change("Three")
    assert told(bob) == ["task_updated"] * 3 + ["task_assigned"]


def test_an_event_that_comes_twice_is_told_once(
    world: World, ann: Person, project: Any, colleague: Make, task: Make, recount: Make
) -> None:
    bob = colleague(project["id"])
    made = task(project, assigned_to=bob.id)
    for title in ("One", "Two"):
        ann.patch(f"/api/v1/tasks/{made['id']}", {"title": title})
        world.drain()
    again(world, ann)
    found = [row for row in bob.get(URL).data if row["project_id"] and row["action_url"].startswith("/tasks")]
    assert [(row["type"], row["aggregated_count"]) for row in found] == [
        ("task_updated", 2),
        ("task_assigned", 1),
    ]
    kept, anew = recount(bob)
    assert kept == anew


def again(world: World, person: Person) -> None:
    """Deliver all events of a workspace a second time."""
    plugin = world.kernel.contributions["notifications"].plugin
    assert isinstance(plugin, NotificationsPlugin)
    for row in world.events(person.workspace_id):
        names = Event.__dataclass_fields__
        event = Event(**{name: row[name] for name in names})
        with world.kernel.db.write(Scope(Principal.system(), person.workspace_id, "owner")) as uow:
            plugin.teller.tell(uow, event)


def test_imported_events_tell_nobody(world: World, ann: Person, project: Any, colleague: Make) -> None:
    from pronaflow_tasks.api import Tasks

    bob = colleague(project["id"])
    scope = Scope(Principal("user", ann.id), ann.workspace_id, "owner")
    with world.kernel.db.write(scope, origin="import") as uow:
        values = {"project_id": project["id"], "title": "Old", "assigned_to": bob.id}
        world.kernel.services.require(Tasks).create(uow, values)
    world.drain()
    assert told(bob) == []


class TestWhoMaySee:
    """A private project, and people who are not in it, or no longer."""

    def test_members_of_the_workspace_learn_nothing_of_it(
        self, world: World, ann: Person, private: Any, colleague: Make, task: Make
    ) -> None:
        inside, outside = colleague(private["id"]), colleague()
        made = task(private, assigned_to=inside.id)
        ann.post(f"/api/v1/tasks/{made['id']}/comments", {"content": "Hush"})
        ann.patch(f"/api/v1/projects/{private['id']}", {"name": "Deep", "status": "on_hold"})
        world.drain()
        assert told(outside) == []
        assert "task_commented" in told(inside)
        assert "project_status_changed" in told(inside)

    def test_who_watched_it_while_it_was_public_keeps_nothing_once_it_is_private(
        self, world: World, ann: Person, project: Any, colleague: Make, task: Make, recount: Make
    ) -> None:
        outside = colleague()
        made = task(project)
        outside.post(f"/api/v1/tasks/{made['id']}/watchers", {})
        ann.patch(f"/api/v1/tasks/{made['id']}", {"title": "Seen"})
        world.drain()
        assert told(outside) == ["task_updated"]
        ann.patch(f"/api/v1/projects/{project['id']}", {"visibility": "private"})
        ann.patch(f"/api/v1/tasks/{made['id']}", {"title": "Not seen"})
        world.drain()
        assert told(outside) == []
        assert recount(outside) == (0, 0)

    def test_who_leaves_the_project_keeps_nothing_of_it(
        self,
        world: World,
        ann: Person,
        private: Any,
        project: Any,
        colleague: Make,
        task: Make,
        recount: Make,
    ) -> None:
        bob = colleague(private["id"])
        task(private, assigned_to=bob.id)
        ann.delete(f"/api/v1/projects/{private['id']}/members/{bob.id}")
        world.drain()
        assert told(bob) == []
        assert recount(bob) == (0, 0)

    def test_who_leaves_the_workspace_keeps_nothing_of_it(
        self, world: World, ann: Person, project: Any, colleague: Make, task: Make, recount: Make
    ) -> None:
        bob = colleague(project["id"])
        made = task(project, assigned_to=bob.id)
        ann.delete(f"/api/v1/workspaces/{ann.workspace_id}/members/{bob.id}")
        ann.post(f"/api/v1/tasks/{made['id']}/comments", {"content": "Gone"})
        world.drain()
        assert told(bob) == []
        assert recount(bob) == (0, 0)

    def test_a_workspace_in_the_trash_takes_what_was_told_of_it(
        self, world: World, ann: Person, project: Any, colleague: Make, task: Make, recount: Make
    ) -> None:
        bob = colleague(project["id"])
        task(project, assigned_to=bob.id)
        ann.post("/api/v1/workspaces", {"name": "Other"})
        assert ann.delete(f"/api/v1/workspaces/{ann.workspace_id}").status == 200
        world.drain()
        assert told(bob) == []
        assert recount(bob) == (0, 0)


class TestWishes:
    """What somebody has chosen decides what they hear."""

    def test_without_the_application_only_what_is_urgent_shows(
        self, world: World, ann: Person, project: Any, colleague: Make, task: Make
    ) -> None:
        bob = colleague(project["id"])
        bob.patch(f"{URL}/preferences", {"in_app_notifications": False})
        task(project, assigned_to=bob.id, due_date="2026-03-03T08:00:00Z")
        run_job(world, "tasks", "remind")
        assert told(bob) == ["task_due_soon"]

    @pytest.mark.parametrize("body", [{"type": "task_updated"}, {"project": True}], ids=["type", "project"])
    def test_what_is_muted_is_not_told_and_what_is_heard_again_is(
        self, world: World, ann: Person, project: Any, colleague: Make, task: Make, body: Any
    ) -> None:
        bob = colleague(project["id"])
        made = task(project, assigned_to=bob.id)
        if "project" in body:
            body = {"project_id": project["id"], "workspace_id": ann.workspace_id}
        mute = bob.put(f"{URL}/mutes", body).data
        assert bob.put(f"{URL}/mutes", body).data == mute
        assert [each["id"] for each in bob.get(f"{URL}/mutes").data] == [mute["id"]]
        ann.patch(f"/api/v1/tasks/{made['id']}", {"title": "Quiet"})
        world.drain()
        assert told(bob) == ["task_assigned"]
        assert bob.delete(f"{URL}/mutes/{mute['id']}").status == 204
        ann.patch(f"/api/v1/tasks/{made['id']}", {"title": "Loud"})
        world.drain()
        assert told(bob) == ["task_updated", "task_assigned"]

    def test_a_mention_is_told_where_comments_are_muted(
        self, world: World, ann: Person, project: Any, colleague: Make, task: Make
    ) -> None:
        bob = colleague(project["id"])
        made = task(project, assigned_to=bob.id)
        bob.put(f"{URL}/mutes", {"type": "task_commented"})
        for mentions in ([], [bob.id]):
            body = {"content": "Well", "mentions": mentions}
            ann.post(f"/api/v1/tasks/{made['id']}/comments", body)
            world.drain()
        assert told(bob) == ["user_mentioned", "task_assigned"]
        assert bob.get(URL).data[0]["reasons"] == ["mentioned"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "type"),
            ({"type": "task_exploded"}, "type"),
            ({"type": "task_updated", "channel": "pigeon"}, "channel"),
            ({"project_id": "019b0000-0000-7000-8000-000000000000"}, "project_id"),
        ],
        ids=["nothing", "type", "channel", "project"],
    )
    def test_a_mute_names_what_there_is(self, ann: Person, body: Any, field: str) -> None:
        refused = ann.put(f"{URL}/mutes", body)
        assert refused.faults == {field}

    def test_a_private_project_of_others_cannot_be_told_from_none(
        self, ann: Person, private: Any, colleague: Make
    ) -> None:
        body = {"project_id": private["id"], "workspace_id": ann.workspace_id}
        assert colleague().put(f"{URL}/mutes", body).faults == {"project_id"}
