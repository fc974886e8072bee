"""Settings: what operators can set, where it may come from, and how mistakes are reported.

`load()` merges defaults, `pronaflow.toml`, environment variables and flags into one frozen `Settings`, or
raises one `SettingsError` that names every mistake with its place. A plugin declares its own section as a
frozen dataclass of `setting()` fields; its id is the section's name.
"""

from .declaring import setting
from .files import FileSettings
from .loading import Described, describe, load
from .problems import Problem, SettingsError
from .schema import (
    AuthSettings,
    BootstrapSettings,
    EgressSettings,
    LimitSettings,
    LogSettings,
    MailSettings,
    OidcSettings,
    PluginSettings,
    RateLimitSettings,
    ServerSettings,
    Settings,
    keys,
    sections,
)

__all__ = [
    "AuthSettings",
    "BootstrapSettings",
    "Described",
    "EgressSettings",
    "FileSettings",
    "LimitSettings",
    "LogSettings",
    "MailSettings",
    "OidcSettings",
    "PluginSettings",
    "Problem",
    "RateLimitSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "describe",
    "keys",
    "load",
    "sections",
    "setting",
]
