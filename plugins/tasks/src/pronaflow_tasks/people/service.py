"""Who works on a task, and who wants to hear of it (modules.md 4.4, rules 4 and 14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import Context, Forbidden, NotFound, Page, Reader, Row, UnitOfWork, invalid

from ..models import Task
from . import queries
from .events import WATCHER_ADDED, WATCHER_REMOVED
from .models import TaskWatcher


def _say(dialect: ModuleType) -> Any:
    """Store what somebody said about watching, whatever they said before."""
    statement = dialect.insert(TaskWatcher.__table__)
    keys = [column.name for column in TaskWatcher.__table__.primary_key]
    said = {"is_watching": statement.excluded.is_watching}
    return statement.on_conflict_do_update(index_elements=keys, set_=said)


def _begin(dialect: ModuleType) -> Any:
    """Let somebody watch who has not said anything about it."""
    return dialect.insert(TaskWatcher.__table__).on_conflict_do_nothing()


_SAY = {module.dialect.name: _say(module) for module in (sqlite, postgresql)}
_BEGIN = {module.dialect.name: _begin(module) for module in (sqlite, postgresql)}


class WatcherService:
    """Watchers of tasks.

    Creators and assignees watch without doing anything for it, and who comments does from then on. Who says
    that they do not watch is asked no more, until they say that they do.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._access = ctx.access

    def page(self, reader: Reader, task_id: str, query: Mapping[str, Any]) -> Page:
        """Who watches a task and sees it, by user name.

        Raises:
            NotFound: the task is gone.
        """
        reader.get(Task, task_id)
        return queries.WATCHERS.page(reader, query, id=task_id)

    def say(self, uow: UnitOfWork, task_id: str, user_id: str | None, *, watching: bool) -> None:
        """Let somebody watch a task, or no more; this stays as long as nobody says otherwise.

        Arguments:
            user_id: who; None for the caller.

        Raises:
            NotFound: the task is gone.
            Forbidden: somebody else is named, and the caller does not manage the project.
            ValidationFailed: who is named does not see the project.
        """
        caller = uow.scope.principal.user_id
        person = user_id or caller
        if person is None:
            raise Forbidden("Only people watch tasks")
        state = uow.one(queries.STATE, id=task_id, user_id=person)
        if state is None:
            raise NotFound(f"Task {task_id} was not found")
        if person != caller:
            self._access.authorize(uow, "tasks.watch_others", container_id=state["project_id"])
        if watching and not state["sees"]:
            raise invalid("user_id", "Does not see the project.", "not_a_member")
        uow.execute(_SAY[uow.dialect], **_row(uow, task_id, person, watching))
        if bool(state["is_watching"]) != watching:
            event = WATCHER_ADDED if watching else WATCHER_REMOVED
            payload = {"task_id": task_id, "project_id": state["project_id"], "user_id": person}
            uow.publish(event, task_id, payload, container_id=state["project_id"])

    def commented(self, uow: UnitOfWork, task_id: str, user_id: str | None) -> None:
        """Let who said something watch, unless they said that they do not."""
        if user_id is not None:
            uow.execute(_BEGIN[uow.dialect], **_row(uow, task_id, user_id, True))


def watchers_of(reader: Reader, task_ids: Iterable[str]) -> dict[str, list[str]]:
    """Who watches tasks and sees them, by task id; see `api.Tasks`."""
    found: dict[str, list[str]] = {task_id: [] for task_id in task_ids}
    for row in reader.all(queries.WATCHING, ids=list(found)):
        found[row["task_id"]].append(row["user_id"])
    return {task_id: sorted(user_ids) for task_id, user_ids in found.items()}


def _row(uow: UnitOfWork, task_id: str, user_id: str, watching: bool) -> Row:
    return {
        "workspace_id": uow.scope.workspace_id,
        "task_id": task_id,
        "user_id": user_id,
        "is_watching": watching,
    }
