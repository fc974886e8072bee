"""The event log: what happened in a workspace and may leave it (modules.md 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import orjson

from pronaflow_kernel.api import (
    Context,
    Document,
    EventType,
    Reader,
    Row,
    Window,
    invalid,
)

from .cloudevents import BATCH, cloud_event


class EventLog:
    """Reads the event log.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._log, self._clock, self._public_url = ctx.ledger.public, ctx.clock, ctx.public_url
        self._days: int = ctx.settings.event_log_days

    def window(self, reader: Reader, query: Mapping[str, Any], media: str | None) -> Window | Document:
        """A part of the log.

        Arguments:
            query: loaded by `EventQuery`.
            media: a format of its own; None for JSON.

        Raises:
            ValidationFailed: the event type fits none that there is.
            InvalidRequest: as `PublicEvents.window`.
        """
        if query["event_type"] is not None:
            fitting(self._log.types, query["event_type"], "event_type")
        asked = {**query, "type": query["event_type"], "container_id": query["project"]}
        found = self._log.window(reader, asked, self._since())
        if media is None:
            return found
        return Document(orjson.dumps([cloud_event(row, self._public_url) for row in found.rows]), BATCH)

    def one(self, reader: Reader, event_id: str) -> Row:
        """One event.

        Raises:
            NotFound: the caller is not shown it.
        """
        return self._log.one(reader, event_id, self._since())

    def types(self, query: Mapping[str, Any]) -> list[Row]:
        """What there is to hear of, as `EventTypeOut` shows it.

        Raises:
            ValidationFailed: as in `window`.
        """
        found = self._log.types
        if query["event_type"] is not None:
            found = fitting(found, query["event_type"], "event_type")
        return [self._shown(each) for each in found]

    def _shown(self, each: EventType) -> Row:
        shown = {name: getattr(each, name) for name in ("name", "aggregate", "summary", "version")}
        return {**shown, "payload_schema": self._log.schema(each)}

    def _since(self) -> datetime:
        return self._clock.now() - timedelta(days=self._days)


def fitting(types: list[EventType], pattern: str, field: str) -> list[EventType]:
    """The types that a name or pattern (`task.*`) means.

    Raises:
        ValidationFailed: there is none.
    """
    found = [each for each in types if fnmatchcase(each.name, pattern)]
    # Only a whole name or its beginning: a pattern in the middle means nothing to people who read it.
    if not found or any(sign in pattern.removesuffix("*") for sign in "*?["):
        names = ", ".join(each.name for each in types)
        words = f"Must be one of these, or how some of them begin, such as task.*: {names}."
        raise invalid(field, words, "unknown_event_type")
    return found
