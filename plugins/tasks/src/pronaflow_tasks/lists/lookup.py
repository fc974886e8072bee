"""The lists that tasks are put into."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Conflict, Reader, Row, UnitOfWork, ValidationFailed, invalid

from .. import counters, queries
from ..events import LIST_CREATED, list_payload
from ..models import TaskList
from .queries import LAST_LIST

DEFAULT_LIST = "General"
"""Name of the list that takes the tasks which name none (modules.md 0.2.7)."""


def lists_of(uow: UnitOfWork, project_id: str, list_ids: set[Any]) -> dict[str, Row]:
    """Those of some lists that are a project's, by id; no statement for none.

    Raises:
        Conflict: one of them is archived.
    """
    rows = uow.all(queries.LISTS_AMONG, ids=sorted(list_ids)) if list_ids else []
    found = {row["id"]: row for row in rows if row["project_id"] == project_id}
    for row in found.values():
        refuse_list(row, project_id)
    return found


def refuse_list(row: Row | None, project_id: str) -> None:
    """`check_list` for a list that was read; None where there is none."""
    if row is None or row["project_id"] != project_id:
        raise invalid("task_list_id", "Not a list of the project.", "not_found")
    if row["is_archived"]:
        raise Conflict("The task list is archived", details={"task_list_id": row["id"]})


def check_list(uow: UnitOfWork, project_id: str, list_id: str) -> None:
    """Refuse a list that takes no tasks of a project.

    Raises:
        ValidationFailed: it is not the project's.
        Conflict: it is archived.
    """
    refuse_list(lists_of(uow, project_id, {list_id}).get(list_id), project_id)


def project_of_list(reader: Reader, list_id: str) -> str:
    """The project of a list that is not in the trash.

    Raises:
        ValidationFailed: there is no such list.
    """
    rows = reader.all(queries.LISTS_AMONG, ids=[list_id])
    if not rows:
        raise no_such_list()
    return str(rows[0]["project_id"])


def no_such_list() -> ValidationFailed:
    """The refusal of a list that does not exist, or that the caller may not see."""
    return invalid("task_list_id", "There is no such list.", "not_found")


def next_position(uow: UnitOfWork, project_id: str) -> int:
    """That of a list behind all of a project's; whoever holds the counter row is alone with them."""
    last = uow.value(LAST_LIST, project_id=project_id)
    return 0 if last is None else int(last) + 1


def make_default_list(uow: UnitOfWork, project_id: str) -> str:
    """The list for tasks that name none; the caller holds the project's counter row, so there is one."""
    row = {"project_id": project_id, "name": DEFAULT_LIST, "position": next_position(uow, project_id)}
    made = uow.insert(TaskList, row)
    counters.set_default_list(uow, project_id, made["id"])
    uow.publish(LIST_CREATED, made["id"], list_payload(made), container_id=project_id)
    return str(made["id"])
