"""Making tasks, one or thousands, by the same rules and with the same few statements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Problem,
    Row,
    UnitOfWork,
    ValidationFailed,
    invalid,
    new_id,
)
from pronaflow_projects.api import ProjectInfo

from . import counters, externals, queries, rules, tags
from .counters import Delta
from .events import LIST_CREATED, TASK_COMPLETED, TASK_CREATED, list_payload, task_payload
from .models import SEARCH, Task, TaskList

_BLANK: dict[str, Any] = {
    "description": None,
    "status": "todo",
    "priority": "medium",
    "assigned_to": None,
    "start_date": None,
    "due_date": None,
    "due_at": None,
    "started_at": None,
    "completed_at": None,
    "estimated_hours": None,
    "actual_hours": 0,
    "story_points": None,
    "is_milestone": False,
    "progress": 0,
    "task_list_id": None,
}

DEFAULT_LIST = "General"
"""Name of the list that takes the tasks which name none (modules.md 0.2.7)."""


class Creator:
    """Makes tasks.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._hooks = ctx.hooks

    def create(
        self, uow: UnitOfWork, project: ProjectInfo, rows: Sequence[Mapping[str, Any]], *, indexed: bool
    ) -> list[Row]:
        """Store tasks in one project; the answer is them as shown, in the same order.

        Arguments:
            rows: values as `api.Tasks.create` takes them.
            indexed: whether a fault names its row, as `<index>.<field>`.

        Raises:
            ValidationFailed, Conflict: see `api.Tasks`.
        """
        tasks = [_prepared(uow, values) for values in rows]
        people = _people(uow, project.id, tasks)
        _refuse(tasks, indexed, lambda task: _faults(task, people))
        for task in tasks:
            self._hooks.check_change(uow, "task", None, task)
        place_all(uow, project, tasks, indexed)
        columns = Task.__table__.c.keys()
        stored = uow.insert_many(Task, [{k: task[k] for k in columns if k in task} for task in tasks])
        _index(uow, stored)
        names = tags.link(uow, {task["id"]: task["tags"] for task in tasks if task.get("tags")})
        externals.add(uow, tasks)
        for row in stored:
            _announce(uow, row)
        return [_as_shown(row, people, names) for row in stored]


def _prepared(uow: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row but for its place in the project, with what its values entail."""
    found = rules.with_milestone(None, rules.with_effects(None, rules.with_days(values), uow.now))
    return {**_BLANK, "created_by": uow.scope.principal.user_id, **found, "id": new_id()}


def _faults(task: Row, people: Mapping[str, Row]) -> list[Problem]:
    problems = rules.faults(task)
    if task["assigned_to"] is not None and task["assigned_to"] not in people:
        problems.append(Problem("assigned_to", "Not a member of the project.", "not_a_member"))
    return problems


def _refuse(tasks: Sequence[Row], indexed: bool, faults: Callable[[Row], list[Problem]]) -> None:
    """Name all that is wrong with any of the tasks, if anything is."""
    problems = [
        Problem(f"{index}.{problem.field}" if indexed else problem.field, problem.message, problem.code)
        for index, task in enumerate(tasks)
        for problem in faults(task)
    ]
    if problems:
        raise ValidationFailed(problems)


def _people(uow: UnitOfWork, project_id: str, tasks: Sequence[Row]) -> dict[str, Row]:
    return members(uow, project_id, {task["assigned_to"] for task in tasks} - {None})


def members(uow: UnitOfWork, project_id: str, user_ids: set[Any]) -> dict[str, Row]:
    """Those of some users who are members of a project, by id; no statement for nobody."""
    if not user_ids:
        return {}
    rows = uow.all(queries.MEMBERS, project_id=project_id, ids=sorted(user_ids))
    return {row["user_id"]: row for row in rows}


def place_all(uow: UnitOfWork, project: ProjectInfo, tasks: Sequence[Row], indexed: bool = False) -> None:
    """Give tasks their numbers, keys, positions and lists.

    The counter row comes first: whoever holds it is alone with the project's lists and keys.

    Raises:
        ValidationFailed: a list that is not the project's.
        Conflict: a list that is archived.
    """
    count = len(tasks)
    delta = sum((Delta.of(task["status"]) for task in tasks), Delta(numbers=count, places=count))
    counted = counters.add(uow, project.id, delta)
    number, position = counted["last_number"] - count, counted["last_position"] - count
    wanted = {task["task_list_id"] for task in tasks} - {None, counted["default_list_id"]}
    lists = lists_of(uow, project.id, wanted)
    known = {None, counted["default_list_id"], *lists}
    _refuse(tasks, indexed, lambda task: _list_faults(task, known))
    default = counted["default_list_id"]
    if default is None and any(task["task_list_id"] is None for task in tasks):
        default = make_default_list(uow, project.id)
    for step, task in enumerate(tasks, start=1):
        task["project_id"] = project.id
        task["number"] = number + step
        task["key"] = f"{project.key}-{task['number']}"
        task["position"] = position + step
        task["task_list_id"] = task["task_list_id"] or default


def lists_of(uow: UnitOfWork, project_id: str, list_ids: set[Any]) -> dict[str, Row]:
    """Those of some lists that are a project's, by id; no statement for none.

    Raises:
        Conflict: one of them is archived.
    """
    rows = uow.all(queries.LISTS_AMONG, ids=sorted(list_ids)) if list_ids else []
    found = {row["id"]: row for row in rows if row["project_id"] == project_id}
    for row in found.values():
        if row["is_archived"]:
            raise Conflict("The task list is archived", details={"task_list_id": row["id"]})
    return found


def project_of_list(uow: UnitOfWork, list_id: str) -> str:
    """The project of a list that is not in the trash.

    Raises:
        ValidationFailed: there is no such list.
    """
    rows = uow.all(queries.LISTS_AMONG, ids=[list_id])
    if not rows:
        raise no_such_list()
    return str(rows[0]["project_id"])


def no_such_list() -> ValidationFailed:
    """The refusal of a list that does not exist, or that the caller may not see."""
    return invalid("task_list_id", "There is no such list.", "not_found")


def _list_faults(task: Row, known: Collection[str | None]) -> list[Problem]:
    if task["task_list_id"] in known:
        return []
    return [Problem("task_list_id", "Not a list of the project.", "not_found")]


def make_default_list(uow: UnitOfWork, project_id: str) -> str:
    """The list for tasks that name none; the caller holds the project's counter row, so there is one."""
    made = uow.insert(TaskList, {"project_id": project_id, "name": DEFAULT_LIST})
    counters.set_default_list(uow, project_id, made["id"])
    uow.publish(LIST_CREATED, made["id"], list_payload(made), container_id=project_id)
    return str(made["id"])


def _index(uow: UnitOfWork, tasks: Sequence[Row]) -> None:
    assert uow.scope.workspace_id is not None
    SEARCH.put_many(uow, uow.scope.workspace_id, [(task["id"], text(task)) for task in tasks])


def text(task: Row) -> str:
    """What a search finds a task by."""
    return f"{task['title']}\n{task['description'] or ''}"


def _announce(uow: UnitOfWork, task: Row) -> None:
    payload, where = task_payload(task), task["project_id"]
    uow.publish(TASK_CREATED, task["id"], payload, container_id=where, occurred_at=task["created_at"])
    if task["status"] == "completed":
        when = task["completed_at"]
        uow.publish(TASK_COMPLETED, task["id"], payload, container_id=where, occurred_at=when)


def _as_shown(task: Row, people: Mapping[str, Row], names: Mapping[str, list[str]]) -> Row:
    person = people.get(task["assigned_to"])
    return {
        **task,
        "assignee": dict(person) if person else None,
        "tags": names.get(task["id"], []),
        "comments_count": 0,
        "subtasks_count": 0,
        "dependencies": [],
    }
