"""What can be chosen, and what holds where nobody has chosen (modules.md 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN, LOCALE, NOTIFICATIONS = "personalization", "locale", "notifications"
"""The sections of the kernel's preferences in which values lie; the last two are shared with others."""

FONT_SIZES = ("small", "medium", "large", "extra_large")
"""12, 14, 16 and 18 pixels."""
DENSITIES = ("comfortable", "compact")
FLAGS = ("high_contrast", "reduced_motion", "screen_reader_enabled")
FREQUENCIES = ("immediate", "hourly", "daily", "weekly", "never")
SYSTEM_THEME = "system"
"""As the reader's device has it."""

PLACES: Mapping[str, str] = {
    "theme": OWN,
    "font_size": OWN,
    "info_density": OWN,
    "accessibility": OWN,
    "language": LOCALE,
    "timezone": LOCALE,
    "date_format": LOCALE,
    "time_format": LOCALE,
    "notifications": NOTIFICATIONS,
}
"""In which section a value lies."""

DEFAULTS: Mapping[str, Any] = {
    "theme": SYSTEM_THEME,
    "font_size": "medium",
    "info_density": "comfortable",
    **{f"accessibility.{flag}": False for flag in FLAGS},
    "notifications.desktop_notifications": True,
    "notifications.sound_enabled": True,
    "notifications.notification_frequency": "immediate",
}
"""By dotted key; those of a locale depend on the settings and the language."""

LOCALE_KEYS = ("language", "timezone", "date_format", "time_format")
NOTIFICATION_KEYS = tuple(key.partition(".")[2] for key in DEFAULTS if key.startswith("notifications."))
POLICY_KEYS = (*(key for key in DEFAULTS if not key.startswith("notifications.")), *LOCALE_KEYS)
"""What a workspace may choose for its members; what reaches somebody is theirs alone to choose."""


def by_section(changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Changes as they are sent, by the section in which they lie."""
    found: dict[str, dict[str, Any]] = {}
    for name, change in changes.items():
        section = PLACES[name]
        if section == NOTIFICATIONS:
            found[section] = dict(change) if change is not None else dict.fromkeys(NOTIFICATION_KEYS)
        else:
            found.setdefault(section, {})[name] = change
    return found
