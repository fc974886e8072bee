"""What readers of the ledger may ask, and what it shows of an event."""

from __future__ import annotations

from marshmallow import fields, validate

from ..web.fields import Id, Moment, PageQuery, Schema, Timestamp


class LedgerQuery(PageQuery):
    """Filters of an activity feed or an audit log."""

    type = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "Name of an event type, or a pattern: `task.*`", "example": "task.*"},
    )
    actor_id = Id(of="user", load_default=None, metadata={"description": "Who did it"})
    since = Moment(
        data_key="from", attribute="from", load_default=None, metadata={"description": "Not before then"}
    )
    until = Moment(data_key="to", attribute="to", load_default=None, metadata={"description": "Before then"})


class ActorOut(Schema):
    """Who did something."""

    user_id = Id()
    username = fields.String(allow_none=True)
    full_name = fields.String(allow_none=True)


class LedgerEntryOut(Schema):
    """An event as people read it."""

    id = Id()
    event_id = Id(attribute="id", dump_only=True)
    type = fields.String(metadata={"example": "task.created"})
    summary = fields.String(metadata={"description": "What happened, in a sentence"})
    entity_type = fields.String(
        attribute="aggregate_type", metadata={"description": "What it happened to", "example": "Task"}
    )
    entity_id = Id(attribute="aggregate_id")
    entity_title = fields.String(
        attribute="title", allow_none=True, metadata={"description": "What that was called then"}
    )
    actor_kind = fields.String(metadata={"description": "`user`, `token`, `system` …"})
    actor = fields.Nested(ActorOut, allow_none=True, metadata={"description": "None: no person did it"})
    origin = fields.String(metadata={"description": "`api`, `import` or `system`"})
    occurred_at = Timestamp(metadata={"description": "Business time; that of imports is what they say"})
    changes = fields.Dict(
        keys=fields.String(), allow_none=True, metadata={"description": "By field, `old` and `new`"}
    )
