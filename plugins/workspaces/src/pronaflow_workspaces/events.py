"""What is announced of invitations; workspaces and members have the kernel's events."""

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


def _invitation(verb: str, summary: str) -> EventType:
    return EventType(
        f"workspace.invitation.{verb}", "Invitation", InvitationPayload, public=False, summary=summary
    )


INVITATION_CREATED = _invitation("created", "Somebody was invited by mail.")
INVITATION_ACCEPTED = _invitation("accepted", "An invitation was accepted.")
INVITATION_DECLINED = _invitation("declined", "An invitation was declined.")
INVITATION_CANCELLED = _invitation("cancelled", "An invitation was cancelled before it was answered.")

EVENTS = (INVITATION_CREATED, INVITATION_ACCEPTED, INVITATION_DECLINED, INVITATION_CANCELLED)
