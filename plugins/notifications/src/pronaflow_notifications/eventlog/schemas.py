"""The event log as it is asked for and shown."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, Moment, Schema, Timestamp, WorkspaceQuery, as_id

LIMIT = 500
"""Events at once at most."""


class AnyId(fields.String):
    """The id of a thing of any kind, be it still there or not."""

    default_error_messages = {"invalid_id": "Not a valid UUID."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = as_id(value)
        if found is None:
            raise self.make_error("invalid_id")
        return found


class EventQuery(WorkspaceQuery):
    """Query of the event log; conditions that are named together must all hold."""

    event_type = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=100),
        metadata={
            "description": "Name of an event type, or how some begin: `task.*`",
            "example": "task.created",
        },
    )
    aggregate_type = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=60),
        metadata={"description": "What it happened to", "example": "Task"},
    )
    aggregate_id = AnyId(load_default=None, metadata={"description": "To which of them"})
    user_id = Id(load_default=None, metadata={"description": "Who did it"})
    project = AnyId(load_default=None, metadata={"description": "Id of the project it happened in"})
    since = Moment(
        data_key="from", attribute="from", load_default=None, metadata={"description": "Not before then"}
    )
    until = Moment(data_key="to", attribute="to", load_default=None, metadata={"description": "Before then"})
    after_position = fields.Integer(
        load_default=None,
        validate=validate.Range(min=0, max=2**53),
        metadata={
            "description": "Only events behind this `position`, in the order of commits, oldest first: for "
            "those who follow what happens"
        },
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=LIMIT))
    offset = fields.Integer(load_default=0, validate=validate.Range(min=0, max=10_000))


class EventOut(Schema):
    """Something that has happened."""

    id = Id()
    event_id = Id(attribute="id", dump_only=True)
    event_type = fields.String(attribute="type", metadata={"example": "task.created"})
    schema_version = fields.Integer(metadata={"description": "Of the payload"})
    aggregate_type = fields.String(metadata={"description": "What it happened to", "example": "Task"})
    aggregate_id = Id()
    timestamp = Timestamp(attribute="occurred_at", metadata={"description": "When it happened"})
    recorded_at = Timestamp(metadata={"description": "When it was stored; later only where it was imported"})
    user_id = Id(allow_none=True, metadata={"description": "Who did it; null: no person"})
    actor_kind = fields.String(metadata={"description": "`user`, `token`, `system` …"})
    workspace_id = Id()
    project_id = Id(attribute="container_id", allow_none=True)
    correlation_id = Id(
        attribute="request_id",
        allow_none=True,
        metadata={"description": "`X-Request-Id` of the request that led to it"},
    )
    origin = fields.String(metadata={"description": "`api`, `import` or `system`"})
    position = fields.Integer(
        allow_none=True,
        metadata={"description": "Place in the order of commits; null for a moment after the event"},
    )
    payload = fields.Dict(keys=fields.String(), metadata={"description": "As its type declares it"})
    changes = fields.Dict(
        keys=fields.String(), allow_none=True, metadata={"description": "By field, `old` and `new`"}
    )


class TypeQuery(Schema):
    """Query of the registry of event types."""

    event_type = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "Name of an event type, or how some begin: `task.*`"},
    )
    version = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=2**31 - 1),
        metadata={"description": "As `dataschema` of CloudEvents names it; today's is shown"},
    )


class EventTypeOut(Schema):
    """A type of events."""

    event_type = fields.String(attribute="name", metadata={"example": "task.created"})
    aggregate_type = fields.String(attribute="aggregate")
    summary = fields.String()
    schema_version = fields.Integer(attribute="version")
    payload_schema = fields.Dict(keys=fields.String(), metadata={"description": "JSON Schema of the payload"})
