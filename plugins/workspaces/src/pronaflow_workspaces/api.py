"""What other plugins may import from workspaces: the settings and the tags of a workspace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from pronaflow_kernel.api import Problem, Reader, Row, UnitOfWork, folded, needs_scope

from .tags.models import Tag
from .tags.service import fits, unfit_problem

TAG = Tag.__table__
"""For joins and foreign keys; published columns: id, workspace_id, name, name_norm, color."""


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
        plugins: the sections of plugins that provide one (`provide_workspace_settings`), by their ids.
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
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class WorkspaceSettings(Protocol):
    """The settings of workspaces, for other plugins."""

    @needs_scope("read:workspaces")
    def settings(self, reader: Reader) -> Settings:
        """The settings of the scope's workspace, in one statement."""
        ...


def tag_norm(name: str) -> str:
    """What a tag is found by, its column `name_norm`: case and the way accents are written do not count."""
    return folded(name)


def tag_problems(tags: Iterable[Row], entity_type: str, field: str = "tags") -> list[Problem]:
    """What is wrong where a thing is to have tags: those that are for other kinds of things.

    Arguments:
        tags: as `Tags.find` answers them.
        entity_type: task, project or note.
        field: of the body that named them.
    """
    return [unfit_problem(field, tag["name"], entity_type) for tag in tags if not fits(tag, entity_type)]


class Tags(Protocol):
    """The tags that the things of a workspace share, for plugins whose things have some.

    They keep links, a table with `workspace_id`, the id of the thing and `tag_id`, whose foreign key leads to
    `TAG` by `(workspace_id, id)` with ON DELETE CASCADE.
    """

    @needs_scope("read:workspaces")
    def find(self, uow: UnitOfWork, names: Iterable[str]) -> dict[str, Row]:
        """Those of some names that are tags, by `tag_norm`, in one statement; none is deleted meanwhile."""
        ...

    @needs_scope("read:workspaces")
    def resolve(
        self,
        uow: UnitOfWork,
        names: Collection[str],
        entity_type: str,
        found: Mapping[str, Row] | None = None,
    ) -> dict[str, Row]:
        """Tags of the scope's workspace by `tag_norm`, made where there are none; one to three statements.

        Arguments:
            names: checked: 1 to 50 characters each, no control characters.
            entity_type: what is to have them: task, project or note.
            found: what `find` answered in this unit of work, which saves a statement.

        Raises:
            ValidationFailed: some are for other kinds of things.
        """
        ...
