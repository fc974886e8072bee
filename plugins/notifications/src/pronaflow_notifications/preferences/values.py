"""What people choose about notifications, and what holds where they have chosen nothing (modules.md 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECTION = "notifications"
"""Of the kernel's preferences."""

SWITCHES = ("email_on_task_assigned", "email_on_comment", "email_on_project_update")
"""Which mails somebody wants; a type of notification names one of them."""

FREQUENCIES = ("immediate", "hourly", "daily", "weekly", "never")
"""How often mails go out; `never` leaves what the application itself shows."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DEFAULTS: Mapping[str, Any] = {
    "email_on_task_assigned": True,
    "email_on_comment": True,
    "email_on_project_update": False,
    "in_app_notifications": True,
    "notification_frequency": "immediate",
    "digest_time": "08:00",
    "digest_weekday": "monday",
    "desktop_notifications": True,
    "sound_enabled": True,
    "quiet_hours": {"enabled": False, "start": "22:00", "end": "08:00"},
}


def effective(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody has chosen, over the defaults.

    Arguments:
        chosen: `Chosen.values` of the section.
    """
    found = {**DEFAULTS, **{name: value for name, value in chosen.items() if name in DEFAULTS}}
    return {**found, "quiet_hours": {**DEFAULTS["quiet_hours"], **chosen.get("quiet_hours", {})}}
