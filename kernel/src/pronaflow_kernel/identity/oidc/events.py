"""What is announced of links to providers; issuer and subject are private."""

from __future__ import annotations

from ...events.types import EventType
from ..events import UserPayload

IDENTITY_LINKED = EventType(
    "user.identity_linked",
    "User",
    UserPayload,
    public=False,
    summary="Somebody can sign in through an outside provider from now on.",
)
IDENTITY_UNLINKED = EventType(
    "user.identity_unlinked",
    "User",
    UserPayload,
    public=False,
    summary="An account of an outside provider does not sign somebody in any more.",
)

OIDC_EVENTS = (IDENTITY_LINKED, IDENTITY_UNLINKED)
"""The event types of this package."""
