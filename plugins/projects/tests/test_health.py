"""How a project does: three measures, the worst of which counts, or what a manager says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_projects.api import Counts, Workload, Workloads
from pronaflow_projects.health import measures
from pronaflow_tasks.models import Task
from pronaflow_workspaces.api import Settings

URL = "/api/v1/projects"
TASKS = "/api/v1/tasks"


@pytest.fixture(autouse=True)
def _monday(world: World) -> None:
    """Each test begins on the same Monday."""
    world.clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def project(ann: Person) -> Any:
    """A project of ann's with a budget."""
    return ann.post(URL, {"name": "Website", "budget": 1000, "hourly_rate": 50}).data


def task(person: Person, project: Any, **values: Any) -> Any:
    """A task."""
    return person.post(TASKS, {"project_id": project["id"], "title": "Dig", **values}).data


def log(world: World, person: Person, task: Any, hours: float) -> None:
    """Hours worked on a task, wherever they are counted."""
    scope = Scope(Principal("user", person.id), person.workspace_id, "owner")
    with world.kernel.db.write(scope) as uow:
        uow.update(Task, uow.get(Task, task["id"]), {"actual_seconds": round(3600 * hours)})


def metrics(person: Person, project: Any) -> Any:
    """The answer."""
    return person.get(f"{URL}/{project['id']}/metrics").data


@pytest.mark.parametrize(
    ("overdue", "open_tasks", "status"),
    [(0, 0, "green"), (0, 10, "green"), (1, 10, "amber"), (1, 11, "amber"), (1, 9, "red"), (2, 10, "red")],
)
def test_the_bands_of_the_schedule(overdue: int, open_tasks: int, status: str) -> None:
    work = Workload(Counts(open_tasks + 5, 3, 2), overdue=overdue)
    assert measures.schedule(work) == status


@pytest.mark.parametrize(
    ("spent", "budget", "status"),
    [
        (0, None, "green"),
        (5, None, "green"),
        (89.99, 100, "green"),
        (90, 100, "amber"),
        (100, 100, "amber"),
        (100.01, 100, "red"),
        (0, 0, "green"),
        (0.01, 0, "red"),
    ],
)
def test_the_bands_of_the_budget(spent: float, budget: float | None, status: str) -> None:
    assert measures.budget(spent, budget) == status


@pytest.mark.parametrize(("used", "status"), [(0, "green"), (90, "green"), (90.1, "amber"), (100.1, "red")])
def test_the_bands_of_peoples_time(used: float, status: str) -> None:
    assert measures.people(used) == status


@pytest.mark.parametrize(
    ("end", "used"),
    [
        (date(2026, 3, 2), 200.0),  # one day of eight hours for each of two, and 32 to do
        (date(2026, 3, 3), 100.0),
        (date(2026, 3, 8), 50.0),  # Wednesday is a holiday, and the week ends on Friday
        (date(2026, 2, 1), 200.0),  # it is over, and one day is always left
    ],
)
def test_hours_until_the_end_are_those_of_the_workspace(end: date, used: float) -> None:
    lunch = {"start": "12:00", "end": "13:00"}
    settings = Settings(
        work_hours={"start": "09:00", "end": "18:00", "lunch": lunch},
        holidays=({"date": "2026-03-04", "name": None},),
    )
    work = Workload(remaining={"ann": 30.0, "bob": 2.0})
    assert measures.utilization(work, settings, date(2026, 3, 2), end) == used


def test_the_worst_counts() -> None:
    assert measures.worst("green", "red", "amber") == "red"
    assert measures.worst("green", "green") == "green"


def test_a_new_project_does_well(ann: Person, project: Any) -> None:
    assert (project["health_status"], project["on_track"], project["spent"]) == ("green", True, 0)
    shown = metrics(ann, project)
    assert shown["project_id"] == project["id"]
    assert (shown["health_status"], shown["is_overridden"], shown["override_reason"]) == (
        "green",
        False,
        None,
    )
    assert shown["metrics"] == {
        "schedule_health": {"status": "green", "progress": 0, "overdue": 0, "on_track": True},
        "budget_health": {"status": "green", "spent_percentage": 0, "spent": 0},
        "resource_health": {"status": "green", "utilization": 0},
    }


def test_overdue_tasks_are_those_that_are_open(ann: Person, project: Any) -> None:
    for _ in range(9):
        task(ann, project)
    task(ann, project, due_date="2026-03-02")
    assert metrics(ann, project)["metrics"]["schedule_health"]["status"] == "green", "it is due today"
    late = task(ann, project, due_date="2026-03-01")
    assert metrics(ann, project)["metrics"]["schedule_health"]["status"] == "amber"
    at_eight = task(ann, project, due_date="2026-03-02T08:00:00Z")
    task(ann, project, due_date="2026-03-02T10:00:00Z")
    shown = metrics(ann, project)
    assert shown["metrics"]["schedule_health"] == {
        "status": "red",
        "progress": 0,
        "overdue": 2,
        "on_track": False,
    }
    assert shown["health_status"] == "red"
    detail = ann.get(f"{URL}/{project['id']}").data
    assert (detail["health_status"], detail["on_track"]) == ("red", False)
    ann.patch(f"{TASKS}/{late['id']}/status", {"status": "completed"})
    ann.delete(f"{TASKS}/{at_eight['id']}")
    assert metrics(ann, project)["health_status"] == "green"


def test_money_is_logged_hours_at_the_rate(world: World, ann: Person, project: Any) -> None:
    done, open_ = task(ann, project), task(ann, project)
    log(world, ann, done, 10)
    log(world, ann, open_, 8.5)
    ann.patch(f"{TASKS}/{done['id']}/status", {"status": "completed"})
    shown = metrics(ann, project)["metrics"]["budget_health"]
    assert shown == {"status": "amber", "spent_percentage": 92.5, "spent": 925}
    assert ann.get(f"{URL}/{project['id']}").data["spent"] == 925
    ann.patch(f"{URL}/{project['id']}", {"hourly_rate": None})
    assert metrics(ann, project)["metrics"]["budget_health"]["spent"] == 0


def test_time_is_what_is_left_of_the_estimates(world: World, ann: Person, project: Any) -> None:
    ann.patch(f"{URL}/{project['id']}", {"end_date": "2026-03-03"})
    mine = task(ann, project, assigned_to=ann.id, estimated_hours=20)
    task(ann, project, estimated_hours=100)
    assert metrics(ann, project)["metrics"]["resource_health"] == {"status": "red", "utilization": 111.1}
    log(world, ann, mine, 15)
    assert metrics(ann, project)["metrics"]["resource_health"] == {"status": "green", "utilization": 27.8}
    log(world, ann, mine, 30)
    assert metrics(ann, project)["metrics"]["resource_health"]["utilization"] == 0


def test_money_is_shown_to_those_who_see_money(world: World, ann: Person, project: Any) -> None:
    log(world, ann, task(ann, project), 30)
    world.join(ann.workspace_id, cid := world.person("cid"), "member")
    shown = metrics(cid, project)
    nothing = dict.fromkeys(["status", "spent_percentage", "spent"])
    assert shown["metrics"]["budget_health"] == nothing
    assert shown["health_status"] == "red", "how it does is no secret"
    detail = cid.get(f"{URL}/{project['id']}").data
    assert [detail[name] for name in ("budget", "hourly_rate", "spent")] == [None, None, None]
    assert cid.get(URL, workspace_id=ann.workspace_id).data[0]["hourly_rate"] is None


def test_a_manager_may_say_otherwise_and_says_why(world: World, ann: Person, project: Any) -> None:
    url = f"{URL}/{project['id']}/health"
    assert ann.patch(url, {"health_status": "red"}).faults == {"reason"}
    assert ann.patch(url, {"reason": "x"}).faults == {"health_status"}
    assert ann.patch(url, {"health_status": "purple", "reason": "x"}).faults == {"health_status"}
    said = ann.patch(url, {"health_status": "at_risk", "reason": "The supplier is late"}).data
    assert (said["health_status"], said["override_reason"]) == ("amber", "The supplier is late")
    assert said["is_overridden"] is True
    assert said["metrics"]["schedule_health"]["status"] == "green"
    assert ann.get(f"{URL}/{project['id']}").data["health_status"] == "amber"
    back = ann.patch(url, {"health_status": None}).data
    assert (back["health_status"], back["is_overridden"], back["override_reason"]) == ("green", False, None)
    told = ann.get(f"{URL}/{project['id']}/activity", type="project.health_changed").data
    assert [entry["changes"]["health_override"]["new"] for entry in told] == [None, "amber"]
    ann.patch(f"{URL}/{project['id']}/status", {"status": "completed"})
    assert ann.patch(url, {"health_status": "red", "reason": "x"}).status == 409


def test_the_workload_is_one_statement_whatever_there_is(world: World, ann: Person, project: Any) -> None:
    service = world.kernel.services.require(Workloads)
    scope = Scope(Principal("user", ann.id), ann.workspace_id, "owner")
    for number in range(3):
        task(ann, project, estimated_hours=number, assigned_to=ann.id)
    task(ann, project, due_date="2026-03-01")
    with world.kernel.db.read(scope) as reader, world.statements() as seen:
        work = service.workload(reader, project["id"], with_logged=True)
    assert len(seen) == 1
    assert work == Workload(Counts(4), overdue=1, logged=0, remaining={ann.id: 3.0})
    log(world, ann, task(ann, project), 2)
    with world.kernel.db.read(scope) as reader:
        logged = [service.workload(reader, project["id"], with_logged=w).logged for w in (True, False)]
    assert logged == [2, 0]


def test_a_detail_asks_the_calendar_only_where_it_must(world: World, ann: Person, project: Any) -> None:
    def statements() -> int:
        ann.get(f"{URL}/{project['id']}")
        with world.statements() as seen:
            ann.get(f"{URL}/{project['id']}")
        return len(seen)

    usual = statements()
    task(ann, project, assigned_to=ann.id, estimated_hours=5)
    assert statements() == usual
    ann.patch(f"{URL}/{project['id']}", {"end_date": "2026-03-20"})
    assert statements() == usual + 1
