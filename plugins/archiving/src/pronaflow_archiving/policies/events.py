"""What is announced of policies."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class PolicyPayload(Schema):
    """What a workspace decides now."""

    workspace_id = Id()
    is_enabled = fields.Boolean()
    inactive_days = fields.Integer()
    trash_retention_days = fields.Integer()
    auto_purge_enabled = fields.Boolean()


POLICY_UPDATED = EventType(
    "archive_policy.updated",
    "Workspace",
    PolicyPayload,
    summary="A workspace decided when something is archived by itself, and how long its trash is kept.",
)
