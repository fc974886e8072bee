"""The caller's notifications over HTTP, as the first seed documents them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import Person, World

from .conftest import URL, run_job, told

Make = Callable[..., Any]


@pytest.fixture
def bob(world: World, ann: Person, project: Any, colleague: Make, task: Make) -> Person:
    """Somebody with three unread notifications."""
    bob: Person = colleague(project["id"])
    for number in range(3):
        world.clock.advance(60)
        task(project, f"Task {number}", assigned_to=bob.id)
    return bob


def test_the_list_is_newest_first_and_paged(world: World, bob: Person) -> None:
    first = bob.get(URL, page_size=2)
    assert [row["message"] for row in first.data] == [
        "Ann assigned task 'Task 2' to you",
        "Ann assigned task 'Task 1' to you",
    ]
    assert first.json["pagination"]["total"] == 3
    assert first.json["pagination"]["total_pages"] == 2
    following = bob.get(URL, page_size=2, cursor=first.json["pagination"]["next_cursor"])
    ids = [row["id"] for row in (*first.data, *following.data)]
    assert ids == [row["id"] for row in bob.get(URL).data]
    times = [row["created_at"] for row in bob.get(URL).data]
    assert times == sorted(times, reverse=True)


def test_filters_combine(world: World, ann: Person, bob: Person, project: Any) -> None:
    newest = bob.get(URL).data[0]
    bob.patch(f"{URL}/{newest['id']}/read", {})
    assert len(told(bob, status="unread")) == 2
    assert [row["id"] for row in bob.get(URL, status="read").data] == [newest["id"]]
    assert len(told(bob, type="task_assigned", priority="medium", workspace_id=ann.workspace_id)) == 3
    assert told(bob, project_id=project["id"], type="task_commented") == []
    elsewhere = ann.post("/api/v1/workspaces", {"name": "Elsewhere"}).data["id"]
    assert told(bob, workspace_id=elsewhere) == []
    assert len(told(bob, since=newest["created_at"])) == 1
    assert len(told(bob, until=newest["created_at"])) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "new"}, "status"),
        ({"priority": "urgent"}, "priority"),
        ({"project_id": "7"}, "project_id"),
        ({"since": "yesterday"}, "since"),
        ({"page_size": "101"}, "page_size"),
        ({"sort": "type"}, "sort"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_asked_for_is_named(ann: Person, query: Any, field: str) -> None:
    assert ann.get(URL, **query).faults == {field}


def test_reading_answers_what_the_seed_prints_and_counts_once(
    world: World, bob: Person, recount: Make
) -> None:
    url = f"{URL}/{bob.get(URL).data[0]['id']}"
    first = bob.patch(f"{url}/read", {}).data
    assert first["read"] is True and first["read_at"] is not None
    world.clock.advance(60)
    assert bob.patch(f"{url}/read", {}).data["read_at"] == first["read_at"]
    assert bob.get(f"{URL}/unread-count").data == {"unread_count": 2}
    assert bob.patch(f"{url}/unread", {}).data | {"read": False, "read_at": None} == bob.get(url).data
    assert recount(bob) == (3, 3)


def test_all_are_marked_and_counted(bob: Person, recount: Make) -> None:
    answer = bob.post(f"{URL}/mark-all-read")
    assert answer.json == {"success": True, "message": "All notifications marked as read", "count": 3}
    assert bob.post(f"{URL}/mark-all-read").json["count"] == 0
    assert recount(bob) == (0, 0)


def test_what_is_deleted_is_gone_and_not_counted(bob: Person, recount: Make) -> None:
    url = f"{URL}/{bob.get(URL).data[0]['id']}"
    answer = bob.delete(url)
    assert (answer.status, answer.body) == (204, b"")
    assert bob.delete(url).status == 404
    assert recount(bob) == (2, 2)


def test_nobody_has_the_notifications_of_others(ann: Person, bob: Person, recount: Make) -> None:
    url = f"{URL}/{bob.get(URL).data[0]['id']}"
    assert ann.get(URL).data == []
    assert [ann.get(url).status, ann.delete(url).status] == [404, 404]
    assert [ann.patch(f"{url}/{mark}", {}).status for mark in ("read", "unread")] == [404, 404]
    ann.post(f"{URL}/mark-all-read")
    assert recount(bob) == (3, 3)


def test_older_names_of_routes_are_taken_and_not_documented(world: World, bob: Person) -> None:
    url = f"{URL}/{bob.get(URL).data[0]['id']}"
    assert bob.post(f"{url}/read").data["read"] is True
    assert bob.post(f"{URL}/read-all").json["count"] == 2
    assert bob.put(f"{URL}/preferences", {"frequency": "daily"}).data["notification_frequency"] == "daily"
    paths = world.anonymous().get("/openapi.json").json["paths"]
    assert "post" not in paths[f"{URL}/{{notification_id}}/read"]
    assert f"{URL}/read-all" not in paths
    assert set(paths[f"{URL}/preferences"]) == {"get", "patch"}


def test_texts_are_in_the_language_of_the_reader(world: World, bob: Person) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.preferences.change(uow, "locale", bob.id, {"language": "vi-VN"})
    newest = bob.get(URL).data[0]
    assert newest["title"] == "Bạn được giao một công việc"
    assert newest["message"] == "Ann đã giao công việc 'Task 2' cho bạn"
    assert newest["reasons_text"] == ["Bạn thực hiện công việc này."]


def test_statements_do_not_grow_with_the_page(world: World, bob: Person) -> None:
    def statements(**query: Any) -> int:
        bob.get(URL, **query)
        with world.statements() as made:
            bob.get(URL, **query)
        return len(made)

    assert statements(page_size=1) <= 6
    assert statements(page_size=100) <= 6
    with world.statements() as made:
        bob.get(f"{URL}/unread-count")
    assert len(made) <= 4


class TestPreferences:
    """How somebody wants to hear."""

    def test_the_defaults_are_those_of_the_seed_with_quiet_hours_off(self, ann: Person) -> None:
        found = ann.get(f"{URL}/preferences").data
        assert found["id"] == ann.get(f"{URL}/preferences").data["id"]
        assert {name: found[name] for name in found if name not in ("id", "updated_at")} == {
            "user_id": ann.id,
            "email_on_task_assigned": True,
            "email_on_comment": True,
            "email_on_project_update": False,
            "in_app_notifications": True,
            "notification_frequency": "immediate",
            "digest_time": "08:00",
            "digest_weekday": "monday",
            "desktop_notifications": True,
            "sound_enabled": True,
            "quiet_hours": {"enabled": False, "start": "22:00", "end": "08:00"},
        }

    def test_a_change_is_merged_and_null_brings_the_default_back(self, ann: Person) -> None:
        url = f"{URL}/preferences"
        body = {"notification_frequency": "realtime", "quiet_hours": {"enabled": True, "start": "21:30"}}
        changed = ann.patch(url, body).data
        assert changed["updated_at"] is not None
        assert changed["notification_frequency"] == "immediate"
        assert changed["quiet_hours"] == {"enabled": True, "start": "21:30", "end": "08:00"}
        assert ann.patch(url, {"quiet_hours": {"end": "07:00"}}).data["quiet_hours"]["start"] == "21:30"
        assert ann.patch(url, {"quiet_hours": None}).data["quiet_hours"]["enabled"] is False
        assert ann.patch(url, {}).data == ann.get(url).data

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"notification_frequency": "yearly"}, "notification_frequency"),
            ({"quiet_hours": {"start": "24:00"}}, "quiet_hours.start"),
            ({"quiet_hours": {"end": "8:00"}}, "quiet_hours.end"),
            ({"digest_time": "noon"}, "digest_time"),
            ({"digest_weekday": "someday"}, "digest_weekday"),
            ({"email_on_everything": True}, "email_on_everything"),
        ],
        ids=["frequency", "late", "short", "noon", "weekday", "unknown"],
    )
    def test_what_cannot_be_is_named(self, ann: Person, body: Any, field: str) -> None:
        assert ann.patch(f"{URL}/preferences", body).faults == {field}


def test_old_ones_are_deleted_the_read_ones_sooner(world: World, bob: Person, recount: Make) -> None:
    bob.patch(f"{URL}/{bob.get(URL).data[0]['id']}/read", {})
    for days, left in ((89, 3), (2, 2), (88, 2), (2, 0)):
        world.clock.advance(days * 86400)
        run_job(world, "notifications", "forget_notifications")
        assert len(told(bob)) == left
        assert recount(bob) == (min(left, 2), min(left, 2))


def test_what_somebody_was_told_is_theirs_and_goes_with_them(world: World, bob: Person) -> None:
    bob.put(f"{URL}/mutes", {"type": "task_updated"})
    with world.kernel.db.read(Scope.system()) as reader:
        held = world.kernel.hooks.collect_user_data(reader, bob.id)["notifications"]
    assert [len(held["notifications"]), len(held["mutes"])] == [3, 1]
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.hooks.erase_user_data(uow, bob.id)
    assert told(bob) == []
    assert bob.get(f"{URL}/mutes").data == []
    assert bob.get(f"{URL}/unread-count").data == {"unread_count": 0}
