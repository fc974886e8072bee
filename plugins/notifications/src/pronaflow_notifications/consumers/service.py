"""Event consumers: what a workspace has done for it when something happens (modules.md 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    EventType,
    Listing,
    Page,
    Reader,
    Row,
    UnitOfWork,
    literal,
)

from ..eventlog.service import fitting
from .events import CREATED, DELETED, UPDATED
from .handlers import Handlers
from .models import Consumer
from .queries import CONSUMERS, HOW_MANY, runs
from .schemas import MOST

_LEADS = ("handler_type", "config")
"""What says where events go: who changes it answers for what is sent there."""


class Consumers:
    """What can be done to the event consumers of the scope's workspace.

    Arguments:
        ctx: of the plugin.
        handlers: the handler types that there are.
    """

    def __init__(self, ctx: Context, handlers: Handlers) -> None:
        self._ctx, self._handlers = ctx, handlers

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The event consumers, filtered as `ConsumerQuery` says."""
        return CONSUMERS.page(reader, query, {name: query[name] for name in ("handler_type", "is_active")})

    def get(self, reader: Reader, consumer_id: str) -> Row:
        """One of them.

        Raises:
            NotFound: there is none.
        """
        return reader.get(Consumer, consumer_id)

    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """Add an event consumer, which acts for the caller.

        Raises:
            ValidationFailed: nobody publishes such events, there is no such handler type, or it does not take
                the configuration.
            Conflict: there are as many as there may be.
        """
        given = {"config": {}, **values}
        row = {**given, **self._checked(uow, given)}
        self._ctx.hooks.check_change(uow, "event_consumer", None, row)
        if uow.value(HOW_MANY) >= MOST:
            raise Conflict(f"A workspace has at most {MOST} event consumers", details={"most": MOST})
        caller = uow.scope.principal.user_id
        row.pop("workspace_id", None)
        made = uow.insert(Consumer, {**row, "created_by": caller, "acts_for": caller})
        _tell(uow, CREATED, made)
        return made

    def update(self, uow: UnitOfWork, consumer_id: str, changes: Mapping[str, Any]) -> Row:
        """Change an event consumer.

        Where its events go to another place, it acts for the caller from then on: what somebody else is shown
        is not the caller's to send on. So it does where it is switched on, which forgets its failures.

        Raises:
            NotFound: as in `get`.
            ValidationFailed: as in `create`.
        """
        row = self.get(uow, consumer_id)
        differing = {name: value for name, value in changes.items() if row[name] != value}
        if not differing:
            return row
        leads = not differing.keys().isdisjoint(_LEADS)
        if leads or "event_type" in differing:
            differing |= self._checked(uow, {**row, **differing})
        self._ctx.hooks.check_change(uow, "event_consumer", row, differing)
        if differing.get("is_active") or leads:
            differing["acts_for"] = uow.scope.principal.user_id
        if differing.get("is_active"):
            differing |= {"failures": 0, "disabled_reason": None}
        update = uow.update(Consumer, row, differing)
        if update.changes:
            told = {
                name: change for name, change in update.changes.items() if name not in ("config", "pattern")
            }
            _tell(uow, UPDATED, update.row, told)
        return update.row

    def delete(self, uow: UnitOfWork, consumer_id: str) -> None:
        """Delete an event consumer, with what is known of its runs.

        Raises:
            NotFound: as in `get`.
        """
        row = self.get(uow, consumer_id)
        self._ctx.hooks.check_change(uow, "event_consumer", row, {"lifecycle": "trashed"})
        uow.remove(Consumer, row)
        _tell(uow, DELETED, row)

    def runs(self, reader: Reader, consumer_id: str, query: Mapping[str, Any]) -> Page:
        """What became of the events that it heard of, as far as the caller is shown them."""
        return self._runs.page(reader, query, {"status": query["status"]}, consumer_id=consumer_id)

    @cached_property
    def _runs(self) -> Listing:
        """Built at the first request, when the owner of the containers is known."""
        containers = self._ctx.access.containers
        return runs(None if containers is None else containers.visible())

    def _checked(self, uow: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
        """What follows from values that fit together."""
        event_type = values["event_type"].lower()
        fitting(self._ctx.ledger.public.types, event_type, "event_type")
        handler = self._handlers.known(values["handler_type"].lower(), uow.scope.workspace_id)
        config = self._handlers.checked(handler, uow, values["config"])
        pattern = literal(event_type.removesuffix("*")) + ("%" if event_type.endswith("*") else "")
        return {"event_type": event_type, "pattern": pattern, "handler_type": handler.name, "config": config}


def _tell(uow: UnitOfWork, event: EventType, row: Row, changes: Mapping[str, Any] | None = None) -> None:
    payload = {name: row[name] for name in ("workspace_id", "event_type", "handler_type")}
    uow.publish(event, row["id"], {**payload, "consumer_id": row["id"]}, changes=changes)
