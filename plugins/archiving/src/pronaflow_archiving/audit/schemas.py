"""What audit logs are asked, and what they show."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from pronaflow_kernel.api import Choice, Id, Moment, PageQuery, Schema, Timestamp, WorkspaceQuery

from ..spans import Until

ME = "me"
"""Stands for the id of whoever asks."""


class UserOrMe(Id):
    """The id of a user, or `me`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(of="user", **kwargs)
        self.metadata = {**self.metadata, "format": "uuid-or-me"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return ME if value == ME else super()._deserialize(value, attr, data, **kwargs)


class AuditFilter(WorkspaceQuery):
    """Which entries; all filters must fit."""

    user_id = UserOrMe(
        load_default=None,
        metadata={"description": "Who did it; `me` shows your own actions, in all your workspaces"},
    )
    action = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "An action, or a pattern: `project.*`", "example": "project.archived"},
    )
    resource_type = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=60),
        metadata={"description": "What it happened to", "example": "project"},
    )
    resource_id = Id(load_default=None, of="resource")
    start = Moment(
        data_key="start_date", load_default=None, metadata={"description": "Not before this date or time"}
    )
    end = Until(
        data_key="end_date",
        load_default=None,
        metadata={"description": "Before this time; a bare date counts with its whole day"},
    )


class AuditQuery(PageQuery, AuditFilter):
    """A page of them, newest first."""

    page_size = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))


class AuditExportQuery(AuditFilter):
    """Which entries, and as what."""

    format = Choice(("csv", "jsonl"), {"json": "jsonl", "ndjson": "jsonl"}, load_default="csv")


class AuditLogOut(Schema):
    """What somebody did."""

    id = Id()
    audit_log_id = Id(attribute="id", dump_only=True)
    action = fields.String(metadata={"example": "project.archived"})
    summary = fields.String(metadata={"description": "What happened, in a sentence"})
    user_id = Id(allow_none=True, metadata={"description": "Null where no person did it"})
    user_email = fields.String(
        allow_none=True,
        metadata={"description": "As it was then; null once the person is forgotten"},
    )
    actor_kind = fields.String(metadata={"description": "`user`, `token`, `system` …"})
    resource_type = fields.String(metadata={"example": "project"})
    resource_id = Id()
    workspace_id = Id(allow_none=True)
    changes = fields.Dict(
        keys=fields.String(), allow_none=True, metadata={"description": "By changed field, `old` and `new`"}
    )
    timestamp = Timestamp(metadata={"description": "Business time; that of imports is what they say"})
    recorded_at = Timestamp()
    ip_address = fields.String(
        allow_none=True,
        metadata={"description": "As the configured proxies tell it; null once the person is forgotten"},
    )
    origin = fields.String(metadata={"description": "`api`, `import` or `system`"})
    request_id = Id(allow_none=True)
