"""The event log over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Document, Reader, Row, Window, in_path

from .cloudevents import BATCH
from .schemas import EventOut, EventQuery, EventTypeOut, TypeQuery
from .service import EventLog


def build(log: EventLog) -> Blueprint:
    """What has happened in a workspace."""
    blp = Blueprint(
        "notifications",
        url_prefix="/api/v1/events",
        tag="Events",
        summary="What has happened in a workspace",
        name="events",
    )

    @blp.endpoint(
        "GET",
        "",
        permission="notifications.read_events",
        target=WORKSPACE,
        query=EventQuery,
        returns=EventOut,
        many="window",
        formats=(BATCH,),
    )
    def list_events(reader: Reader, query: dict[str, Any], media: str | None) -> Window | Document:
        """List what has happened in a workspace, newest first.

        Whoever runs the workspace sees what concerns all of it; everybody sees what happened in the projects
        that they see. `total` counts what the filters leave, up to 10,000. To follow what happens, name the
        `position` of the last event that you have as `after_position`: then events come in the order in which
        they were committed, and none appears behind you.

        With `Accept: application/cloudevents-batch+json` the answer is a batch of CloudEvents 1.0.
        """
        return log.window(reader, query, media)

    @blp.endpoint(
        "GET",
        "/types",
        permission="notifications.list_event_types",
        query=TypeQuery,
        returns=EventTypeOut,
        many=True,
    )
    def list_event_types(reader: Reader, query: dict[str, Any]) -> list[Row]:
        """List the types of events that there are, with the JSON schemas of their payloads."""
        return log.types(query)

    @blp.endpoint(
        "GET",
        "/<id:event_id>",
        permission="notifications.read_events",
        target=in_path("event"),
        returns=EventOut,
    )
    def get_event(reader: Reader, event_id: str) -> Row:
        """Get an event."""
        return log.one(reader, event_id)

    return blp
