"""Preferences as they are sent and shown."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from pronaflow_kernel.api import DATE_FORMATS, TIME_FORMATS, Choice, Id, Schema, Timestamp

from .values import DENSITIES, FLAGS, FONT_SIZES, FREQUENCIES, NOTIFICATION_KEYS, PLACES


def unknown(*known: str) -> dict[str, str]:
    """What a schema says of keys that it does not know."""
    keys = ", ".join(known)
    return {"unknown": f"Unknown field. Known are: {keys}."}


def _flag(**how: Any) -> fields.Boolean:
    return fields.Boolean(allow_none=True, truthy={True}, falsy={False}, **how)


class AccessibilityIn(Schema):
    """What makes pages easier to use; what is left out stays."""

    error_messages = unknown(*FLAGS)

    high_contrast = _flag()
    reduced_motion = _flag()
    screen_reader_enabled = _flag()


class NotificationsIn(Schema):
    """How notifications reach one; the same values as in `/notifications/preferences`."""

    error_messages = unknown(*NOTIFICATION_KEYS)

    desktop_notifications = _flag()
    sound_enabled = _flag()
    notification_frequency = Choice(FREQUENCIES, allow_none=True)


class AppearanceIn(Schema):
    """What a workspace may choose for its members; `null` brings a default back."""

    error_messages = unknown(*(name for name in PLACES if name != "notifications"))

    theme = fields.String(
        validate=validate.Length(max=60),
        allow_none=True,
        metadata={
            "description": "`system`, or the id of a theme that `/preferences/themes` lists",
            "examples": ["dark"],
        },
    )
    language = fields.String(
        validate=validate.Length(max=40),
        allow_none=True,
        metadata={
            "description": "Tag of a language that `/preferences/languages` lists",
            "examples": ["vi-VN"],
        },
    )
    font_size = Choice(FONT_SIZES, {"extra-large": "extra_large", "xl": "extra_large"}, allow_none=True)
    info_density = Choice(DENSITIES, allow_none=True)
    timezone = fields.String(
        validate=validate.Length(max=60), allow_none=True, metadata={"examples": ["Asia/Ho_Chi_Minh"]}
    )
    date_format = Choice(DATE_FORMATS, {word.lower(): word for word in DATE_FORMATS}, allow_none=True)
    time_format = Choice(TIME_FORMATS, {"12": "12h", "24": "24h"}, allow_none=True)
    accessibility = fields.Nested(AccessibilityIn, allow_none=True)

    @post_load
    def _theme_in_small_letters(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data.get("theme") is not None:
            data["theme"] = data["theme"].strip().lower()
        return data


class PreferencesIn(AppearanceIn):
    """Preferences to change; what is left out stays, `null` brings a default back."""

    error_messages = unknown(*PLACES)

    notifications = fields.Nested(NotificationsIn, allow_none=True)


class AccessibilityOut(Schema):
    """What makes pages easier to use."""

    high_contrast = fields.Boolean()
    reduced_motion = fields.Boolean()
    screen_reader_enabled = fields.Boolean()


class NotificationsOut(Schema):
    """How notifications reach one."""

    desktop_notifications = fields.Boolean()
    sound_enabled = fields.Boolean()
    notification_frequency = fields.String()


class PreferencesOut(Schema):
    """What holds for the caller."""

    id = Id()
    preferences_id = Id(attribute="id", dump_only=True)
    user_id = Id()
    workspace_id = Id(
        allow_none=True, metadata={"description": "In which workspace it holds, where the request names one"}
    )
    theme = fields.String()
    language = fields.String()
    font_size = fields.String()
    info_density = fields.String()
    timezone = fields.String()
    date_format = fields.String()
    time_format = fields.String()
    accessibility = fields.Nested(AccessibilityOut)
    notifications = fields.Nested(NotificationsOut)
    sources = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={
            "description": "Where each value comes from, by dotted key: `policy` (mandatory in the "
            "workspace), `user`, `workspace` or `system`"
        },
    )
    updated_at = Timestamp()


class ThemeContrast(Schema):
    """How well text can be read, as measured."""

    text = fields.Float(metadata={"description": "Contrast with what is behind it, 1 to 21"})
    level = fields.String(metadata={"description": "Level of WCAG 2.1 that this contrast meets: AA or AAA"})


class ThemeOut(Schema):
    """A theme."""

    id = fields.String()
    name = fields.String()
    base = fields.String(metadata={"description": "light or dark"})
    colors = fields.Dict(keys=fields.String(), values=fields.String())
    contrast = fields.Nested(ThemeContrast)
    provider = fields.String(allow_none=True, metadata={"description": "Plugin that brings it"})


class LanguageOut(Schema):
    """A language."""

    code = fields.String()
    name = fields.String()
    native_name = fields.String()
    date_format = fields.String()
    time_format = fields.String()
    provider = fields.String(allow_none=True, metadata={"description": "Plugin that brings it"})


class WcagOut(Schema):
    """How accessible the pages are, as last measured."""

    current_level = fields.String()
    available_levels = fields.List(fields.String())
    description = fields.String()
    measured_at = Timestamp(allow_none=True)


class TimezonesOut(Schema):
    """The time zones that can be chosen."""

    timezones = fields.List(fields.String())
