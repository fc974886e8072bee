"""What streams take, and what a ticket looks like."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Schema, Timestamp, WorkspaceQuery


class StreamQuery(WorkspaceQuery):
    """Where a stream begins, and what it tells beside notifications."""

    last_event_id = fields.String(
        validate=validate.Length(max=40),
        metadata={"description": "The id after which to go on; the header Last-Event-ID says the same."},
    )
    types = fields.String(
        validate=validate.Length(min=1, max=500),
        metadata={
            "description": "Events of the workspace to be told of: names and patterns with commas between, "
            "such as task.*,comment.created"
        },
    )
    ticket = fields.String(
        validate=validate.Length(max=100),
        metadata={"description": "Instead of the header Authorization, for browsers; works once."},
    )


class TicketOut(Schema):
    """What a browser opens a stream with."""

    ticket = fields.String(required=True, metadata={"description": "Goes into ?ticket=; works once."})
    expires_at = Timestamp(required=True, metadata={"description": "Until then the stream must be opened."})
