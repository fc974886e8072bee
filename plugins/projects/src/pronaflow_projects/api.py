"""What other plugins may import from projects: services, published tables, data, the rules for input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from pronaflow_kernel.api import Reader, Row, UnitOfWork, needs_scope

from . import governance
from .change_requests.lists import NewLists
from .copying.workdays import WorkDays
from .counts import Counts
from .health.api import Workloads
from .health.measures import Workload
from .models import Project, ProjectMember
from .queries import COUNTS, visible_to
from .schemas import ProjectCreate
from .settings.values import ProjectSettings

__all__ = [
    "MEMBER_COUNTS",
    "PROJECT",
    "PROJECT_MEMBER",
    "Counts",
    "NewLists",
    "ProjectContent",
    "ProjectCreate",
    "ProjectInfo",
    "ProjectSettings",
    "Projects",
    "TaskCounts",
    "TaskStatuses",
    "WorkDays",
    "Workload",
    "Workloads",
    "visible_to",
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
        settings: what it decides for the work in it.
    """

    id: str
    workspace_id: str
    key: str
    name: str
    status: str
    lifecycle: str
    governance_mode: str
    visibility: str
    settings: ProjectSettings

    @property
    def is_agreed(self) -> bool:
        """Whether strict mode wants a change request for its dates and new lists (`governance`)."""
        return governance.is_agreed(self.governance_mode, self.status)


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
    def editable(self, uow: UnitOfWork, project_id: str, *, comments: bool = False) -> ProjectInfo:
        """A project whose content may change now, and until the commit: status and key wait for that.

        Arguments:
            comments: whether only comments are to change, which a project may take once it is completed.

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


class TaskStatuses(Protocol):
    """Published by whoever owns tasks; projects takes from it which statuses its settings may name."""

    def meanings(self) -> Mapping[str, str]:
        """From whatever a status may be called, in lower case, to its proper name, in their order."""
        ...

    def closed(self) -> Sequence[str]:
        """Statuses in which nothing is left to do."""
        ...


class ProjectContent(Protocol):
    """Published by whoever owns tasks: what is in a project, for clones and templates.

    A structure is as templates/structure.py describes it, whole, with dependencies by index.
    """

    def describe(
        self, reader: Reader, project_id: str, days: WorkDays, start: date | None, *, with_tasks: bool
    ) -> dict[str, Any]:
        """The `phases` and `custom_fields` of a project, with a few statements whatever its size.

        Arguments:
            days: in which to count.
            start: of the project; None where it has none, and its first task begins on day 0.
            with_tasks: or phases without any.
        """
        ...

    def fill(
        self,
        uow: UnitOfWork,
        project_id: str,
        structure: Mapping[str, Any],
        days: WorkDays,
        start: date,
    ) -> None:
        """Make in a new project what a structure says, with a few statements whatever its size.

        Arguments:
            structure: whose tasks have days of their own, as far as they have any.
            days, start: from which to count where.

        Raises:
            ValidationFailed: a value breaks a rule; the fields are named as in `Tasks.create_many`.
        """
        ...
