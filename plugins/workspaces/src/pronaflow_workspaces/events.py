"""What is announced of invitations and visits; workspaces and members have the kernel's events."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class InvitationPayload(Schema):
    """Which invitation. The address stands in the private part of the event."""

    workspace_id = Id()
    invitation_id = Id()
    role = fields.String()
    user_id = Id(
        allow_none=True, metadata={"description": "The account with the address, where there is one"}
    )


class VisitPayload(Schema):
    """Which workspace; who opened it is the actor."""

    workspace_id = Id()


WORKSPACE_ACCESSED = EventType(
    "workspace.accessed", "Workspace", VisitPayload, public=False, summary="Somebody opened a workspace."
)


def _invitation(verb: str, summary: str) -> EventType:
    return EventType(
        f"workspace.invitation.{verb}", "Invitation", InvitationPayload, public=False, summary=summary
    )


INVITATION_CREATED = _invitation("created", "Somebody was invited by mail.")
INVITATION_RESENT = _invitation("resent", "An invitation was mailed again, with a new link.")
INVITATION_OPENED = _invitation("opened", "Somebody followed the link of an invitation.")
INVITATION_ACCEPTED = _invitation("accepted", "An invitation was accepted.")
INVITATION_DECLINED = _invitation("declined", "An invitation was declined.")
INVITATION_CANCELLED = _invitation("cancelled", "An invitation was cancelled before it was answered.")

EVENTS = (
    WORKSPACE_ACCESSED,
    INVITATION_CREATED,
    INVITATION_RESENT,
    INVITATION_OPENED,
    INVITATION_ACCEPTED,
    INVITATION_DECLINED,
    INVITATION_CANCELLED,
)
