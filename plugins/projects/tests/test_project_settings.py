"""What a project decides for the work in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Conflict, Principal, Scope
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.testing import PatchSuite, Person, World
from pronaflow_projects.api import Projects, ProjectSettings
from pronaflow_projects.models import Project
from pronaflow_projects.settings.values import of, shown, to_store

URL = "/api/v1/projects"
DEFAULTS: dict[str, Any] = {
    "allow_comments_after_done": False,
    "allow_public_access": False,
    "default_task_status": None,
    "wip_limits": {},
    "statuses": None,
    "freeze_days": 0,
    "dependency_mode": None,
    "default_billable": False,
}
OTHERS: dict[str, Any] = {
    "allow_comments_after_done": True,
    "allow_public_access": True,
    "default_task_status": "todo",
    "wip_limits": {"in_progress": 3},
    "statuses": ["todo", "completed"],
    "freeze_days": 5,
    "dependency_mode": "block",
    "default_billable": True,
}


@pytest.fixture
def project(ann: Person) -> Any:
    """A project of ann's."""
    return ann.post(URL, {"workspace_id": ann.workspace_id, "name": "Website"}).data


@pytest.fixture
def settings(project: Any) -> str:
    """The address of its settings."""
    return f"{URL}/{project['id']}/settings"


@pytest.fixture
def told(world: World, ann: Person) -> Callable[[], list[Any]]:
    """The changes of settings in the ledger, in order."""
    statement = select(EventRow.changes).where(
        EventRow.workspace_id == SCOPE_WORKSPACE, EventRow.type == "project.settings_changed"
    )

    def read() -> list[Any]:
        with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
            return [row["changes"] for row in reader.all(statement.order_by(EventRow.seq))]

    return read


class TestSettings(PatchSuite):
    """The suite of everything that takes a PATCH; settings carry the version of their project."""

    patch: ClassVar[dict[str, Any]] = OTHERS
    clears: ClassVar[dict[str, Any]] = {
        name: value for name, value in OTHERS.items() if name not in ("statuses", "wip_limits")
    } | {"statuses": ["todo"], "wip_limits": {"todo": 1}}

    @pytest.fixture
    def record(self, project: Any) -> Any:
        return project

    def url(self, record: Any) -> str:
        return f"{URL}/{record['id']}/settings"

    def values(self, shown: Any) -> Any:
        return shown["settings"]


def test_a_new_project_has_the_defaults(ann: Person, project: Any, settings: str) -> None:
    shown = ann.get(settings).data
    assert (shown["id"], shown["project_id"]) == (project["id"], project["id"])
    assert shown["settings"] == DEFAULTS


def test_put_sets_what_it_names_and_brings_back_the_rest(ann: Person, settings: str) -> None:
    assert ann.patch(settings, OTHERS).data["settings"] == OTHERS
    assert ann.put(settings, {"freeze_days": 2}).data["settings"] == {**DEFAULTS, "freeze_days": 2}
    assert ann.put(settings, {}).data["settings"] == DEFAULTS


def test_limits_are_merged_one_by_one(ann: Person, settings: str) -> None:
    def limits(**wanted: Any) -> Any:
        return ann.patch(settings, {"wip_limits": wanted}).data["settings"]["wip_limits"]

    assert limits(todo=5) == {"todo": 5}
    assert limits(doing=2) == {"todo": 5, "in_progress": 2}
    assert limits() == {"todo": 5, "in_progress": 2}
    assert limits(todo=None) == {"in_progress": 2}


def test_words_for_statuses_are_answered_by_their_proper_names(ann: Person, settings: str) -> None:
    body = {
        "default_task_status": "Open",
        "statuses": ["to_do", "doing", "DONE"],
        "wip_limits": {"review": 1},
    }
    shown = ann.patch(settings, body).data["settings"]
    assert shown["default_task_status"] == "todo"
    assert shown["statuses"] == ["todo", "in_progress", "completed"]
    assert shown["wip_limits"] == {"in_review": 1}


def test_all_that_is_wrong_is_named(ann: Person, settings: str) -> None:
    shape = {
        "wip_limits": {"todo": 0},
        "freeze_days": -1,
        "dependency_mode": "maybe",
        "default_billable": 7,
        "nonsense": 1,
        "statuses": [],
    }
    assert {fault.split(".")[0] for fault in ann.patch(settings, shape).faults} == shape.keys()
    words = {
        "default_task_status": "sleeping",
        "wip_limits": {"todo": 1, "waiting": 1, "blocked": 2, "paused": 1},
        "statuses": ["todo", "walking", "new"],
    }
    for send in (ann.patch, ann.put):
        assert send(settings, words).faults == {
            "default_task_status",
            "wip_limits.blocked",
            "wip_limits.paused",
            "statuses.1",
            "statuses.2",
        }


def test_no_task_begins_as_finished_or_unseen(ann: Person, settings: str) -> None:
    assert ann.patch(settings, {"default_task_status": "done"}).faults == {"default_task_status"}
    hidden = {"default_task_status": "backlog", "statuses": ["todo", "completed"]}
    assert ann.patch(settings, hidden).faults == {"default_task_status"}


def test_a_change_is_told_and_no_change_is_not(
    ann: Person, settings: str, told: Callable[[], list[Any]]
) -> None:
    ann.patch(settings, {"freeze_days": 3, "wip_limits": {"todo": 2}})
    ann.patch(settings, {"freeze_days": 3})
    ann.patch(settings, {"freeze_days": None})
    assert told() == [
        {"freeze_days": {"old": 0, "new": 3}, "wip_limits": {"old": {}, "new": {"todo": 2}}},
        {"freeze_days": {"old": 3, "new": 0}},
    ]


def test_a_change_gives_the_project_a_new_version(ann: Person, project: Any, settings: str) -> None:
    known = {"If-Match": ann.get(f"{URL}/{project['id']}").headers["ETag"]}
    assert ann.patch(settings, {"freeze_days": 3}).data["version"] == project["version"] + 1
    assert ann.request("PATCH", settings, {"freeze_days": 4}, headers=known).status == 412


def test_settings_of_an_archived_project_stay(world: World, ann: Person, project: Any, settings: str) -> None:
    with acting(world, ann) as uow:
        uow.update(Project, uow.get(Project, project["id"]), {"lifecycle": "archived"})
    assert ann.get(settings).status == 200
    for send in (ann.patch, ann.put):
        reply = send(settings, {"freeze_days": 1})
        assert (reply.status, reply.error["details"]["project_status"]) == (409, "archived")


def test_a_task_without_a_status_gets_the_project_s(ann: Person, project: Any, settings: str) -> None:
    task = {"project_id": project["id"], "title": "x"}
    ann.patch(settings, {"default_task_status": "backlog"})
    assert ann.post("/api/v1/tasks", task).data["status"] == "backlog"
    ann.patch(settings, {"default_task_status": None})
    assert ann.post("/api/v1/tasks", task).data["status"] == "todo", "the workspace's"


def test_a_completed_project_takes_comments_only_where_it_says_so(
    world: World, ann: Person, project: Any, settings: str
) -> None:
    def takes(**what: bool) -> bool:
        projects = world.kernel.services.require(Projects)
        try:
            with acting(world, ann) as uow:
                return projects.editable(uow, project["id"], **what) is not None
        except Conflict:
            return False

    def becomes(status: str) -> None:
        body = {"status": status, "cancellation_reason": "r"}
        assert ann.patch(f"{URL}/{project['id']}/status", body).status == 200

    assert takes(comments=True) and takes()
    becomes("completed")
    assert not takes(comments=True)
    ann.patch(settings, {"allow_comments_after_done": True})
    assert takes(comments=True) and not takes()
    becomes("active")
    becomes("cancelled")
    assert not takes(comments=True)


def acting(world: World, person: Person) -> Any:
    """A unit of work of a person."""
    return world.kernel.db.write(Scope(Principal("user", person.id), person.workspace_id, "owner"))


def test_what_is_stored_is_what_differs() -> None:
    assert to_store(ProjectSettings()) == {}
    assert of({}) == ProjectSettings()
    assert shown(of(OTHERS)) == OTHERS
    assert to_store(of(OTHERS)) == OTHERS
