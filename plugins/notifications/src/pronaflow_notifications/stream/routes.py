"""The live stream over HTTP."""

from __future__ import annotations

from typing import Any

from flask import request

from pronaflow_kernel.api import (
    NOWHERE,
    WORKSPACE,
    Blueprint,
    Reader,
    Row,
    Stream,
    UnitOfWork,
    admitted_again,
    issue_ticket,
)

from .schemas import StreamQuery, TicketOut
from .service import Streams


def build(streams: Streams) -> Blueprint:
    """The stream and its tickets."""
    blp = Blueprint(
        "notifications",
        url_prefix="/api/v1/notifications",
        tag="Notifications",
        summary="What people are told of",
        name="notification_stream",
    )

    @blp.endpoint(
        "GET",
        "/stream",
        permission="notifications.read",
        target=WORKSPACE,
        query=StreamQuery,
        stream=True,
    )
    def open_stream(reader: Reader, query: dict[str, Any]) -> Stream:
        """Hear of notifications while they happen, as server-sent events.

        - `notification`: a notification that is new, or into which something more went, as the list shows it.
        - `unread_count`: `{"unread_count": 3}`, at the start and whenever it may have changed.
        - `domain_event`: an event of the workspace that `types` asks for, in what the caller sees.
        - `reset`: the client has missed something, and reads its lists anew; `reason` is `too_old`
          (more than 500 events or 24 hours), `unknown` (an id that was never given) or `too_slow`.

        The `id` of an event is the place from which a client goes on, without loss and without a repeat: a
        browser sends it by itself as `Last-Event-ID`. Every 15 seconds of silence there is a comment. A
        stream ends after 30 minutes, with its access token, at sign-out and when its reader leaves the
        workspace; `EventSource` then opens another one after `retry` milliseconds.

        Anybody has at most 5 streams, and a server as many as its settings say; beyond, and on servers that
        keep none, 503 with `Retry-After`: ask `GET /notifications?after=` now and then instead.
        """
        return streams.open(reader, query, request.headers.get("Last-Event-ID"), admitted_again())

    @blp.endpoint(
        "POST",
        "/stream-ticket",
        permission="notifications.read",
        target=NOWHERE,
        returns=TicketOut,
        status=201,
        idempotency="off",
    )
    def create_stream_ticket(uow: UnitOfWork) -> Row:
        """Get a ticket for a stream.

        For browsers, whose `EventSource` sends no header of one's choice: it opens
        `/notifications/stream?ticket=…` once, within 30 seconds. For each further stream, and for each time
        one is opened again, ask for another ticket. It ends with the sign-in that asked for it.
        """
        return issue_ticket(uow)

    return blp
