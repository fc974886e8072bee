"""Keys without gaps and totals that stay right, whatever happens and however many at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pronaflow_kernel.testing import Person, World
from pronaflow_tasks.api import STATUSES, Tasks

TASKS = "/api/v1/tasks"
THREADS = 8


def _at_once(world: World, person: Person, calls: list[tuple[str, str, Any]]) -> list[int]:
    """Send requests from several threads; the statuses of their answers."""

    def send(call: tuple[str, str, Any]) -> int:
        method, path, body = call
        own = Person(world.app.test_client(), person.token)
        return own.request(method, path, body).status

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(send, calls))


def test_twenty_creates_at_once_leave_no_gap(
    world: World, ann: Person, project: Any, counted: Callable[[str], Any]
) -> None:
    body = {"project_id": project["id"], "title": "x", "tags": ["one", "two"]}
    assert _at_once(world, ann, [("POST", TASKS, body)] * 20) == [201] * 20
    rows = ann.get(TASKS, project_id=project["id"], page_size=100).data
    assert sorted(int(row["key"].removeprefix("WEB-")) for row in rows) == list(range(1, 21))
    assert len({row["task_list_id"] for row in rows}) == 1, "one default list"
    assert len({row["rank"] for row in rows}) == 20
    assert [row["tags"] for row in rows] == [["one", "two"]] * 20
    kept, anew = counted(project["id"])
    assert kept == anew


def test_a_refused_create_takes_no_number(ann: Person, project: Any) -> None:
    body = {"project_id": project["id"], "title": "x"}
    assert ann.post(TASKS, {**body, "task_list_id": project["id"]}).faults == {"task_list_id"}
    assert ann.post(TASKS, body).data["key"] == "WEB-1"


def test_changes_of_status_at_once_lose_no_count(
    world: World, ann: Person, project: Any, counted: Callable[[str], Any]
) -> None:
    made = [ann.post(TASKS, {"project_id": project["id"], "title": "x"}).data["id"] for _ in range(4)]
    words = ("completed", "cancelled", "todo", "completed", "in_progress")
    calls = [("PATCH", f"{TASKS}/{task}/status", {"status": word}) for word in words for task in made]
    calls += [("DELETE", f"{TASKS}/{made[0]}", None), ("POST", f"{TASKS}/{made[1]}/move", {"position": 1})]
    answers = _at_once(world, ann, calls)
    assert set(answers) <= {200, 404, 409}, answers
    kept, anew = counted(project["id"])
    assert kept == anew


def test_moves_to_and_fro_at_once_lose_no_count(
    world: World, ann: Person, project: Any, counted: Callable[[str], Any]
) -> None:
    other = ann.post("/api/v1/projects", {"name": "Other", "key": "OTH"}).data["id"]
    made = [ann.post(TASKS, {"project_id": p, "title": "x"}).data["id"] for p in (project["id"], other) * 2]
    calls = [
        ("POST", f"{TASKS}/{task}/move", {"project_id": target})
        for target in (other, project["id"], other)
        for task in made
    ]
    assert set(_at_once(world, ann, calls)) <= {200, 409}
    for place in (project["id"], other):
        kept, anew = counted(place)
        assert kept == anew


def test_who_deletes_a_list_waits_for_who_fills_it(
    world: World, ann: Person, project: Any, task: Any, acting: Any, tasks: Tasks
) -> None:
    target = ann.post(f"{TASKS}/lists", {"project_id": project["id"], "name": "Doing"}).data["id"]
    call = ("DELETE", f"{TASKS}/lists/{target}", None)
    with ThreadPoolExecutor(1) as pool:
        with acting(ann) as uow:
            tasks.update(uow, task["id"], {"task_list_id": target})
            deletion = pool.submit(_at_once, world, ann, [call])
            wait([deletion], timeout=0.5)
            assert not deletion.done()
        assert deletion.result() == [409]
    assert ann.get(f"{TASKS}/lists/{target}").data["tasks_count"] == 1


class _Board(RuleBasedStateMachine):
    """Random work on two projects; after each step the counters equal a count of the tasks."""

    ann: Person
    counted: Callable[[str], tuple[Any, Any]]

    @initialize()
    def projects(self) -> None:
        self.projects_ids = [
            self.ann.post("/api/v1/projects", {"name": "Board"}).data["id"] for _ in range(2)
        ]
        self.here: list[str] = []
        self.gone: list[str] = []

    @rule(which=st.integers(0, 1), status=st.sampled_from(STATUSES))
    def create(self, which: int, status: str) -> None:
        body = {"project_id": self.projects_ids[which], "title": "x", "status": status}
        self.here.append(self.ann.post(TASKS, body).data["id"])

    @rule(pick=st.integers(0), status=st.sampled_from(STATUSES))
    def change(self, pick: int, status: str) -> None:
        if self.here:
            url = f"{TASKS}/{self.here[pick % len(self.here)]}/status"
            assert self.ann.patch(url, {"status": status}).status == 200

    @rule(pick=st.integers(0), which=st.integers(0, 1), position=st.none() | st.integers(0, 9))
    def move(self, pick: int, which: int, position: int | None) -> None:
        if self.here:
            body = {"project_id": self.projects_ids[which]} | (
                {} if position is None else {"position": position}
            )
            url = f"{TASKS}/{self.here[pick % len(self.here)]}/move"
            assert self.ann.post(url, body).status == 200

    @rule(pick=st.integers(0))
    def trash(self, pick: int) -> None:
        if self.here:
            task = self.here.pop(pick % len(self.here))
            assert self.ann.delete(f"{TASKS}/{task}").status == 200
            self.gone.append(task)

    @rule(pick=st.integers(0))
    def restore(self, pick: int) -> None:
        if self.gone:
            task = self.gone.pop(pick % len(self.gone))
            reply = self.ann.post(f"{TASKS}/{task}/restore")
            if reply.status == 409:  # its list went to the trash, too, and must come back first
                assert reply.error["details"]["parent"]
                self.gone.append(task)
            else:
                assert reply.status == 200
                self.here.append(task)

    @rule(which=st.integers(0, 1))
    def drop_a_list(self, which: int) -> None:
        lists = self.ann.get(f"{TASKS}/lists", project_id=self.projects_ids[which]).data
        if lists:
            inside = self.ann.get(TASKS, task_list_id=lists[0]["id"], page_size=100).data
            assert self.ann.delete(f"{TASKS}/lists/{lists[0]['id']}", force="true").status == 200
            self.gone += [row["id"] for row in inside]
            self.here = [task for task in self.here if task not in self.gone]

    @invariant()
    def counters_are_right(self) -> None:
        if not hasattr(self, "here"):
            return
        total = 0
        for project in self.projects_ids:
            kept, anew = self.counted(project)
            assert kept == anew
            total += kept["total"]
        assert total == len(self.here)


def test_random_work_keeps_the_counters_right(ann: Person, counted: Any, request: Any) -> None:
    machine = type("Board", (_Board,), {"ann": ann, "counted": staticmethod(counted)})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("shown", ["tasks_count", "tasks_completed", "progress"])
def test_projects_show_the_counts(ann: Person, project: Any, shown: str) -> None:
    for status in ("todo", "done", "done", "cancelled"):
        ann.post(TASKS, {"project_id": project["id"], "title": "x", "status": status})
    expected = {"tasks_count": 4, "tasks_completed": 2, "progress": 66}
    assert ann.get(f"/api/v1/projects/{project['id']}").data[shown] == expected[shown]
