"""What happens to workspaces and memberships, whoever changes the rows."""

from __future__ import annotations

from marshmallow import fields

from ..events.types import EventType
from ..web.fields import Id, Schema


class WorkspacePayload(Schema):
    """Which workspace."""

    workspace_id = Id()
    name = fields.String()


class MemberPayload(Schema):
    """Who has which role."""

    workspace_id = Id()
    user_id = Id()
    role = fields.String()


class MemberRemovedPayload(MemberPayload):
    """Who had which role, and who takes over the work; None leaves that to the settings."""

    reassign_to = Id(allow_none=True)


def _workspace(name: str, summary: str) -> EventType:
    return EventType(name, "Workspace", WorkspacePayload, summary=summary)


def _member(name: str, summary: str, payload: type[Schema] = MemberPayload) -> EventType:
    return EventType(name, "User", payload, summary=summary)


WORKSPACE_CREATED = _workspace("workspace.created", "A workspace was created.")
WORKSPACE_UPDATED = _workspace("workspace.updated", "A workspace was changed.")
WORKSPACE_DELETED = _workspace("workspace.deleted", "A workspace was moved to the trash.")
WORKSPACE_RESTORED = _workspace("workspace.restored", "A workspace came back from the trash.")
USER_JOINED = _member("user.joined", "A membership became active (first seed, Webhook Event Types).")
MEMBER_ADDED = _member("workspace.member.added", "Somebody was added to a workspace.")
MEMBER_UPDATED = _member("workspace.member.updated", "A member's role changed.")
MEMBER_REMOVED = _member(
    "workspace.member.removed", "Somebody left a workspace or was removed.", MemberRemovedPayload
)

TENANCY_EVENTS = (
    WORKSPACE_CREATED,
    WORKSPACE_UPDATED,
    WORKSPACE_DELETED,
    WORKSPACE_RESTORED,
    USER_JOINED,
    MEMBER_ADDED,
    MEMBER_UPDATED,
    MEMBER_REMOVED,
)
