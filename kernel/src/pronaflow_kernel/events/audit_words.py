"""The words of audit logs for event types and kinds of things (modules.md, section 8 item 9).

Most events are named as the log wants it, `project.archived`. Others were named for those who subscribe to
them; both words are taken in a filter, and the log's own is answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

ACTIONS = {
    "session.started": "auth.login",
    "session.ended": "auth.logout",
    "session.confirmed": "auth.confirmed",
    "user.login_failed": "auth.login_failed",
    "user.sign_in_barred": "auth.barred",
    "user.password_changed": "auth.password_changed",
    "user.registered": "user.created",
    "user.deleted": "user.anonymized",
    "mfa.enabled": "auth.mfa_enabled",
    "mfa.disabled": "auth.mfa_disabled",
    "user.identity_linked": "oauth.connected",
    "user.identity_unlinked": "oauth.disconnected",
    "workspace.invitation.created": "workspace.member_invited",
    "workspace.member.added": "workspace.member_added",
    "workspace.member.updated": "workspace.member_role_changed",
    "workspace.member.removed": "workspace.member_removed",
    "project.member.added": "project.member_added",
    "project.member.updated": "project.member_role_changed",
    "project.member.removed": "project.member_removed",
}
"""Action by name of the event type, where they differ."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def action_of(event_type: str) -> str:
    """What an audit log calls an event."""
    return ACTIONS.get(event_type, event_type)


def types_of(action: str, known: Iterable[str]) -> list[str]:
    """The event types that an action or a pattern of actions (`project.*`) means.

    Arguments:
        known: names of all event types; one that is meant literally counts also where nobody provides it any
            more, so that what a removed plugin recorded is found.
    """
    wanted = action.lower()
    names = {*known, *ACTIONS}
    found = {name for name in names if fnmatchcase(name, wanted) or fnmatchcase(action_of(name), wanted)}
    return sorted(found) or [wanted]


def resource_type_of(aggregate: str) -> str:
    """What an audit log calls a kind of thing: `task_list` for `TaskList`."""
    return _HUMP.sub("_", aggregate).lower()


def aggregate_of(resource_type: str) -> str:
    """The other way round."""
    return "".join(part.capitalize() for part in resource_type.lower().split("_"))
