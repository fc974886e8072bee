"""Tokens as they are sent and shown."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from pronaflow_kernel.api import Id, PageQuery, Schema, Text, Timestamp

_BARE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _printable(name: str) -> None:
    if not name.isprintable():
        raise ValidationError("May not contain control characters.")


class Until(Timestamp):
    """An instant, or a bare date, which stays one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not (isinstance(value, str) and _BARE.fullmatch(value)):
            found: datetime = super()._deserialize(value, attr, data, **kwargs)
            return found
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid", input=value, obj_type="date") from None


class _Expires(Schema):
    expires_at = Until(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "An instant, or a date, which means the end of that day in UTC. At most 365 days "
            "from now; that is also what null and leaving it out mean",
            "examples": ["2027-02-03"],
        },
    )


class ApiTokenIn(_Expires):
    """A new token."""

    name = Text(100, least=1, validate=[_printable], required=True)
    scopes = fields.List(
        fields.String(validate=validate.Length(max=60)),
        required=True,
        validate=validate.Length(min=1, max=100),
        metadata={
            "description": "What it may do; `GET /integration/tokens/scopes` lists all",
            "examples": [["read:account", "read:users"]],
        },
    )
    workspace_id = Id(
        load_default=None, metadata={"description": "Where it works; else X-Workspace-Id, else the first one"}
    )


class ApiTokenPatch(Schema):
    """Changes of a token."""

    name = Text(100, least=1, validate=[_printable])
    is_active = fields.Boolean(metadata={"description": "Whether it works; one that does not can come back"})


class ApiTokenRotation(_Expires):
    """When the new secret ends."""


class ApiTokenQuery(PageQuery):
    """Query of the list of tokens."""

    workspace_id = Id(load_default=None)
    include_usage = fields.Boolean(load_default=False)


class ApiTokenUsageSums(Schema):
    """How much a token was used."""

    total_requests = fields.Integer(metadata={"description": "Since it was made"})
    last_24h = fields.Integer(metadata={"description": "In this hour and the 24 before it"})
    last_30d = fields.Integer(metadata={"description": "Today and on the 29 days before (UTC)"})


class ApiTokenOut(Schema):
    """An API token, without its secret."""

    id = Id()
    token_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    user_id = Id()
    name = fields.String()
    token_prefix = fields.String(metadata={"description": "How it begins"})
    scopes = fields.List(fields.String())
    expires_at = fields.String(
        attribute="expires_text", metadata={"description": "In the form in which it was sent"}
    )
    is_active = fields.Boolean(metadata={"description": "False: switched off for now"})
    is_revoked = fields.Boolean(metadata={"description": "True: over for good"})
    revoked_at = Timestamp(allow_none=True)
    last_used_at = Timestamp(allow_none=True, metadata={"description": "To the minute"})
    usage = fields.Nested(
        ApiTokenUsageSums, allow_none=True, metadata={"description": "null unless asked for"}
    )
    created_at = Timestamp()
    updated_at = Timestamp()


class NewApiTokenOut(ApiTokenOut):
    """An API token with its secret, which is shown this once."""

    token = fields.String()
    warning = fields.String()


class ScopeOut(Schema):
    """A scope that a token can have."""

    scope = fields.String()
    description = fields.String()
    resource_type = fields.String()
    permission_type = fields.String()
