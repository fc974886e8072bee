"""Event consumers as they are sent and shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Text, Timestamp, WorkspaceQuery

from .models import FAILED, PENDING, RETRYING, SUCCEEDED

MOST = 200
"""Event consumers of a workspace at most."""


class _ConsumerFields(Schema):
    config = fields.Dict(
        keys=fields.String(validate=validate.Length(max=60)),
        metadata={
            "description": "As the handler type wants it: `email` takes `recipients`, addresses of members; "
            "`in_app` takes `user_ids` of members; `webhook` and `slack` take `url`; `log` takes nothing",
            "example": {"recipients": ["manager@example.com"]},
        },
    )
    is_active = fields.Boolean(metadata={"description": "Whether it hears of anything"})


class ConsumerIn(_ConsumerFields):
    """A new event consumer."""

    workspace_id = Id(load_default=None, metadata={"description": "Else X-Workspace-Id, else the first one"})
    event_type = Text(
        100,
        least=1,
        required=True,
        metadata={
            "description": "From GET /events/types, or how some begin: `task.*`",
            "example": "task.created",
        },
    )
    handler_type = Text(60, least=1, required=True, metadata={"example": "email"})


class ConsumerPatch(_ConsumerFields):
    """Changes of an event consumer."""

    event_type = Text(100, least=1)
    handler_type = Text(60, least=1)


class ConsumerQuery(PageQuery, WorkspaceQuery):
    """Query of the list of event consumers, which is whole unless a page is asked for."""

    # A call, since the document knows no default beyond the most that may be asked for.
    page_size = fields.Integer(
        load_default=lambda: MOST,
        validate=validate.Range(min=1, max=100),
        metadata={"description": "Left out, all are listed"},
    )
    handler_type = Text(60, load_default=None)
    is_active = fields.Boolean(load_default=None)


class ConsumerOut(Schema):
    """An event consumer."""

    id = Id()
    consumer_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    event_type = fields.String(metadata={"example": "task.created"})
    handler_type = fields.String(metadata={"example": "email"})
    config = fields.Dict(keys=fields.String())
    is_active = fields.Boolean()
    failures = fields.Integer(metadata={"description": "Runs in a row that failed"})
    disabled_reason = fields.String(
        allow_none=True, metadata={"description": "Why it was switched off by itself"}
    )
    created_by = Id(allow_none=True)
    acts_for = Id(
        allow_none=True,
        metadata={
            "description": "It hears of what this person is shown: whoever said last where its events go"
        },
    )
    created_at = Timestamp()
    updated_at = Timestamp()


class RunQuery(PageQuery):
    """Query of what became of events."""

    status = Choice((PENDING, RETRYING, SUCCEEDED, FAILED), load_default=None)


class RunOut(Schema):
    """What became of an event."""

    id = Id()
    run_id = Id(attribute="id", dump_only=True)
    consumer_id = Id()
    event_id = Id()
    event_type = fields.String()
    status = fields.String(metadata={"enum": [PENDING, RETRYING, SUCCEEDED, FAILED]})
    attempts = fields.Integer()
    error = fields.String(allow_none=True, metadata={"description": "What went wrong the last time"})
    created_at = Timestamp()
    finished_at = Timestamp(allow_none=True)
