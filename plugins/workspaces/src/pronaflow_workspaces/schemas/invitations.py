"""Invitations as they are sent and shown."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, pre_load, validate

from pronaflow_kernel.api import Choice, EmailAddress, Id, PageQuery, Schema, Text, Timestamp, renamed

from .members import GRANTABLE


class _Invited(Schema):
    role = Choice(GRANTABLE, load_default="member")
    message = Text(500, allow_none=True, load_default=None)

    @pre_load
    def _other_name(self, data: Any, **_: Any) -> Any:
        """`invited_role` is the name of `role` in one of the sources (modules.md 2.1)."""
        return renamed(data, "invited_role", "role")


class InvitationIn(_Invited):
    """Somebody to invite."""

    email = EmailAddress(required=True)


class InvitationsIn(_Invited):
    """Several people to invite."""

    emails = fields.List(EmailAddress(), required=True, validate=validate.Length(min=1, max=50))


class InvitationQuery(PageQuery):
    """Query of the list of invitations."""

    status = Choice(("pending", "accepted", "rejected", "expired", "cancelled"), load_default=None)


class TokenIn(Schema):
    """The secret of an invitation."""

    token = fields.String(load_default=None, validate=validate.Length(max=200))


class InvitationOut(Schema):
    """An invitation."""

    id = Id()
    invitation_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    email = fields.String()
    status = fields.String()
    role = fields.String()
    message = fields.String(allow_none=True)
    invited_by = Id(allow_none=True)
    created_at = Timestamp()
    expires_at = Timestamp()
    accepted_at = Timestamp(allow_none=True)


class InvitationResultOut(Schema):
    """What became of one of several addresses."""

    email = fields.String()
    result = fields.String(metadata={"enum": ["invited", "member_already"]})
    id = Id(allow_none=True)
    invitation_id = Id(attribute="id", dump_only=True, allow_none=True)
    role = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    created_at = Timestamp(allow_none=True)
    expires_at = Timestamp(allow_none=True)


class OpenedOut(Schema):
    """What an invitation is to."""

    workspace_id = Id()
    workspace_name = fields.String()
    inviter = fields.String(allow_none=True, metadata={"description": "User name of whoever invites"})
    email = fields.String(metadata={"description": "The address that the account must have"})
    role = fields.String()
    message = fields.String(allow_none=True)
    expires_at = Timestamp()


class JoinedOut(Schema):
    """What accepting an invitation led to."""

    workspace_id = Id()
    workspace_name = fields.String()
    role = fields.String()
