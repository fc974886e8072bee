"""What is announced of a project's settings."""

from __future__ import annotations

from pronaflow_kernel.api import EventType

from ..events import ProjectPayload

SETTINGS_CHANGED = EventType(
    "project.settings_changed", "Project", ProjectPayload, summary="A project's settings were changed."
)
