"""Dependencies: which task waits for which (modules.md 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, or_, select

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Conflict,
    Context,
    EventType,
    IdType,
    NotFound,
    Reader,
    Row,
    StaleRow,
    UnitOfWork,
    invalid,
)
from pronaflow_projects.api import Projects

from ..models import Task
from ..rights import Rights
from . import graph, queries
from .events import DEPENDENCY_CREATED, DEPENDENCY_DELETED, DEPENDENCY_UPDATED, dependency_payload
from .models import Dependency

MOST = 200
"""How many predecessors a task has at most, and how many successors."""

NAMED = 50
"""How many tasks of a circle a refusal looks at."""

_LINKS = select(Dependency.task_id, Dependency.depends_on_task_id).where(
    Dependency.workspace_id == SCOPE_WORKSPACE,
    or_(
        Dependency.task_id == bindparam("task", type_=IdType()),
        Dependency.depends_on_task_id == bindparam("predecessor", type_=IdType()),
    ),
)


class DependencyService:
    """Links between tasks, of one project or of several.

    Whoever may plan in the successor's project and see the predecessor links them.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._rights = Rights(ctx)

    def of_task(self, reader: Reader, task_id: str) -> Row:
        """The links of a task in both directions; those to tasks that the caller may not see are counted.

        Raises:
            NotFound: the task is gone.
        """
        reader.get(Task, task_id)
        found: Row = {"predecessors": [], "successors": [], "hidden_predecessors": 0, "hidden_successors": 0}
        for row in reader.all(self._of_task, id=task_id):
            own, other = ("successor", "predecessor")[:: 1 if row["task_id"] == task_id else -1]
            row[f"sees_{own}"] = True
            if row[f"sees_{other}"]:
                found[f"{other}s"].append(_shown(row))
            else:
                found[f"hidden_{other}s"] += 1
        return found

    def show(self, reader: Reader, link_id: str) -> Row:
        """A link with both ends, the predecessor only where the caller sees it.

        Raises:
            NotFound: there is none, or it hides.
        """
        return _shown(self._load(reader, link_id))

    def create(self, uow: UnitOfWork, task_id: str, values: Mapping[str, Any]) -> Row:
        """Let a task depend on another one.

        Arguments:
            values: `depends_on_task_id`; `dependency_type` and `lag_days`, where they are not FS and 0.

        Raises:
            NotFound: the task is gone.
            Forbidden: in strict mode only planners link.
            ValidationFailed: the caller sees no such predecessor; the task has too many.
            Conflict: they are linked already, or it would close a circle (`details.reason`); the project
                takes no changes.
        """
        graph.take(uow)
        task = self._successor(uow, task_id)
        predecessor = self._predecessor(uow, values["depends_on_task_id"])
        self._refuse(uow, task, predecessor)
        row = {
            "project_id": task["project_id"],
            "task_id": task_id,
            "created_by": uow.scope.principal.user_id,
            **values,
        }
        self._ctx.hooks.check_change(uow, "dependency", None, row)
        link = uow.insert(Dependency, row)
        _publish(uow, DEPENDENCY_CREATED, link)
        return _shown(
            {**link, **_end("predecessor", predecessor), **_end("successor", task), "is_broken": False}
        )

    def edit(self, uow: UnitOfWork, link_id: str, changes: Mapping[str, Any]) -> Row:
        """Change type or lag.

        Raises:
            NotFound, Forbidden, Conflict: as in `create`.
        """
        link = self._mine(uow, link_id)
        differing = {name: value for name, value in changes.items() if link[name] != value}
        if differing:
            self._ctx.hooks.check_change(uow, "dependency", link, differing)
            update = uow.update(Dependency, link, differing)
            _publish(uow, DEPENDENCY_UPDATED, update.row, update.changes)
        return self.show(uow, link_id)

    def delete(self, uow: UnitOfWork, link_id: str) -> None:
        """Let a task wait no longer.

        Raises:
            NotFound, Forbidden, Conflict: as in `create`.
        """
        link = self._mine(uow, link_id)
        self._ctx.hooks.check_change(uow, "dependency", link, {"lifecycle": "trashed"})
        self._remove(uow, link)

    def part(self, uow: UnitOfWork, task: Row) -> list[str]:
        """Delete the links of a task that leaves its project, as far as whoever takes it sees only one end.

        A link across projects is made by somebody who sees both; nobody brings one about by a move.

        Returns:
            warnings.
        """
        if uow.scope.workspace_role == "owner":
            return []
        hidden = [
            row
            for row in uow.all(self._of_task, id=task["id"])
            if not (row["sees_predecessor"] and row["sees_successor"])
        ]
        for link in hidden:
            self._remove(uow, link)
        if not hidden:
            return []
        return [f"Dependencies between it and tasks that you do not see were deleted: {len(hidden)}."]

    def _remove(self, uow: UnitOfWork, link: Row) -> None:
        uow.remove(Dependency, link)
        _publish(uow, DEPENDENCY_DELETED, link)

    def _refuse(self, uow: UnitOfWork, task: Row, predecessor: Row) -> None:
        """Refuse a link that there is, that is one too many, or that closes a circle."""
        rows = uow.all(_LINKS, task=task["id"], predecessor=predecessor["id"])
        before = {row["depends_on_task_id"] for row in rows if row["task_id"] == task["id"]}
        if predecessor["id"] in before:
            raise Conflict("The task depends on it already", details={"field": "depends_on_task_id"})
        after = [row for row in rows if row["depends_on_task_id"] == predecessor["id"]]
        if max(len(before), len(after)) >= MOST:
            words = f"A task has at most {MOST} predecessors and {MOST} successors."
            raise invalid("depends_on_task_id", words, "too_many")
        circle = graph.circle(uow, task["id"], predecessor["id"])
        if circle is not None:
            details = {"reason": "circular_dependency", "path": self._keys(uow, circle, task, predecessor)}
            raise Conflict("The tasks would wait for one another for ever", details=details)

    def _keys(self, uow: UnitOfWork, path: list[str], *known: Row) -> list[str]:
        """Keys of the tasks on a way, as far as the caller sees them."""
        keys = {row["id"]: row["key"] for row in known}
        inner = sorted(set(path[:NAMED]) - keys.keys())
        if inner:
            keys |= {row["id"]: row["key"] for row in uow.all(self._seen, ids=inner)}
        return [keys[task_id] for task_id in path if task_id in keys]

    def _successor(self, uow: UnitOfWork, task_id: str) -> Row:
        """The task that is to wait, held so that it cannot leave its project meanwhile."""
        seen = uow.get(Task, task_id)
        self._plan(uow, seen["project_id"])
        task = uow.get(Task, task_id, lock=True)
        if task["project_id"] != seen["project_id"]:
            raise StaleRow("the task went to another project")
        return task

    def _predecessor(self, uow: UnitOfWork, task_id: str) -> Row:
        try:
            task = uow.get(Task, task_id)
            self._ctx.access.authorize(uow, "tasks.read", container_id=task["project_id"])
        except NotFound:
            raise invalid("depends_on_task_id", "There is no such task.", "not_found") from None
        return task

    def _mine(self, uow: UnitOfWork, link_id: str) -> Row:
        """A link that the caller may change."""
        link = self._load(uow, link_id)
        self._plan(uow, link["project_id"])
        return link

    def _plan(self, uow: UnitOfWork, project_id: str) -> None:
        """Let only those through who plan in the project (modules.md 3.4)."""
        project = self._ctx.services.require(Projects).editable(uow, project_id)
        self._rights.structure(uow, project)

    def _load(self, reader: Reader, link_id: str) -> Row:
        row = reader.one(self._one, id=link_id)
        if row is None:
            raise NotFound(f"Dependency {link_id} was not found")
        row["sees_successor"] = True
        return row

    # Built at the first request, when the owner of the containers is known.

    @cached_property
    def _visible(self) -> Any:
        assert self._ctx.access.containers is not None
        return self._ctx.access.containers.visible()

    @cached_property
    def _one(self) -> Any:
        return queries.one(self._visible)

    @cached_property
    def _of_task(self) -> Any:
        return queries.of_task(self._visible)

    @cached_property
    def _seen(self) -> Any:
        return queries.seen(self._visible)


def _publish(uow: UnitOfWork, event: EventType, link: Row, changes: Mapping[str, Any] | None = None) -> None:
    where = link["project_id"]
    uow.publish(event, link["id"], dependency_payload(link), changes=changes, container_id=where)


_END = ("key", "title", "status", "project_id")
"""What is shown of an end of a link."""


def _end(name: str, task: Row) -> Row:
    """What `_shown` needs of a task that the caller sees."""
    return {f"sees_{name}": True, **{f"{name}_{key}": task[key] for key in _END}}


def _shown(row: Row) -> Row:
    """A selected link with its ends as things of their own; one that is not seen is not there."""
    ends: Row = {}
    for name, column in (("predecessor", "depends_on_task_id"), ("successor", "task_id")):
        end = {key: row[f"{name}_{key}"] for key in _END}
        ends[name] = {"task_id": row[column], **end} if row[f"sees_{name}"] else None
        ends[column] = row[column] if row[f"sees_{name}"] else None
    return {**row, **ends, "is_broken": bool(row["is_broken"])}
