"""What happens to preferences: which keys changed, never to what."""

from __future__ import annotations

from marshmallow import fields

from ..events.types import EventType
from ..web.fields import Id, Schema


class PreferencesPayload(Schema):
    """Whose preferences, and the keys that changed, with dots in between: `accessibility.high_contrast`."""

    user_id = Id()
    section = fields.String()
    keys = fields.List(fields.String())


class PolicyPayload(Schema):
    """The workspace, and the keys that changed."""

    workspace_id = Id()
    section = fields.String()
    keys = fields.List(fields.String())


PREFERENCES_UPDATED = EventType(
    "preferences.updated",
    "Preferences",
    PreferencesPayload,
    public=False,
    summary="Somebody chose other preferences.",
)
POLICY_UPDATED = EventType(
    "preferences.policy.updated",
    "Workspace",
    PolicyPayload,
    public=False,
    summary="A workspace chose other preferences for its members.",
)

PREFERENCE_EVENTS = (PREFERENCES_UPDATED, POLICY_UPDATED)
