"""Mutes: what somebody does not want to hear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp


class MuteIn(Schema):
    """What is not to be heard; what is left out is any."""

    type = Text(
        60,
        least=1,
        load_default=None,
        allow_none=True,
        metadata={"description": "Such as `task_updated`", "examples": ["security_alert"]},
    )
    channel = Text(
        60,
        least=1,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "`in_app`, `email` or another; left out, nothing is told at all",
            "examples": ["email"],
        },
    )
    project_id = Id(load_default=None, allow_none=True)
    workspace_id = Id(
        load_default=None, allow_none=True, metadata={"description": "Of the project; else the first one"}
    )

    @validates_schema
    def says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        """A mute of everything is what `in_app_notifications` and `notification_frequency` are for."""
        if data.get("type") is None and data.get("project_id") is None:
            raise ValidationError("Say a type, a project, or both.", "type")


class MuteQuery(PageQuery):
    """Query of the list of mutes."""


class MuteOut(Schema):
    """What somebody does not want to hear."""

    id = Id()
    mute_id = Id(attribute="id", dump_only=True)
    type = fields.String(allow_none=True)
    channel = fields.String(allow_none=True)
    project_id = Id(attribute="container_id", allow_none=True, dump_only=True)
    workspace_id = Id(allow_none=True)
    created_at = Timestamp()
