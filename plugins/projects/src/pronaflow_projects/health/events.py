"""What is announced of a project's health."""

from __future__ import annotations

from pronaflow_kernel.api import EventType

from ..events import ProjectPayload

HEALTH_CHANGED = EventType(
    "project.health_changed",
    "Project",
    ProjectPayload,
    summary="Somebody said how a project does, or took that back.",
)
