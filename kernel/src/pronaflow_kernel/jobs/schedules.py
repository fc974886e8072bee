"""The schedules of an installation: those that job types declare, and those that are made while it runs.

Each is one row. What job types declare is entered by whoever starts to work, in one statement that several
may run at once: a schedule that stands already keeps its next occurrence, unless its cron or zone is another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..persistence.types import UtcDateTime
from ..tenancy.rule import unscoped
from .calendar import after
from .models import ScheduleRow, ScheduleRun

if TYPE_CHECKING:
    from .types import Schedule
    from .works import Works

KEY = 80
"""Characters of the key of a schedule that is made while the server runs."""

_WHY = "schedules belong to the installation"
_NAME: BindParameter[str] = bindparam("which")
_COLUMNS = ("kind", "workspace_id", "cron", "zone", "misfire", "args", "declared")


def _enter(dialect: Any, make: Callable[[Any], Any]) -> Any:
    given = make(ScheduleRow)
    same = and_(ScheduleRow.cron == given.excluded.cron, ScheduleRow.zone == given.excluded.zone)
    changed: dict[str, Any] = {name: given.excluded[name] for name in _COLUMNS}
    changed["next_at"] = case((same, ScheduleRow.next_at), else_=given.excluded.next_at)
    return unscoped(_WHY, given.on_conflict_do_update(index_elements=["name"], set_=changed))


ENTER = {
    dialect.name: _enter(dialect, make)
    for dialect, make in ((sqlite.dialect, sqlite.insert), (postgresql.dialect, postgresql.insert))
}
"""Makes or changes schedules; by dialect."""

LEAVE = unscoped(_WHY, delete(ScheduleRow).where(ScheduleRow.name == _NAME))
"""Ends a schedule."""

_DECLARED = select(ScheduleRow.__table__).where(ScheduleRow.declared)
_MADE_KINDS = select(ScheduleRow.kind).where(~ScheduleRow.declared).distinct()
_LEAVE_KIND = delete(ScheduleRow).where(ScheduleRow.kind == bindparam("gone"), ~ScheduleRow.declared)
_ALL = select(ScheduleRow.__table__).order_by(ScheduleRow.name)
_ONE = select(ScheduleRow.__table__).where(ScheduleRow.name == _NAME)
_RUNS = (
    select(ScheduleRun.__table__)
    .where(ScheduleRun.name == _NAME)
    .order_by(ScheduleRun.due_at.desc())
    .limit(bindparam("most"))
)
_PAUSE = update(ScheduleRow).where(ScheduleRow.name == _NAME).values(paused=True)
_RESUME = (
    update(ScheduleRow)
    .where(ScheduleRow.name == _NAME)
    .values(paused=False, next_at=bindparam("following", type_=UtcDateTime()))
)


def row_of(
    name: str, kind: str, schedule: Schedule, now: datetime, workspace_id: str | None = None, **more: Any
) -> dict[str, Any]:
    """A schedule as it is stored.

    Arguments:
        kind: full name of the job type.
        now: from when on it falls due.
    """
    return {
        "name": name,
        "plugin_id": _plugin_of(kind),
        "kind": kind,
        "workspace_id": workspace_id,
        **_said(schedule),
        "declared": False,
        "paused": False,
        "next_at": schedule.after(now),
        "last_due_at": None,
        **more,
    }


def _said(schedule: Schedule) -> dict[str, Any]:
    return {
        "cron": schedule.cron,
        "zone": schedule.zone,
        "misfire": schedule.misfire,
        "args": dict(schedule.args),
    }


def name_of(kind: str, workspace_id: str | None, key: str) -> str:
    """Name of a schedule that is made while the server runs.

    Raises:
        ValueError: the key is empty or too long.
    """
    if not 0 < len(key) <= KEY:
        raise ValueError(f"the key of a schedule has 1 to {KEY} characters, not {len(key)}")
    return f"{kind}:{workspace_id or '-'}:{key}"


@dataclass(frozen=True)
class Differences:
    """What must happen so that the schedules stand as they are declared.

    Arguments:
        enter: rows to make or change.
        leave: names of schedules to end.
        leave_kinds: of job types whose schedules end, whoever made them.
    """

    enter: list[dict[str, Any]]
    leave: list[str]
    leave_kinds: list[str]

    def __bool__(self) -> bool:
        return bool(self.enter or self.leave or self.leave_kinds)

    def settle(self, connection: Connection) -> None:
        """Carry it out; several may do so at once."""
        if self.enter:
            connection.execute(ENTER[connection.dialect.name], self.enter)
        if self.leave:
            connection.execute(LEAVE, [{"which": name} for name in self.leave])
        if self.leave_kinds:
            connection.execute(_LEAVE_KIND, [{"gone": kind} for kind in self.leave_kinds])


def differences(
    connection: Connection,
    works: Works,
    runs: Callable[[str], bool],
    installed: Callable[[str], bool],
    now: datetime,
) -> Differences:
    """How the schedules that stand differ from those that job types declare.

    What a plugin declares that is installed and does not run here is unknown: its schedules rest. So do those
    that people made with a plugin that is not installed at the moment, because nobody would make them again.

    Arguments:
        runs, installed: whether a plugin does, by its id.
    """
    stored = {row["name"]: dict(row) for row in connection.execute(_DECLARED).mappings()}
    wanted = {name: (kind, schedule) for name, kind, schedule in _declared(works)}
    differing = [
        (name, *what) for name, what in sorted(wanted.items()) if _differs(what[1], stored.get(name))
    ]
    kinds = [kind for kind in connection.scalars(_MADE_KINDS) if kind not in works.job_types]
    return Differences(
        [row_of(*each, now, declared=True) for each in differing],
        [name for name in sorted(stored.keys() - wanted.keys()) if _is_gone(stored[name], runs, installed)],
        [kind for kind in sorted(kinds) if runs(_plugin_of(kind))],
    )


def _declared(works: Works) -> Iterator[tuple[str, str, Schedule]]:
    """Name, kind and schedule; where a job has several, all but the first have their number in the name."""
    for kind, job in works.job_types.items():
        for number, schedule in enumerate(job.schedules, start=1):
            yield kind if number == 1 else f"{kind}#{number}", kind, schedule


def _differs(schedule: Schedule, stored: Mapping[str, Any] | None) -> bool:
    return stored is None or any(stored[name] != value for name, value in _said(schedule).items())


def _is_gone(row: Mapping[str, Any], runs: Callable[[str], bool], installed: Callable[[str], bool]) -> bool:
    return runs(row["plugin_id"]) or not installed(row["plugin_id"])


def _plugin_of(kind: str) -> str:
    return kind.partition(".")[0]


def listed(connection: Connection) -> list[dict[str, Any]]:
    """All schedules, by name."""
    return [dict(row) for row in connection.execute(_ALL).mappings()]


def found(connection: Connection, name: str) -> dict[str, Any] | None:
    """A schedule by name; None where there is none."""
    row = connection.execute(_ONE, {"which": name}).mappings().one_or_none()
    return None if row is None else dict(row)


def runs_of(connection: Connection, name: str, most: int) -> list[dict[str, Any]]:
    """The last occurrences of a schedule that have had a job, `name, due_at, made_at`, latest first."""
    return [dict(row) for row in connection.execute(_RUNS, {"which": name, "most": most}).mappings()]


def pause(connection: Connection, name: str) -> None:
    """Let a schedule rest: occurrences have no job from now on."""
    connection.execute(_PAUSE, {"which": name})


def resume(connection: Connection, row: Mapping[str, Any], now: datetime) -> None:
    """Let a schedule that rests go on with the first occurrence after `now`; what it rested for is past."""
    following = after(row["cron"], row["zone"], now)
    connection.execute(_RESUME, {"which": row["name"], "following": following})
