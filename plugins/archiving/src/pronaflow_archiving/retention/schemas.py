"""What the routes of retention read and show."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, Schema, Timestamp

LEAST, MOST = 90, 3650
"""Days that the audit log stays in the database at least and at most (modules.md, section 8 item 11)."""


class RetentionRuleOut(Schema):
    """How long something is kept."""

    plugin_id = fields.String(metadata={"description": "`core` for the server itself"})
    kind = fields.String(metadata={"example": "trash"})
    summary = fields.String()
    days = fields.Integer(allow_none=True, metadata={"description": "Null: until somebody deletes it"})


class RetentionOut(Schema):
    """How long a workspace and the server keep what."""

    workspace_id = Id()
    cold_after_days = fields.Integer(
        allow_none=True,
        metadata={"description": "Days after which audit log entries move into files; null: never"},
    )
    rules = fields.List(fields.Nested(RetentionRuleOut))
    updated_at = Timestamp(allow_none=True)


class RetentionIn(Schema):
    """What a workspace decides."""

    cold_after_days = fields.Integer(
        required=True,
        allow_none=True,
        validate=validate.Range(min=LEAST, max=MOST),
        metadata={"description": "Days after which audit log entries move into files; null: never"},
    )
