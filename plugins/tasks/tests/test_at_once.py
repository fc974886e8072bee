"""What holds whatever several people do with tasks at the same time (properties, on threads)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pronaflow_kernel.testing import Person, Reply, World

TASKS = "/api/v1/tasks"
THREADS = 4

few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

Call = tuple[str, str, Any]


def _at_once(world: World, person: Person, calls: Sequence[Call]) -> list[Reply]:
    """Send requests from several threads; their answers."""

    def send(call: Call) -> Reply:
        return Person(world.app.test_client(), person.token).request(*call)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(send, calls))


class Board:
    """Two projects with two lists and some tasks each.

    Arguments:
        ann: whose they are.
        size: how many tasks a project has.
    """

    def __init__(self, ann: Person, size: int) -> None:
        self.ann = ann
        self.projects = [ann.post("/api/v1/projects", {"name": "Board"}).data for _ in range(2)]
        self.lists: list[str] = []
        self.tasks: list[str] = []
        for project in self.projects:
            where = {"project_id": project["id"]}
            self.lists += [
                ann.post(f"{TASKS}/lists", {**where, "name": name}).data["id"] for name in ("One", "Two")
            ]
            items = [{"title": "x", "task_list_id": self.lists[-1 - n % 2]} for n in range(size)]
            made = ann.post(f"{TASKS}/bulk", {"action": "create", **where, "items": items}).data
            self.tasks += [row["id"] for row in made["results"]]

    def task(self, pick: int) -> str:
        """One of the tasks that it began with."""
        return self.tasks[pick % len(self.tasks)]

    def rows(self, **query: Any) -> list[Any]:
        """All tasks that a query finds."""
        page = self.ann.get(TASKS, page_size=100, **query)
        assert page.json["pagination"]["next_cursor"] is None
        return list(page.data)

    def check(self, counted: Any) -> None:
        """What holds of a board at any time."""
        seen: Counter[str] = Counter()
        for project in self.projects:
            rows = self.rows(project_id=project["id"])
            assert all(row["key"].startswith(f"{project['key']}-") for row in rows)
            kept, anew = counted(project["id"])
            assert kept == anew
            lists = self.ann.get(f"{TASKS}/lists", project_id=project["id"]).data
            for each in lists:
                inside = self.rows(task_list_id=each["id"], sort="rank")
                assert each["tasks_count"] == len(inside)
                assert [row["rank"] for row in inside] == sorted({row["rank"] for row in inside})
                seen.update(row["id"] for row in inside)
            assert {row["id"] for row in rows} <= seen.keys()
        assert set(seen.values()) <= {1}, "every task is in one list"


def _calls(board: Board) -> st.SearchStrategy[Call]:
    """Anything that one may do on a board."""
    picks = st.integers(0, 99)
    moves = st.fixed_dictionaries(
        {}, optional={"position": st.integers(0, 9), "task_list_id": st.sampled_from(board.lists)}
    )
    url = picks.map(board.task).map(lambda task: f"{TASKS}/{task}")
    project = st.sampled_from([each["id"] for each in board.projects])
    status = st.sampled_from(["todo", "done", "cancelled"])
    make = st.builds(
        lambda project, status: {"project_id": project, "title": "new", "status": status}, project, status
    )
    bulk = st.builds(
        lambda items: {"action": "create", "items": items}, st.lists(make, min_size=1, max_size=4)
    )
    away = st.builds(
        lambda ids, project: {"action": "move", "ids": ids, "data": {"project_id": project}},
        st.lists(picks.map(board.task), min_size=1, max_size=3, unique=True),
        project,
    )
    return st.one_of(
        st.tuples(st.just("POST"), url.map("{}/move".format), moves),
        st.tuples(st.just("POST"), url.map("{}/move".format), project.map(lambda one: {"project_id": one})),
        st.tuples(st.just("PATCH"), url.map("{}/status".format), status.map(lambda one: {"status": one})),
        st.tuples(st.just("DELETE"), url, st.none()),
        st.tuples(st.just("POST"), url.map("{}/restore".format), st.just({})),
        st.tuples(st.just("POST"), st.just(TASKS), make),
        st.tuples(st.just("POST"), st.just(f"{TASKS}/bulk"), st.one_of(bulk, away)),
    )


def test_whatever_is_done_at_once_the_board_is_whole(world: World, ann: Person, counted: Any) -> None:
    board = Board(ann, 6)

    @few
    @given(calls=st.lists(_calls(board), min_size=8, max_size=16))
    def run(calls: list[Call]) -> None:
        replies = _at_once(world, ann, calls)
        assert {reply.status for reply in replies} <= {200, 201, 404, 409}
        board.check(counted)

    run()


def test_numbers_have_no_gap_and_no_double(world: World, ann: Person) -> None:
    @few
    @given(sizes=st.lists(st.integers(0, 5), min_size=4, max_size=10), bad=st.integers(0, 4))
    def run(sizes: list[int], bad: int) -> None:
        project = ann.post("/api/v1/projects", {"name": "Board"}).data
        where = {"project_id": project["id"]}
        calls: list[Call] = []
        for size in sizes:
            items: list[Any] = [{"title": "x"}] * size + [{"title": "", "status": "done"}]
            if size == 0:
                calls.append(("POST", TASKS, {**where, "title": "x"}))
                calls.append(("POST", TASKS, {**where, "title": "x", "task_list_id": project["id"]}))
            else:
                body = {"action": "create", **where, "items": items, "atomic": size == bad}
                calls.append(("POST", f"{TASKS}/bulk", body))
        replies = _at_once(world, ann, calls)
        assert {reply.status for reply in replies} <= {200, 201, 422}
        rows = ann.get(TASKS, **where, page_size=100).data
        numbers = sorted(int(row["key"].rpartition("-")[2]) for row in rows)
        assert numbers == list(range(1, sum(size or 1 for size in sizes if size != bad or size == 0) + 1))

    run()


def test_every_acknowledged_move_was_true(world: World, ann: Person, project: Any) -> None:
    """Each is put right behind a task that stays: then only such are between them as were put there too."""

    @few
    @given(anchors=st.lists(st.integers(0, 2), min_size=6, max_size=6))
    def run(anchors: list[int]) -> None:
        made = ann.post(
            f"{TASKS}/bulk",
            {"action": "create", "project_id": project["id"], "items": [{"title": "x"}] * 9},
        ).data["results"]
        fixed, moving = [row["id"] for row in made[:3]], [row["id"] for row in made[3:]]
        wanted = {task: fixed[anchor] for task, anchor in zip(moving, anchors, strict=True)}
        calls: list[Call] = [
            ("POST", f"{TASKS}/{task}/move", {"after_task_id": anchor}) for task, anchor in wanted.items()
        ]
        assert {reply.status for reply in _at_once(world, ann, calls)} == {200}
        order = [
            row["id"] for row in ann.get(TASKS, project_id=project["id"], sort="rank", page_size=100).data
        ]
        behind = None
        for task in (task for task in order if task in {*fixed, *moving}):
            behind = task if task in fixed else behind
            assert task in fixed or wanted[task] == behind
        assert [task for task in order if task in fixed] == fixed
        ann.post(f"{TASKS}/bulk", {"action": "delete", "ids": fixed + moving})

    run()


def test_no_edit_is_lost(world: World, ann: Person, task: Any) -> None:
    values: dict[str, Any] = {
        "title": "t",
        "description": "d",
        "priority": "high",
        "estimated_hours": 2.0,
        "story_points": 3.0,
        "status": "in_progress",
        "due_date": "2026-04-01",
        "tags": ["ui"],
    }
    url = f"{TASKS}/{task['id']}"
    pending = dict(values)
    for _ in range(5):
        calls: list[Call] = [("PATCH", url, {name: value}) for name, value in pending.items()]
        calls.append(("POST", f"{url}/move", {"position": 0}))
        replies = _at_once(world, ann, calls)
        assert {reply.status for reply in replies} <= {200, 409}
        pending = {
            name: value
            for (name, value), reply in zip(pending.items(), replies, strict=False)
            if reply.status == 409  # asked to try again
        }
    shown = ann.get(url).data
    assert {name: shown[name] for name in values} == values


@pytest.mark.parametrize("path", ["", "/status", "/move"])
def test_of_those_who_read_the_same_version_one_writes(
    world: World, ann: Person, project: Any, task: Any, path: str
) -> None:
    url = f"{TASKS}/{task['id']}"
    ann.post(TASKS, {"project_id": project["id"], "title": "second"})
    tag = ann.get(url).headers["ETag"]
    method = "POST" if path == "/move" else "PATCH"
    bodies = {
        "": [{"title": "a"}, {"title": "b"}, {"priority": "low"}],
        "/status": [{"status": word} for word in ("doing", "done", "blocked")],
        "/move": [{"position": 1}, {"position": 1, "status": "done"}, {"position": 9, "status": "blocked"}],
    }[path]

    def send(body: Any) -> int:
        own = Person(world.app.test_client(), ann.token)
        return own.request(method, url + path, body, headers={"If-Match": tag}).status

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(send, bodies)) == [200, 412, 412]


def test_lists_keep_one_order(world: World, ann: Person, project: Any) -> None:
    where = {"project_id": project["id"]}
    made = [ann.post(f"{TASKS}/lists", {**where, "name": "x"}).data["id"] for _ in range(5)]
    calls: list[Call] = [("PATCH", f"{TASKS}/lists/{each}", {"order": 0}) for each in made]
    calls += [("POST", f"{TASKS}/lists", {**where, "name": "y", "order": 1}) for _ in range(3)]
    assert {reply.status for reply in _at_once(world, ann, calls)} <= {200, 201}
    orders = [row["order"] for row in ann.get(f"{TASKS}/lists", **where).data]
    assert orders == sorted(set(orders))
