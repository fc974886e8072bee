"""The settings of a project as others read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """What a project decides for the work in it (modules.md 3.1); the values here are the defaults.

    Arguments:
        allow_comments_after_done: whether a completed project still takes comments.
        allow_public_access: whether anything in it may be shown to people without an account.
        default_task_status: of a task that is created without one; None for the workspace's.
        wip_limits: how many tasks may be in a status at once; a status without a limit is missing.
        statuses: those that the project shows, in its order; None for all.
        freeze_days: for how many days before its start the dates of a task stay as they are.
        dependency_mode: `warn` or `block`; None where the governance mode decides (modules.md 3.5).
        default_billable: whether time is billable unless it says otherwise.
    """

    allow_comments_after_done: bool = False
    allow_public_access: bool = False
    default_task_status: str | None = None
    wip_limits: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    statuses: tuple[str, ...] | None = None
    freeze_days: int = 0
    dependency_mode: str | None = None
    default_billable: bool = False


NAMES = tuple(ProjectSettings.__dataclass_fields__)

_DEFAULTS = ProjectSettings()


def of(stored: Mapping[str, Any]) -> ProjectSettings:
    """The settings that follow from what a project's row holds: whatever differs from the defaults."""
    if not stored:
        return _DEFAULTS
    values: dict[str, Any] = dict(stored)
    if values.get("statuses") is not None:
        values["statuses"] = tuple(values["statuses"])
    return ProjectSettings(**values)


def shown(settings: ProjectSettings) -> dict[str, Any]:
    """Settings as a row, in JSON's types."""
    plain: dict[str, Any] = {name: getattr(settings, name) for name in NAMES}
    statuses = None if settings.statuses is None else list(settings.statuses)
    return {**plain, "wip_limits": dict(settings.wip_limits), "statuses": statuses}


def to_store(settings: ProjectSettings) -> dict[str, Any]:
    """What `of` makes these settings of."""
    defaults = shown(_DEFAULTS)
    return {name: value for name, value in shown(settings).items() if value != defaults[name]}
