"""Which task waits for which (modules.md 4.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.patches import PatchSuite
from pronaflow_tasks.api import Tasks
from pronaflow_tasks.dependencies import service as dependency_service

TASKS = "/api/v1/tasks"
LINKS = f"{TASKS}/dependencies"

Make = Callable[..., Any]


@pytest.fixture
def make(ann: Person, project: Any) -> Make:
    """Makes a task of ann's: `make("Build", status="done")`."""

    def made(title: str = "Task", **values: Any) -> Any:
        return ann.post(TASKS, {"project_id": project["id"], "title": title, **values}).data

    return made


@pytest.fixture
def elsewhere(ann: Person) -> Callable[..., Any]:
    """Makes a project of ann's, private unless said otherwise."""

    def made(key: str = "OPS", **values: Any) -> Any:
        body = {"name": key, "key": key, "visibility": "private", **values}
        return ann.post("/api/v1/projects", body).data

    return made


def link(person: Person, task: Any, predecessor: Any, **values: Any) -> Any:
    """The reply to linking two tasks."""
    body = {"depends_on_task_id": predecessor["id"], **values}
    return person.post(f"{TASKS}/{task['id']}/dependencies", body)


class TestLinks(PatchSuite):
    """A link by itself."""

    patch = {"dependency_type": "SS", "lag_days": -3}

    @pytest.fixture
    def record(self, ann: Person, make: Make) -> Any:
        """Task WEB-2 depends on WEB-1."""
        first, second = make("First"), make("Second")
        return link(ann, second, first).data

    def url(self, record: Any) -> str:
        """See `PatchSuite`."""
        return f"{LINKS}/{record['id']}"

    def test_it_names_both_ends(self, ann: Person, record: Any) -> None:
        assert ann.get(self.url(record)).data == record
        assert record["dependency_id"] == record["id"]
        assert (record["dependency_type"], record["lag_days"], record["is_broken"]) == ("FS", 0, False)
        assert (record["predecessor"]["key"], record["successor"]["key"]) == ("WEB-1", "WEB-2")
        assert record["predecessor"]["task_id"] == record["depends_on_task_id"]

    def test_it_is_announced(self, ann: Person, record: Any, events: Any) -> None:
        ann.patch(self.url(record), {"lag_days": 2})
        ann.patch(self.url(record), {"lag_days": 2})
        assert ann.delete(self.url(record)).json["message"] == "Dependency deleted"
        told = events(record["id"])
        assert [row["type"] for row in told] == [
            "dependency.created",
            "dependency.updated",
            "dependency.deleted",
        ]
        assert told[1]["changes"] == {"lag_days": {"old": 0, "new": 2}}
        assert {row["container_id"] for row in told} == {record["project_id"]}

    def test_what_is_deleted_is_gone(self, ann: Person, record: Any) -> None:
        ann.delete(self.url(record))
        for reply in (
            ann.get(self.url(record)),
            ann.patch(self.url(record), {}),
            ann.delete(self.url(record)),
        ):
            assert reply.status == 404

    def test_a_stranger_cannot_tell_it_from_nothing(self, bob: Person, record: Any) -> None:
        for link_id in (record["id"], new_id()):
            for method in ("GET", "PATCH", "DELETE"):
                reply = bob.request(method, f"{LINKS}/{link_id}", {} if method == "PATCH" else None)
                assert reply.status == 404

    def test_it_is_shown_by_its_task(self, world: World, ann: Person, record: Any) -> None:
        ann.get(f"{TASKS}/{record['task_id']}")
        with world.statements() as seen:
            shown = ann.get(f"{TASKS}/{record['task_id']}").data["dependencies"]
        expected = {name: record[name] for name in ("id", "dependency_id", "depends_on_task_id", "lag_days")}
        assert shown == [{**expected, "dependency_type": "FS"}]
        assert len(seen) <= 4
        assert ann.get(f"{TASKS}/{record['depends_on_task_id']}").data["dependencies"] == []

    def test_making_and_reading_cost_few_statements(self, world: World, ann: Person, make: Make) -> None:
        one, two = make(), make()
        with world.statements() as made:
            record = link(ann, two, one).data
        with world.statements() as shown:
            ann.get(self.url(record))
        with world.statements() as listed:
            ann.get(f"{TASKS}/{two['id']}/dependencies")
        assert (len(made) <= 12, len(shown) <= 4, len(listed) <= 6) == (True,) * 3, (
            len(made),
            len(shown),
            len(listed),
        )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("finish_to_start", "FS"),
        ("start_to_start", "SS"),
        ("Finish_To_Finish", "FF"),
        ("start_to_finish", "SF"),
        ("ff", "FF"),
    ],
)
def test_types_have_long_names(ann: Person, make: Make, written: str, meant: str) -> None:
    one, two = make(), make()
    assert link(ann, two, one, dependency_type=written).data["dependency_type"] == meant


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"lag_days": 3651}, {"lag_days"}),
        ({"lag_days": -3651}, {"lag_days"}),
        ({"lag_days": 1.5}, {"lag_days"}),
        ({"dependency_type": "XX"}, {"dependency_type"}),
        ({"dependency_type": None}, {"dependency_type"}),
        ({"depends_on_task_id": None}, {"depends_on_task_id"}),
        ({"depends_on_task_id": "x"}, {"depends_on_task_id"}),
        ({"depends_on_task_id": "019b0000-0000-7000-8000-000000000000"}, {"depends_on_task_id"}),
        ({"task_id": "x"}, {"task_id"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, set) else None,
)
def test_bad_links_are_refused(ann: Person, make: Make, values: Any, faults: set[str]) -> None:
    one, two = make(), make()
    assert link(ann, two, one, **values).faults == faults


def test_lag_reaches_ten_years(ann: Person, make: Make) -> None:
    one, two = make(), make()
    made = link(ann, two, one, lag_days=3650).data
    assert ann.patch(f"{LINKS}/{made['id']}", {"lag_days": -3650}).data["lag_days"] == -3650


def test_two_tasks_are_linked_once(ann: Person, make: Make) -> None:
    one, two = make(), make()
    link(ann, two, one)
    reply = link(ann, two, one, dependency_type="SS")
    assert (reply.status, reply.error["details"]) == (409, {"field": "depends_on_task_id"})


def test_a_task_lists_both_directions(ann: Person, make: Make) -> None:
    one, two, three = make(), make(), make()
    before, after = link(ann, two, one).data, link(ann, three, two).data
    found = ann.get(f"{TASKS}/{two['id']}/dependencies").data
    assert found == {
        "predecessors": [before],
        "successors": [after],
        "hidden_predecessors": 0,
        "hidden_successors": 0,
    }


def test_a_task_has_so_many_links_and_no_more(
    ann: Person, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependency_service, "MOST", 2)
    tasks = [make() for _ in range(4)]
    assert [link(ann, tasks[0], other).status for other in tasks[1:]] == [201, 201, 422]
    assert [link(ann, make(), tasks[3]).status for _ in range(3)] == [201, 201, 422]


class TestCircles:
    """No task waits for itself, whichever way round."""

    def test_for_itself(self, ann: Person, task: Any) -> None:
        reply = link(ann, task, task)
        expected = {"reason": "circular_dependency", "path": ["WEB-1", "WEB-1"]}
        assert (reply.status, reply.error["code"], reply.error["details"]) == (409, "CONFLICT", expected)

    @pytest.mark.parametrize("kind", ["FS", "SS", "FF", "SF"])
    def test_through_others_whatever_the_types(self, ann: Person, make: Make, kind: str) -> None:
        one, two, three = make(), make(), make()
        link(ann, two, one, dependency_type=kind)
        link(ann, three, two, dependency_type="FS")
        reply = link(ann, one, three, dependency_type=kind)
        expected = {"reason": "circular_dependency", "path": ["WEB-1", "WEB-3", "WEB-2", "WEB-1"]}
        assert (reply.status, reply.error["details"]) == (409, expected)

    def test_several_ways_to_one_task_are_none(self, ann: Person, make: Make) -> None:
        one, two, three, four = make(), make(), make(), make()
        pairs = [(two, one), (three, one), (four, two), (four, three), (four, one)]
        assert [link(ann, *pair).status for pair in pairs] == [201] * 5

    def test_through_a_project_that_the_caller_does_not_see(
        self, ann: Person, make: Make, elsewhere: Any, colleague: Any, project: Any
    ) -> None:
        hidden = ann.post(TASKS, {"project_id": elsewhere()["id"], "title": "Secret"}).data
        one, two = make(), make()
        link(ann, hidden, one)
        link(ann, two, hidden)
        member = colleague(project["id"], "member")
        reply = link(member, one, two)
        assert (reply.status, reply.error["details"]["path"]) == (409, ["WEB-1", "WEB-2", "WEB-1"])
        assert link(ann, one, two).error["details"]["path"] == ["WEB-1", "WEB-2", "OPS-1", "WEB-1"]

    def test_what_is_in_the_trash_still_counts(self, ann: Person, make: Make) -> None:
        one, two, three = make(), make(), make()
        link(ann, two, one)
        link(ann, three, two)
        ann.delete(f"{TASKS}/{two['id']}")
        assert link(ann, one, three).error["details"]["path"] == ["WEB-1", "WEB-3", "WEB-1"]


class TestAcrossProjects:
    """View on the predecessor, edit on the successor."""

    def test_who_sees_the_predecessor_links_it(
        self, ann: Person, task: Any, elsewhere: Any, colleague: Any
    ) -> None:
        public = elsewhere(visibility="public")
        member = colleague(public["id"], "member")
        mine = member.post(TASKS, {"project_id": public["id"], "title": "Mine"}).data
        made = link(member, mine, task)
        assert (made.status, made.data["predecessor"]["key"], made.data["project_id"]) == (
            201,
            "WEB-1",
            public["id"],
        )
        assert link(member, task, mine).status == 403

    def test_a_predecessor_that_one_does_not_see_is_none(
        self, ann: Person, task: Any, elsewhere: Any, colleague: Any, project: Any
    ) -> None:
        hidden = ann.post(TASKS, {"project_id": elsewhere()["id"], "title": "Secret"}).data
        member = colleague(project["id"], "member")
        theirs, nothing = link(member, task, hidden), link(member, task, {"id": new_id()})
        assert theirs.status == nothing.status == 422
        assert theirs.error["details"] == nothing.error["details"]

    def test_links_to_hidden_tasks_are_counted_not_named(
        self, ann: Person, make: Make, elsewhere: Any, colleague: Any, project: Any
    ) -> None:
        hidden = elsewhere()["id"]
        secret, other = (ann.post(TASKS, {"project_id": hidden, "title": "Secret"}).data for _ in range(2))
        task = make()
        made = link(ann, task, secret).data
        link(ann, other, task)
        member = colleague(project["id"], "member")
        reply = member.get(f"{TASKS}/{task['id']}/dependencies")
        assert reply.data == {
            "predecessors": [],
            "successors": [],
            "hidden_predecessors": 1,
            "hidden_successors": 1,
        }
        assert member.get(f"{TASKS}/{task['id']}").data["dependencies"] == []
        alone = member.get(f"{LINKS}/{made['id']}").data
        assert (alone["predecessor"], alone["depends_on_task_id"]) == (None, None)
        assert alone["successor"]["key"] == task["key"]

    def test_the_trash_hides_a_link_and_breaks_one_from_another_project(
        self, ann: Person, make: Make, elsewhere: Any
    ) -> None:
        one, two = make(), make()
        far = ann.post(TASKS, {"project_id": elsewhere()["id"], "title": "Far"}).data
        inner, outer = link(ann, two, one).data, link(ann, far, one).data
        ann.delete(f"{TASKS}/{one['id']}")
        assert ann.get(f"{LINKS}/{inner['id']}").status == 404
        assert ann.get(f"{LINKS}/{outer['id']}").data["is_broken"] is True
        assert ann.get(f"{TASKS}/{two['id']}/dependencies").data["predecessors"] == []
        assert ann.get(f"{TASKS}/{far['id']}").data["dependencies"] == []
        ann.post(f"{TASKS}/{one['id']}/restore", {})
        assert ann.get(f"{LINKS}/{inner['id']}").data == inner
        assert ann.get(f"{LINKS}/{outer['id']}").data == outer

    def test_a_link_hides_with_its_successor(self, ann: Person, make: Make) -> None:
        one, two = make(), make()
        made = link(ann, two, one).data
        ann.delete(f"{TASKS}/{two['id']}")
        assert ann.get(f"{LINKS}/{made['id']}").status == 404
        assert ann.get(f"{TASKS}/{one['id']}/dependencies").data["successors"] == []

    def test_a_task_takes_its_links_along(self, ann: Person, make: Make, elsewhere: Any) -> None:
        one, two, three = make(), make(), make()
        before, after = link(ann, two, one).data, link(ann, three, two).data
        there = elsewhere()["id"]
        reply = ann.post(f"{TASKS}/{two['id']}/move", {"project_id": there})
        assert "warnings" not in reply.data
        found = ann.get(f"{TASKS}/{two['id']}/dependencies").data
        assert [row["id"] for row in found["predecessors"]] == [before["id"]]
        assert [row["id"] for row in found["successors"]] == [after["id"]]
        assert found["predecessors"][0]["project_id"] == there

    def test_links_to_what_the_mover_does_not_see_are_cut(
        self, ann: Person, make: Make, elsewhere: Any, colleague: Any, project: Any, events: Any
    ) -> None:
        secret = ann.post(TASKS, {"project_id": elsewhere()["id"], "title": "Secret"}).data
        open_to_both = elsewhere("PUB", visibility="public")
        manager = colleague(project["id"], "manager")
        body = {"user_id": manager.id, "role": "member"}
        ann.post(f"/api/v1/projects/{open_to_both['id']}/members", body)
        task, other = make(), make()
        kept, cut = link(ann, task, other).data, link(ann, task, secret).data
        reply = manager.post(f"{TASKS}/{task['id']}/move", {"project_id": open_to_both["id"]})
        assert reply.data["warnings"] == [
            "Dependencies between it and tasks that you do not see were deleted: 1."
        ]
        found = ann.get(f"{TASKS}/{task['id']}/dependencies").data
        assert [row["id"] for row in found["predecessors"]] == [kept["id"]]
        assert events(cut["id"])[-1]["type"] == "dependency.deleted"


class TestRights:
    """Row "dependencies" of modules.md 3.4."""

    @pytest.mark.parametrize(
        ("mode", "role", "status"),
        [
            ("simple", "member", 201),
            ("simple", "viewer", 403),
            ("strict", "member", 403),
            ("strict", "planner", 201),
        ],
    )
    def test_who_links(self, ann: Person, colleague: Any, mode: str, role: str, status: int) -> None:
        body = {"name": "X", "key": "XX", "governance_mode": mode}
        project = ann.post("/api/v1/projects", body).data["id"]
        one, two, three = (ann.post(TASKS, {"project_id": project, "title": str(n)}).data for n in range(3))
        made = link(ann, two, one).data
        person = colleague(project, role)
        assert link(person, three, one).status == status
        assert person.patch(f"{LINKS}/{made['id']}", {"lag_days": 1}).status == (
            status if status > 300 else 200
        )
        assert person.delete(f"{LINKS}/{made['id']}").status == (status if status > 300 else 200)

    def test_a_project_on_hold_takes_none(self, ann: Person, make: Make, project: Any) -> None:
        one, two = make(), make()
        ann.patch(f"/api/v1/projects/{project['id']}/status", {"status": "on_hold"})
        assert link(ann, two, one).error["details"] == {"project_status": "on_hold"}


def test_plugins_read_what_a_project_depends_on(
    world: World, ann: Person, make: Make, elsewhere: Any, acting: Any, tasks: Tasks
) -> None:
    one, two, three = make(), make(), make()
    far = ann.post(TASKS, {"project_id": elsewhere()["id"], "title": "Far"}).data
    made = [link(ann, two, one, lag_days=2).data, link(ann, three, far).data, link(ann, far, one).data]
    link(ann, three, two)
    ann.delete(f"{TASKS}/{two['id']}")
    with acting(ann) as uow, world.statements() as seen:
        assert [row["id"] for row in tasks.dependencies(uow, one["project_id"])] == [made[1]["id"]]
    ann.post(f"{TASKS}/{two['id']}/restore", {})
    with acting(ann) as uow:
        rows = tasks.dependencies(uow, one["project_id"])
    assert len(seen) == 1 and rows[0] == {
        "id": made[0]["id"],
        "task_id": two["id"],
        "depends_on_task_id": one["id"],
        "dependency_type": "FS",
        "lag_days": 2,
        "predecessor_project_id": one["project_id"],
    }
    assert [row["predecessor_project_id"] for row in rows[1:]] == [far["project_id"], two["project_id"]]
