"""Making calendars: their addresses, and what stands in them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from icalendar import Calendar, Event
from sqlalchemy import bindparam, delete, select

from pronaflow_kernel.api import (
    SCOPE_USER,
    SCOPE_WORKSPACE,
    Context,
    IdType,
    NotFound,
    Reader,
    Row,
    Scope,
    UnitOfWork,
    unscoped,
)
from pronaflow_projects.api import PROJECT, visible_to
from pronaflow_tasks.api import CLOSED, TASK

from .models import Feed

MOST = 2000
"""Events of a calendar."""

PATH = "/api/v1/calendar-feed"

_USER = bindparam("user", type_=IdType())
_OWN = Feed.workspace_id == SCOPE_WORKSPACE, Feed.user_id == SCOPE_USER
_MINE = select(Feed.id, Feed.created_at).where(*_OWN)
_END = delete(Feed).where(*_OWN)
_BY_SECRET = unscoped(
    "an address tells by its secret alone whose calendar of which workspace it is",
    select(Feed.workspace_id, Feed.user_id).where(Feed.secret_hash == bindparam("secret_hash")),
)
_DUE = (
    select(
        TASK.c.id,
        TASK.c.key,
        TASK.c.title,
        TASK.c.description,
        TASK.c.due_date,
        TASK.c.due_at,
        TASK.c.updated_at,
        PROJECT.c.name.label("project"),
    )
    .join(PROJECT, PROJECT.c.id == TASK.c.project_id)
    .where(
        TASK.c.workspace_id == SCOPE_WORKSPACE,
        PROJECT.c.workspace_id == SCOPE_WORKSPACE,
        TASK.c.assigned_to == _USER,
        TASK.c.due_date.is_not(None),
        TASK.c.lifecycle == "active",
        TASK.c.status.not_in(CLOSED),
        visible_to(_USER, TASK.c.project_id),
    )
    .order_by(TASK.c.due_date, TASK.c.id)
    .limit(MOST)
)


class Feeds:
    """The calendars of a server.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def get(self, reader: Reader) -> Row:
        """The caller's calendar of the workspace, without its secret.

        Raises:
            NotFound: they have none.
        """
        found = reader.one(_MINE)
        if found is None:
            raise NotFound("You have no calendar of this workspace yet: POST makes one")
        return found

    def make(self, uow: UnitOfWork) -> Row:
        """A new address of the caller's calendar; an older one ends with it."""
        uow.execute(_END)
        secret = secrets.token_urlsafe(32)
        values: Row = {
            "workspace_id": uow.scope.workspace_id,
            "user_id": uow.scope.principal.user_id,
            "secret_hash": _digest(secret),
            "created_at": uow.now,
        }
        return {**uow.insert(Feed, values), "url": f"{self._ctx.public_url}{PATH}/{secret}.ics"}

    def end(self, uow: UnitOfWork) -> None:
        """Let the address lead nowhere."""
        uow.execute(_END)

    def content(self, reader: Reader, secret: str) -> bytes:
        """What stands at an address, as iCalendar.

        Raises:
            NotFound: there is no such calendar, or the workspace has the plugin no more.
        """
        feed = reader.one(_BY_SECRET, secret_hash=_digest(secret))
        if feed is None or "calendar_feed" in self._off(feed["workspace_id"]):
            raise NotFound("There is no such calendar: get a new address where you work")
        with self._ctx.db.read(Scope.system(feed["workspace_id"])) as here:
            return self._calendar(here.all(_DUE, user=feed["user_id"]))

    def _off(self, workspace_id: str) -> frozenset[str]:
        with self._ctx.db.read(Scope.system(workspace_id)) as reader:
            return self._ctx.plugins.off(reader)

    def _calendar(self, tasks: Iterable[Row]) -> bytes:
        calendar = Calendar()
        calendar.add("prodid", "-//PronaFlow//Calendar feed//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", "PronaFlow")
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
        for task in tasks:
            calendar.add_component(self._event(task))
        return bytes(calendar.to_ical())

    def _event(self, task: Row) -> Event:
        url = f"{self._ctx.public_url}/tasks/{task['id']}"
        values: dict[str, Any] = {
            "uid": f"{task['id']}@pronaflow",
            "dtstamp": task["updated_at"],
            "last-modified": task["updated_at"],
            "summary": f"{task['key']} {task['title']}",
            "description": "\n\n".join(filter(None, [task["description"], url])),
            "url": url,
            "categories": [task["project"]],
            "dtstart": task["due_at"] or task["due_date"],
            "transp": "TRANSPARENT",
        }
        if task["due_at"] is None:
            values["dtend"] = task["due_date"] + timedelta(days=1)
        event = Event()
        for name, value in values.items():
            event.add(name, value)
        return event


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
