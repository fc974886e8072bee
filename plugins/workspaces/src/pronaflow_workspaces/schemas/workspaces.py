"""Workspaces as they are sent and shown."""

from __future__ import annotations

import unicodedata

from marshmallow import ValidationError, fields, validate

from pronaflow_kernel.api import Choice, Id, Schema, Text, Timestamp

from .settings import SettingsOut


def _a_name(value: str) -> None:
    """A name is one line with a letter or digit in it (modules.md 2.3 rule 9)."""
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in value):
        raise ValidationError("Must be one line without control characters.")
    if not any(c.isalnum() for c in value):
        raise ValidationError("Must hold a letter or a digit.")


def _link() -> fields.Url:
    return fields.Url(
        schemes={"http", "https"}, require_tld=False, allow_none=True, validate=validate.Length(max=2000)
    )


class WorkspacePatch(Schema):
    """What can be changed of a workspace."""

    name = Text(50, least=2, validate=[_a_name])
    description = Text(500, allow_none=True)
    logo_url = _link()


class WorkspaceIn(WorkspacePatch):
    """A new workspace."""

    name = Text(50, least=2, validate=[_a_name], required=True)
    workspace_type = Choice(("personal", "team", "enterprise"), load_default="team")


class WorkspaceRow(Schema):
    """A workspace in a list."""

    id = Id()
    workspace_id = Id(attribute="id", dump_only=True)
    name = fields.String()
    description = fields.String(allow_none=True)
    workspace_type = fields.String()
    logo_url = fields.String(allow_none=True)
    owner_id = Id()
    members_count = fields.Integer()
    role = fields.String(
        allow_none=True, metadata={"description": "The caller's; null for a system admin who is no member"}
    )
    created_at = Timestamp()
    updated_at = Timestamp()


class WorkspaceOut(WorkspaceRow):
    """A workspace."""

    settings = fields.Nested(SettingsOut)


class WorkspaceDeleteQuery(Schema):
    """A second thought before a workspace goes."""

    confirm_name = fields.String(
        load_default=None, metadata={"description": "Refused unless it is the workspace's name"}
    )


class LastAccessedOut(Schema):
    """Where the caller worked last."""

    id = Id()
    workspace_id = Id(attribute="id", dump_only=True)
    name = fields.String()
    accessed_at = Timestamp()
