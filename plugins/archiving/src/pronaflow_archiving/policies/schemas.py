"""Policies as they are sent and shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Id, Schema, Timestamp


class _PolicyFields(Schema):
    is_enabled = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether what is completed or cancelled is archived by itself"},
    )
    inactive_days = fields.Integer(
        strict=True,
        load_default=180,
        validate=validate.Range(min=1, max=3650),
        metadata={"description": "After so many days in which nothing happened in it"},
    )
    trash_retention_days = fields.Integer(
        strict=True,
        load_default=30,
        validate=validate.Range(min=1, max=365),
        metadata={"description": "How long what is deleted from now on can come back"},
    )
    auto_purge_enabled = fields.Boolean(
        load_default=True,
        metadata={"description": "Whether it is deleted for good by itself, at the midnight after that"},
    )


class PolicyIn(_PolicyFields):
    """All that a workspace decides; what is left out is as by default."""

    workspace_id = Id(load_default=None)


class PolicyOut(_PolicyFields):
    """What a workspace decides."""

    workspace_id = Id()
    updated_at = Timestamp(allow_none=True, metadata={"description": "None: the defaults hold"})
