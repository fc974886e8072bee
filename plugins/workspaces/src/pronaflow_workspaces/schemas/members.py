"""Members as they are sent and shown."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Choice, Id, PageQuery, Schema, Timestamp

ROLES = ("owner", "admin", "member", "viewer")
GRANTABLE = ("admin", "member", "viewer")
"""Roles that somebody can join with; owners are made by a change of role or a transfer."""


class WorkspaceMemberQuery(PageQuery):
    """Query of the list of members."""

    role = Choice(ROLES, load_default=None)


class WorkspaceMemberIn(Schema):
    """An existing user to add."""

    user_id = Id(required=True)
    role = Choice(GRANTABLE, load_default="member")


class WorkspaceRoleIn(Schema):
    """Another role."""

    role = Choice(ROLES, required=True)


class WorkspaceRemoveQuery(Schema):
    """What to do with the work of somebody who leaves."""

    reassign_to = Id(
        of="user",
        load_default=None,
        metadata={"description": "The member who takes the work over; else the settings decide"},
    )


class WorkspaceTransferIn(Schema):
    """Who owns the workspace from now on."""

    new_owner_id = Id(of="user", required=True)


class WorkspaceMemberOut(Schema):
    """A member."""

    id = Id()
    user_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    username = fields.String()
    email = fields.String()
    full_name = fields.String(allow_none=True)
    role = fields.String()
    joined_at = Timestamp()
    last_activity = Timestamp(allow_none=True)
    updated_at = Timestamp()
