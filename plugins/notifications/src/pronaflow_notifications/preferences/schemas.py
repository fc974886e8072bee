"""Preferences about notifications, as the first seed prints them."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import fields, pre_load, validate

from pronaflow_kernel.api import Choice, Id, Schema, Timestamp, renamed

from .values import FREQUENCIES, WEEKDAYS

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_ALIASES = {"realtime": "immediate", "off": "never"}


def hour(**how: Any) -> fields.String:
    """A time of day, `22:00`."""
    words = "Must be a time of day from 00:00 to 23:59, such as 22:00."
    check = validate.Regexp(re.compile(_HOUR.pattern + r"\Z"), error=words)
    return fields.String(validate=check, **how)


class QuietHoursIn(Schema):
    """When nothing is sent; what is left out stays."""

    enabled = fields.Boolean(allow_none=True)
    start = hour(allow_none=True)
    end = hour(allow_none=True, metadata={"description": "Before `start`: the hours go over midnight"})


class PreferencesPatch(Schema):
    """Changes of preferences; null brings a default back."""

    email_on_task_assigned = fields.Boolean(allow_none=True)
    email_on_comment = fields.Boolean(allow_none=True)
    email_on_project_update = fields.Boolean(allow_none=True)
    in_app_notifications = fields.Boolean(
        allow_none=True,
        metadata={"description": "Off, the application shows none but those of high priority"},
    )
    notification_frequency = Choice(
        FREQUENCIES,
        _ALIASES,
        allow_none=True,
        metadata={"description": "How often mails go out; the application shows everything at once"},
    )
    digest_time = hour(
        allow_none=True, metadata={"description": "When daily and weekly mails come, in your time zone"}
    )
    digest_weekday = Choice(WEEKDAYS, allow_none=True)
    desktop_notifications = fields.Boolean(allow_none=True)
    sound_enabled = fields.Boolean(allow_none=True)
    quiet_hours = fields.Nested(QuietHoursIn, allow_none=True)

    @pre_load
    def alias(self, data: Any, **_: Any) -> Any:
        """`frequency` is what earlier drafts of the API called it."""
        return renamed(data, "frequency", "notification_frequency")


class QuietHoursOut(Schema):
    """When nothing is sent, in your time zone; equal hours are the whole day."""

    enabled = fields.Boolean()
    start = fields.String()
    end = fields.String()


class PreferencesOut(Schema):
    """What you have chosen, and the defaults for the rest."""

    id = Id()
    user_id = Id()
    email_on_task_assigned = fields.Boolean()
    email_on_comment = fields.Boolean()
    email_on_project_update = fields.Boolean()
    in_app_notifications = fields.Boolean()
    notification_frequency = fields.String(metadata={"enum": list(FREQUENCIES)})
    digest_time = fields.String()
    digest_weekday = fields.String(metadata={"enum": list(WEEKDAYS)})
    desktop_notifications = fields.Boolean()
    sound_enabled = fields.Boolean()
    quiet_hours = fields.Nested(QuietHoursOut)
    updated_at = Timestamp(allow_none=True, metadata={"description": "Null before the first change"})
