"""What other plugins may import from workspaces: the settings of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from pronaflow_kernel.api import Reader, needs_scope


def _nine_to_six() -> Mapping[str, Any]:
    return MappingProxyType({"start": "09:00", "end": "18:00", "lunch": None})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a workspace decides for all that is in it (modules.md 2.2); the values here are the defaults.

    Arguments:
        allow_public_access: whether anything in it may be shown to people without an account.
        allow_member_invitations: whether members, and not only admins, may invite.
        default_task_status: of a task that is created without one.
        timezone: name in the IANA database, in which days and hours are meant.
        work_days: `mon` to `sun`, in the order of the week.
        work_hours: `start` and `end` as HH:MM, `lunch` with the same keys, or None.
        holidays: `{"date": "2026-12-24", "name": "Christmas Eve"}`, in order; the name may be None.
        members_can_create_projects: whether members, and not only admins, may create projects.
        on_member_removed: what happens to the work of somebody who leaves: `unassign` or `keep`.
    """

    allow_public_access: bool = False
    allow_member_invitations: bool = True
    default_task_status: str = "todo"
    timezone: str = "UTC"
    work_days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    work_hours: Mapping[str, Any] = field(default_factory=_nine_to_six)
    holidays: tuple[Mapping[str, Any], ...] = ()
    members_can_create_projects: bool = True
    on_member_removed: str = "unassign"


class WorkspaceSettings(Protocol):
    """The settings of workspaces, for other plugins."""

    @needs_scope("read:workspaces")
    def settings(self, reader: Reader) -> Settings:
        """The settings of the scope's workspace, in one statement."""
        ...
