"""What other plugins may import from projects: services, published tables, data, the rules for input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pronaflow_kernel.api import Reader, Row, UnitOfWork, needs_scope

from .models import Project, ProjectMember
from .queries import COUNTS
from .schemas import ProjectCreate

__all__ = [
    "MEMBER_COUNTS",
    "PROJECT",
    "PROJECT_MEMBER",
    "Counts",
    "ProjectCreate",
    "ProjectInfo",
    "Projects",
    "TaskCounts",
]

PROJECT = Project.__table__
"""For joins and foreign keys; published columns: id, workspace_id, key, name, status, lifecycle."""

PROJECT_MEMBER = ProjectMember.__table__
"""For joins; published columns: workspace_id, project_id, user_id, role. Demand `MEMBER_COUNTS` with it."""

MEMBER_COUNTS = COUNTS
"""Whether a row of `PROJECT_MEMBER` counts: it does not outlast the user's stay in the workspace."""


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """What others need to know of a project.

    Arguments:
        id, workspace_id, key, name: as they are called; `key` begins the keys of its tasks (`WEB-12`).
        status: of the state machine (modules.md 3.3); lifecycle: active or archived.
        governance_mode: `simple` warns where `strict` refuses (modules.md 3.5).
        visibility: `public` to the workspace, or `private` to its members.
    """

    id: str
    workspace_id: str
    key: str
    name: str
    status: str
    lifecycle: str
    governance_mode: str
    visibility: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks a project has, trashed ones left out."""

    total: int = 0
    completed: int = 0
    cancelled: int = 0

    @property
    def open(self) -> int:
        """Neither completed nor cancelled."""
        return self.total - self.completed - self.cancelled

    @property
    def progress(self) -> int:
        """Percent of the tasks not cancelled that are completed (modules.md 3.6)."""
        counted = self.total - self.cancelled
        return 100 * self.completed // counted if counted else 0


class Projects(Protocol):
    """The projects of the scope's workspace; nothing here asks for permissions."""

    @needs_scope("read:projects")
    def get(self, reader: Reader, project_id: str) -> ProjectInfo:
        """A project that is not in the trash.

        Raises:
            NotFound: there is none.
        """
        ...

    @needs_scope("read:projects")
    def find_key(self, reader: Reader, key: str) -> ProjectInfo | None:
        """The project with this key, or None; one in the trash does not count."""
        ...

    @needs_scope("read:projects")
    def editable(self, uow: UnitOfWork, project_id: str) -> ProjectInfo:
        """A project whose content may change now, and until the commit: status and key wait for that.

        Raises:
            NotFound: there is none.
            Conflict: it is on hold, completed, cancelled or archived; `details.project_status` tells.
        """
        ...

    @needs_scope("read:projects")
    def is_member(self, reader: Reader, project_id: str, user_id: str) -> bool:
        """Whether a user is a member of a project."""
        ...

    @needs_scope("write:projects")
    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """Create a project, owned by the scope's user unless `owner_id` is given; `key` may be left out.

        Raises:
            Conflict: the key is taken.
            StaleRow: the key that was found for it was taken meanwhile; a further attempt finds another.
        """
        ...

    @needs_scope("write:projects")
    def add_member(self, uow: UnitOfWork, project_id: str, user_id: str, role: str) -> Row:
        """Make a member of the workspace a member of a project.

        Raises:
            Conflict: it is one already.
            ValidationFailed: the user is not in the workspace.
        """
        ...


class TaskCounts(Protocol):
    """Published by whoever owns tasks; projects shows progress from it."""

    def counts(self, reader: Reader, project_ids: Sequence[str]) -> Mapping[str, Counts]:
        """Counts by project id, in one statement; a project without tasks may be missing."""
        ...
