"""There is one task for each day of a rule, whoever comes first and however the clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pronaflow_kernel.api import Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.recurrence.pattern import Pattern

TASKS = "/api/v1/tasks"
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def due(world: World) -> None:
    """What is done each hour."""
    (job,) = (job for job in world.kernel.contributions["tasks"].jobs if job.name == "repeat_due")
    with world.kernel.db.read(Scope.system()) as reader:
        job.run(reader, {})  # type: ignore[arg-type]


def series(person: Person, rule: dict[str, Any]) -> Any:
    """A project of its own, and in it the first task of a series, for 2 March."""
    number = len(person.get("/api/v1/projects", page_size=100).data)
    project = person.post("/api/v1/projects", {"name": f"P{number}", "key": f"P{number}"}).data
    body = {"project_id": project["id"], "title": "Water", "due_date": "2026-03-02"}
    task = person.post(TASKS, body).data
    assert person.put(f"{TASKS}/{task['id']}/recurrence", rule).status == 200
    return task


def made(person: Person, task: Any) -> list[Any]:
    """The tasks of a series, by the day they are for."""
    rows = person.get(TASKS, project_id=task["project_id"], page_size=100).data
    return sorted(rows, key=lambda row: str(row["occurrence_date"]))


RULES = [
    {"pattern": "daily"},
    {"pattern": "weekly", "weekdays": ["mon", "thu"]},
    {"pattern": "daily", "count": 4},
]

STEPS = st.lists(
    st.sampled_from(["complete", "complete an old one", "deliver", "look", "hour", "day", "week", "back"]),
    min_size=3,
    max_size=14,
)


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from(RULES), STEPS)
def test_once_whatever_comes_between(world: World, ann: Person, rule: Any, steps: list[str]) -> None:
    world.clock.set(MORNING)
    task = series(ann, rule)
    jumps = {
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(days=7),
        "back": -timedelta(days=2),
    }
    for step in steps:
        tasks = made(ann, task)
        if step in jumps:
            world.clock.set(max(MORNING, world.clock.now() + jumps[step]))
        elif step == "deliver":
            world.drain()
        elif step == "look":
            due(world)
        else:
            one = tasks[-1] if step == "complete" else tasks[0]
            ann.patch(f"{TASKS}/{one['id']}", {"status": "todo"})
            ann.patch(f"{TASKS}/{one['id']}", {"status": "done"})
    world.drain()
    due(world)
    tasks = made(ann, task)
    found = [date.fromisoformat(row["occurrence_date"]) for row in tasks]
    pattern = Pattern(rule["pattern"], found[0], 1, tuple(rule.get("weekdays", ())))
    assert len(found) == len(set(found)) <= rule.get("count", 100)
    assert set(found[1:]) <= set(pattern.between(found[0], found[-1]))
    shown = ann.get(f"{TASKS}/{task['id']}/recurrence").data
    assert (shown["task_id"], shown["tasks_made"]) == (tasks[-1]["id"], len(found))
    if shown["next_date"] is not None:
        assert date.fromisoformat(shown["next_date"]) == pattern.after(found[-1]) > world.clock.now().date()


@pytest.mark.parametrize("also", ["complete", "look"])
def test_both_at_once_make_one(world: World, ann: Person, also: str) -> None:
    """The event of a completion is delivered while one or two look for what has come due."""
    task = series(ann, {"pattern": "daily"})
    repeat = next(each for each in world.kernel.contributions["tasks"].subscribers if each.name == "repeat")
    world.clock.set(MORNING + timedelta(days=1))
    payload = {"task_id": task["id"], "recurrence_id": ann.get(f"{TASKS}/{task['id']}").data["recurrence_id"]}
    event: Any = type("Event", (), {"payload": payload})()
    together, failures = Barrier(3), list[BaseException]()
    one_writer = world.kernel.db.engines.write.dialect.name == "sqlite"

    def hear() -> None:
        if one_writer:
            together.wait(10)
        with world.kernel.db.write(Scope.system(ann.workspace_id), origin="system") as uow:
            if not one_writer:
                together.wait(10)
            repeat.run(uow, event)

    def look() -> None:
        together.wait(10)
        due(world)

    def noted(action: Any) -> None:
        try:
            action()
        except BaseException as failure:
            failures.append(failure)

    threads = [
        Thread(target=noted, args=(action,)) for action in (hear, look, hear if also == "complete" else look)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert [row["occurrence_date"] for row in made(ann, task)] == ["2026-03-02", "2026-03-03"]
