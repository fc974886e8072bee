"""Rules of task lists."""

from __future__ import annotations

from collections.abc import Mapping
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

from . import counters, queries
from .counters import Delta
from .events import LIST_CREATED, LIST_DELETED, LIST_UPDATED, list_payload
from .models import TaskList
from .places import PlaceService
from .rights import Rights
from .schemas import LAST_ORDER


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
            Conflict: the project takes no changes.
        """
        project = self._editable(uow, values["project_id"])
        self._rights.structure(uow, project)
        row = _columns(values)
        if "position" not in row:
            last = uow.value(queries.LAST_LIST, project_id=project.id)
            row["position"] = 0 if last is None else min(last + 1, LAST_ORDER)
        self._ctx.hooks.check_change(uow, "task_list", None, row)
        made = uow.insert(TaskList, row)
        uow.publish(LIST_CREATED, made["id"], list_payload(made), container_id=project.id)
        return {**made, "tasks_count": 0, "completed_count": 0}

    def update(self, uow: UnitOfWork, list_id: str, values: Mapping[str, Any]) -> Row:
        """Change a list; an archived one takes no new tasks.

        Raises:
            Forbidden, Conflict: as in `create`.
        """
        row = self._owned(uow, list_id)
        changes = _columns(values)
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
        tasks = uow.all(queries.TASKS_OF_LIST, list_id=list_id)
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

    def _owned(self, uow: UnitOfWork, list_id: str) -> Row:
        """A list whose project takes changes, and from this caller."""
        row = uow.get(TaskList, list_id)
        self._rights.structure(uow, self._editable(uow, row["project_id"]))
        return row

    def _editable(self, uow: UnitOfWork, project_id: str) -> ProjectInfo:
        return self._ctx.services.require(Projects).editable(uow, project_id)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """What callers call `order` is the column `position`."""
    return {"position" if name == "order" else name: value for name, value in values.items()}
