"""What a stored event is to the code of today, and how it shows that nothing here can take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..events.ledger import event_of
from ..events.types import Event, EventType, UnknownVersion


class Unknown(Exception):
    """Nobody can do a job, now or later; its words say why."""


class Erased(Unknown):
    """An event was emptied with the workspace it happened in: there is nothing to tell anybody."""


def event_for(types: Mapping[str, EventType], row: Mapping[str, Any]) -> Event:
    """A row of the ledger as subscribers of today get it.

    Arguments:
        types: event types by name.

    Raises:
        Erased: its payload was emptied with its workspace.
        Unknown: its type, the version of its payload, or the payload itself is nothing that is known here.
    """
    type_ = types.get(row["type"])
    if type_ is None:
        raise Unknown(f"nobody provides the event type {row['type']}")
    try:
        event = type_.current(event_of(row), row["schema_version"])
        type_.check(event.payload)
    except (UnknownVersion, ValueError) as error:
        raise (Unknown if row["payload"] else Erased)(str(error)) from error
    return event
