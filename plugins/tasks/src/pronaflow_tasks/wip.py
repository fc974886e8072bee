"""How many tasks may be in a status at once: limits that a project sets (modules.md 4.4, rule 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, func, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Conflict, Context, IdType, UnitOfWork
from pronaflow_projects.api import ProjectInfo

from .models import ACTIVE, Task

_COUNTS = (
    select(Task.status, func.count().label("count"))
    .where(
        Task.workspace_id == SCOPE_WORKSPACE,
        Task.project_id == bindparam("project_id", type_=IdType()),
        Task.lifecycle == ACTIVE,
        Task.status.in_(bindparam("statuses", expanding=True)),
    )
    .group_by(Task.status)
)


class Room:
    """How much room the statuses of a project have, for tasks that enter them one after the other.

    Arguments:
        limits: how many tasks each status takes; others take any number.
        counts: how many are in them.
        refuses: whether a full status takes no more; else it only warns.
    """

    def __init__(self, limits: Mapping[str, int], counts: Mapping[str, int], refuses: bool) -> None:
        self._limits = limits
        self._counts = dict(counts)
        self._refuses = refuses

    def enter(self, status: str, *, override: bool = False) -> list[str]:
        """Let a task into a status; the answer is warnings.

        Arguments:
            override: whether it enters a full one too; the caller has been asked for the right to that.

        Raises:
            Conflict: the status is full; `details` tell status, limit and count.
        """
        limit = self._limits.get(status)
        if limit is None:
            return []
        count = self._counts.get(status, 0)
        if count < limit or override or not self._refuses:
            self._counts[status] = count + 1
        if count < limit or override:
            return []
        sentence = f"At most {limit} tasks are to be {status} at once, and {count} are already."
        if self._refuses:
            raise Conflict(sentence, details={"status": status, "limit": limit, "count": count})
        return [sentence]


class Limits:
    """Knows the room in a project.

    What nobody asked for, and imports, which tell what is, enter any status.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._access = ctx.access

    def may_override(self, uow: UnitOfWork, project: ProjectInfo) -> None:
        """Refuse whoever may not put tasks into a full status.

        Raises:
            Forbidden: the caller may not.
        """
        self._access.authorize(uow, "tasks.override_wip", container_id=project.id)

    def enter(
        self, uow: UnitOfWork, project: ProjectInfo, status: str, *, override: bool = False
    ) -> list[str]:
        """Let one task into a status; see `Room`.

        Raises:
            Forbidden: the caller may not override limits.
            Conflict: the status is full.
        """
        if override:
            self.may_override(uow, project)
            return []
        return self.room(uow, project, [status]).enter(status)

    def room(self, uow: UnitOfWork, project: ProjectInfo, statuses: Collection[str]) -> Room:
        """The room in some statuses; whoever holds the project's counter row sees it as it stays.

        One statement where a limit is set for one of them, else none.
        """
        limits = {
            status: limit for status, limit in project.settings.wip_limits.items() if status in statuses
        }
        if not limits or uow.scope.principal.kind == "system" or uow.origin != "api":
            return Room({}, {}, False)
        rows = uow.all(_COUNTS, project_id=project.id, statuses=sorted(limits))
        counts = {row["status"]: row["count"] for row in rows}
        return Room(limits, counts, project.governance_mode == "strict")
