"""Rules of task lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    InvalidRequest,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    invalid,
)
from pronaflow_projects.api import ProjectInfo, Projects

from .. import counters
from ..counters import Delta
from ..events import LIST_CREATED, LIST_DELETED, LIST_RESTORED, LIST_UPDATED, list_payload
from ..models import TaskList
from ..places import PlaceService
from ..queries import TASKS_OF_LIST
from ..rights import Rights
from . import queries
from .lookup import make_default_list, next_position


class ListService:
    """Task lists of projects.

    Arguments:
        ctx: of the plugin.
        places: takes tasks out of a list that is deleted.
    """

    def __init__(self, ctx: Context, places: PlaceService) -> None:
        self._ctx = ctx
        self._places = places
        self._rights = Rights(ctx)

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The lists of a project, in their order."""
        filters = {"is_archived": None if query["include_archived"] else False}
        return queries.LISTS.page(reader, query, filters, project_id=query["project_id"])

    def show(self, reader: Reader, list_id: str) -> Row:
        """A list with how many tasks it has.

        Raises:
            NotFound: there is none.
        """
        found = reader.one(queries.TASK_LIST, id=list_id)
        if found is None:
            raise NotFound(f"Task list {list_id} was not found")
        return found

    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """Make a list, at the end unless `order` says where.

        Raises:
            Forbidden: the project is strict and the caller no planner.
            Conflict: the project takes no changes, or this one only through a change request.
        """
        project = self._editable(uow, values["project_id"])
        self._rights.structure(uow, project)
        if project.is_agreed:
            raise Conflict(
                "In strict mode a started project gets lists through a change request",
                details={"field": "new_task_lists", "governance_mode": project.governance_mode},
            )
        return {**self._make(uow, project, values), "tasks_count": 0, "completed_count": 0}

    def make_lists(self, uow: UnitOfWork, project_id: str, names: Sequence[str]) -> None:
        """As projects' Protocol `NewLists`: what a change request asked for, and somebody approved."""
        project = self._editable(uow, project_id)
        for name in names:
            self._make(uow, project, {"project_id": project_id, "name": name})

    def _make(self, uow: UnitOfWork, project: ProjectInfo, values: Mapping[str, Any]) -> Row:
        row = _columns(values)
        counters.add(uow, project.id, Delta())
        if "position" in row:
            _make_room(uow, project.id, row["position"])
        else:
            row["position"] = next_position(uow, project.id)
        self._ctx.hooks.check_change(uow, "task_list", None, row)
        made = uow.insert(TaskList, row)
        uow.publish(LIST_CREATED, made["id"], list_payload(made), container_id=project.id)
        return made

    def update(self, uow: UnitOfWork, list_id: str, values: Mapping[str, Any]) -> Row:
        """Change a list; an archived one takes no new tasks, and who gets another's `order` comes before it.

        Raises:
            Forbidden, Conflict: as in `create`.
        """
        row = self._owned(uow, list_id)
        changes = _columns(values)
        if changes.get("position", row["position"]) != row["position"]:
            counters.add(uow, row["project_id"], Delta())
            row = uow.get(TaskList, list_id)
            if changes["position"] != row["position"]:
                _make_room(uow, row["project_id"], changes["position"])
        if changes.get("is_archived"):
            counters.clear_default_list(uow, list_id)
        if any(row[name] != value for name, value in changes.items()):
            self._ctx.hooks.check_change(uow, "task_list", row, changes)
        update = uow.update(TaskList, row, changes)
        if update.changes:
            payload, where = list_payload(update.row), row["project_id"]
            uow.publish(LIST_UPDATED, list_id, payload, changes=update.changes, container_id=where)
        return self.show(uow, list_id)

    def delete(self, uow: UnitOfWork, list_id: str, query: Mapping[str, Any]) -> None:
        """Delete a list; its tasks go to the trash (`force`) or to another list (`move_to`).

        Raises:
            InvalidRequest: both are asked for.
            Conflict: it has tasks and neither is asked for; `details.tasks_count` tells how many.
        """
        move_to = query["move_to"]
        if query["force"] and move_to is not None:
            raise InvalidRequest("Ask for force or move_to, not both")
        if move_to == list_id:
            raise invalid("move_to", "Is the list that is to be deleted.")
        row = self._owned(uow, list_id)
        counters.add(uow, row["project_id"], Delta())
        tasks = uow.all(TASKS_OF_LIST, list_id=list_id)
        if tasks and move_to is not None:
            self._places.empty(uow, row["project_id"], tasks, move_to)
        elif tasks and query["force"]:
            self._places.trash_all(uow, row["project_id"], tasks)
        elif tasks:
            raise Conflict("The list has tasks: force or move_to", details={"tasks_count": len(tasks)})
        counters.clear_default_list(uow, list_id)
        self._ctx.trash.put(uow, "task_list", row)
        uow.publish(LIST_DELETED, list_id, list_payload(row), container_id=row["project_id"])

    def discard(self, uow: UnitOfWork, list_id: str) -> None:
        """Delete a list with the tasks in it; `delete` says more."""
        self.delete(uow, list_id, {"force": True, "move_to": None})

    def restore(self, uow: UnitOfWork, list_id: str) -> None:
        """Bring a list back from the trash, and the tasks that went there with it.

        Raises:
            Conflict: it is not there, or its project takes no changes, or a status of its tasks is full.
        """
        row = uow.get(TaskList, list_id, trashed=True)
        project = self._editable(uow, row["project_id"])
        self._rights.structure(uow, project)
        counters.add(uow, project.id, Delta())
        along = uow.all(queries.TRASHED_ALONG, list_id=list_id)
        restored = self._ctx.trash.restore(uow, "task_list", list_id)
        for task in along:
            self._places.restore_loaded(uow, project, task)
        uow.publish(LIST_RESTORED, list_id, list_payload(restored), container_id=project.id)

    def purge(self, uow: UnitOfWork, row: Row) -> None:
        """Keep the tasks of a list that goes for good: they are in the trash for themselves."""
        if uow.value(queries.ANY_OF_LIST, list_id=row["id"]) is None:
            return
        default = counters.add(uow, row["project_id"], Delta())["default_list_id"]
        if default is None:
            default = make_default_list(uow, row["project_id"])
        uow.execute(queries.LEAVE, list_id=row["id"], default=default)

    def _owned(self, uow: UnitOfWork, list_id: str) -> Row:
        """A list whose project takes changes, and from this caller."""
        row = uow.get(TaskList, list_id)
        self._rights.structure(uow, self._editable(uow, row["project_id"]))
        return row

    def _editable(self, uow: UnitOfWork, project_id: str) -> ProjectInfo:
        return self._ctx.services.require(Projects).editable(uow, project_id)


def _make_room(uow: UnitOfWork, project_id: str, position: int) -> None:
    """Let the list that has a position, and all behind it, go one further, for another one to come there.

    Whoever holds the counter row is alone with the order of the project's lists: no two get the same.
    """
    where = {"of_project": project_id, "at": position}
    if uow.value(queries.LIST_AT, **where) is not None:
        uow.execute(queries.MOVE_ON, **where)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """What callers call `order` is the column `position`."""
    return {"position" if name == "order" else name: value for name, value in values.items()}
