"""What people are told of workspaces, by the plugin that has the hook `provide_notification_types`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Event, Reader, Workspace


def notification_types() -> list[Mapping[str, Any]]:
    """The answer to `provide_notification_types`; the invitation itself is mailed by `letters.py`."""
    return [
        {
            "type": "workspace_invitation",
            "event": "workspace.invitation.created",
            "title": "Invitation to a workspace",
            "message": "{actor} invites you to the workspace '{workspace}'; a link was mailed to you",
            "summary": "Somebody invites you to a workspace",
            "priority": "high",
            "recipients": _invited,
            "values": _workspace,
            "reasons": {"invited": "You were invited."},
            "outsiders": True,
            "in_app_only": True,
        }
    ]


def _invited(reader: Reader, event: Event) -> dict[str, str]:
    """Who has an account with the address that the invitation went to."""
    user_id = event.payload["user_id"]
    return {user_id: "invited"} if user_id else {}


def _workspace(reader: Reader, event: Event) -> dict[str, str]:
    return {"workspace": reader.get(Workspace, event.payload["workspace_id"])["name"]}
