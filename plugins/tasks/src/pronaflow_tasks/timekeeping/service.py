"""Rules of logged time (modules.md 4.4 rule 12). Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from pronaflow_kernel.api import (
    Context,
    EventType,
    Listing,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    invalid,
)
from pronaflow_projects.api import Projects
from pronaflow_workspaces.api import WorkspaceSettings

from ..models import Task
from . import queries, sums
from .events import ENTRY_CREATED, ENTRY_DELETED, ENTRY_UPDATED, entry_payload
from .models import TimeEntry
from .spans import hours


class TimeService:
    """Time entries: people's own, and everybody's for who runs a project.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    # Reads

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The entries that a query asks for, as far as the caller may see them, and what they add up to."""
        me, named = reader.scope.principal.user_id, query["user_id"]
        anybody = query["project_id"] is not None or query["task_id"] is not None
        filters = {name: query[name] for name in ("project_id", "task_id", "to", "billable")}
        filters["from"] = query["from_"]
        filters["user_id"] = me if named == "me" or (named is None and not anybody) else named
        return self._page(reader, query, filters)

    def page_of_task(self, reader: Reader, task_id: str, query: Mapping[str, Any]) -> Page:
        """The entries of a task, as far as the caller may see them."""
        reader.get(Task, task_id)
        return self._page(reader, query, {"task_id": task_id})

    def _page(self, reader: Reader, query: Mapping[str, Any], filters: Mapping[str, Any]) -> Page:
        page = self._entries.page(reader, query, filters)
        for entry in page.rows:
            _shown(entry)
        return page

    @cached_property
    def _entries(self) -> Listing:
        """Built at the first request, when the owner of the containers is known."""
        assert self._ctx.access.containers is not None
        return queries.entries(self._ctx.access.containers.visible())

    def show(self, reader: Reader, entry_id: str) -> Row:
        """One entry.

        Raises:
            NotFound: there is none that the caller may see.
        """
        entry = reader.one(queries.ENTRY, id=entry_id)
        if entry is None:
            raise _missing(entry_id)
        return _shown(self._seen(reader, entry))

    # Changes

    def create(self, uow: UnitOfWork, task_id: str, values: Mapping[str, Any]) -> tuple[Row, list[str]]:
        """Log time of one's own; the entry and warnings.

        Raises:
            NotFound: the task is gone.
            ValidationFailed: the day is yet to come.
            Conflict: the project takes no time, or the day has no room for it.
        """
        task = uow.get(Task, task_id)
        project = self._ctx.services.require(Projects).editable(uow, task["project_id"])
        self._refuse_future(uow, values["date"])
        row = {
            "description": values.get("description"),
            "billable": values.get("billable", project.settings.default_billable),
            "date": values["date"],
            "seconds": amount(values),
            "user_id": uow.scope.principal.user_id,
        }
        warnings = sums.log(uow, row["user_id"], row["date"], row["seconds"])
        return self.show(uow, self.store(uow, task, row)["id"]), warnings

    def store(self, uow: UnitOfWork, task: Row, values: Mapping[str, Any]) -> Row:
        """Keep an entry that its day has room for."""
        row = {**values, "task_id": task["id"], "project_id": task["project_id"]}
        self._ctx.hooks.check_change(uow, "time_entry", None, row)
        sums.spend(uow, task["id"], row["seconds"])
        entry = uow.insert(TimeEntry, row)
        _tell(uow, ENTRY_CREATED, entry)
        return entry

    def update(self, uow: UnitOfWork, entry_id: str, values: Mapping[str, Any]) -> tuple[Row, list[str]]:
        """Change an entry; it and warnings.

        Raises:
            NotFound: as in `show`.
            Forbidden: it is another's, and the caller does not run the project.
            ValidationFailed, Conflict: as in `create`.
        """
        entry = self._mine(uow, entry_id)
        changes = {name: value for name, value in values.items() if name not in ("hours", "seconds")}
        # Hours are shown to two places: who sends back what they were shown changes nothing.
        if values.get("hours") != hours(entry["seconds"]) and values.keys() & {"hours", "seconds"}:
            changes["seconds"] = amount(values)
        if "date" in changes and changes["date"] != entry["date"]:
            self._refuse_future(uow, changes["date"])
        if any(entry[name] != value for name, value in changes.items()):
            self._ctx.hooks.check_change(uow, "time_entry", entry, changes)
        warnings = _rebook(uow, entry, {**entry, **changes})
        update = uow.update(TimeEntry, entry, changes)
        if update.changes:
            told = {name: change for name, change in update.changes.items() if name != "description"}
            _tell(uow, ENTRY_UPDATED, update.row, told)
        return self.show(uow, entry_id), warnings

    def delete(self, uow: UnitOfWork, entry_id: str) -> None:
        """Delete an entry.

        Raises:
            NotFound, Forbidden: as in `update`.
            Conflict: the project takes no changes.
        """
        entry = self._mine(uow, entry_id)
        self._ctx.hooks.check_change(uow, "time_entry", entry, {"lifecycle": "trashed"})
        sums.add_to_day(uow, entry["user_id"], entry["date"], -entry["seconds"])
        sums.spend(uow, entry["task_id"], -entry["seconds"])
        uow.remove(TimeEntry, entry)
        _tell(uow, ENTRY_DELETED, entry)

    def zone(self, reader: Reader) -> ZoneInfo:
        """Where the days of the workspace begin."""
        return ZoneInfo(self._ctx.services.require(WorkspaceSettings).settings(reader).timezone)

    def _refuse_future(self, uow: UnitOfWork, day: date) -> None:
        if day > uow.now.astimezone(self.zone(uow)).date():
            raise invalid("date", "Is in the future.", "future")

    def _seen(self, reader: Reader, entry: Row) -> Row:
        """An entry that is the caller's, or in a project they run or watch over."""
        if entry["user_id"] != reader.scope.principal.user_id:
            where = entry["project_id"]
            if not self._ctx.access.may(reader, "tasks.see_all_time", container_id=where):
                raise _missing(entry["id"])
        return entry

    def _mine(self, uow: UnitOfWork, entry_id: str) -> Row:
        """An entry that the caller may change, of a project that takes changes."""
        entry = self._seen(uow, uow.get(TimeEntry, entry_id))
        if entry["user_id"] != uow.scope.principal.user_id:
            self._ctx.access.authorize(uow, "tasks.manage_time", container_id=entry["project_id"])
        self._ctx.services.require(Projects).editable(uow, entry["project_id"])
        return entry


def amount(values: Mapping[str, Any]) -> int:
    """Whole seconds of what a body says; at least one."""
    return int(values["seconds"]) if "seconds" in values else max(1, round(values["hours"] * 3600))


def _rebook(uow: UnitOfWork, before: Row, after: Row) -> list[str]:
    """Take a change of an entry to the sums; warnings of the day that it is on."""
    more = {before["date"]: -before["seconds"]}
    more[after["date"]] = more.get(after["date"], 0) + after["seconds"]
    warnings = []
    for day in sorted(each for each in more if more[each]):
        if more[day] > 0:
            warnings += sums.log(uow, after["user_id"], day, more[day])
        else:
            sums.add_to_day(uow, after["user_id"], day, more[day])
    sums.spend(uow, after["task_id"], after["seconds"] - before["seconds"])
    return warnings


def _missing(entry_id: str) -> NotFound:
    return NotFound(f"Time entry {entry_id} was not found")


def _shown(entry: Row) -> Row:
    """A selected entry, completed in place by what answers show beside its columns."""
    entry["hours"], entry["logged_by"] = hours(entry["seconds"]), entry["user_id"]
    names = {"username": entry.pop("username"), "full_name": entry.pop("full_name")}
    entry["user"] = {"user_id": entry["user_id"], **names}
    return entry


def _tell(uow: UnitOfWork, event: EventType, entry: Row, changes: Mapping[str, Any] | None = None) -> None:
    where = entry["project_id"]
    uow.publish(event, entry["id"], entry_payload(entry), changes=changes, container_id=where)
