"""Reading and writing.

A GET gets a `Reader`: prebuilt statements on an autocommit connection that cannot write. Everything else
gets a `UnitOfWork`: one transaction, committed by whoever opened it (the web layer, a job, a command) and
never by a service. Both are bound to a `Scope`, and every tenant statement is pinned to its workspace.

    def rename(uow: UnitOfWork, task_id: str, title: str) -> Row:
        task = uow.get(Task, task_id)
        update = uow.update(Task, task, {"title": title})
        if update.changes:
            uow.publish(TASK_UPDATED, task_id, {...}, changes=update.changes)
        return update.row
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Table, bindparam, delete, insert, update

from ..attribution import CURRENT_PLUGIN, as_kernel, attributed
from ..clock import Clock
from ..errors import PreconditionFailed, StaleRow
from ..events.callers import caller_of, remember, store
from ..events.ledger import Ledger
from ..events.types import EventType
from ..ids import new_id
from ..jobs.enqueue import RELAYED, STORE, Jobs
from ..jobs.types import JobType
from ..logs import request_id
from .base import Model
from .prepared import Row
from .reader import Reader
from .scope import SCOPE_WORKSPACE, Scope

__all__ = ["Reader", "Row", "UnitOfWork", "Update"]


@dataclass(frozen=True, slots=True)
class Update:
    """What an update did.

    Arguments:
        row: the row as it is now.
        changes: `{field: {"old": …, "new": …}}`; empty when nothing differed and nothing was written.
    """

    row: Row
    changes: dict[str, dict[str, Any]]


CURRENT_UNIT: ContextVar[UnitOfWork | None] = ContextVar("pronaflow_unit", default=None)
"""The unit of work that is open here, the innermost one; for calls that cannot be given it (actors)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the assembled plugins allow a unit of work.

    Arguments:
        published: the event types that somebody provides, by name.
        active: from a plugin's id and a workspace to whether it is on there.
        job_types: what there is to hand in, by full name.
    """

    published: Mapping[str, EventType]
    active: Callable[[str, str | None], bool]
    job_types: Mapping[str, JobType]


class UnitOfWork(Reader):
    """One transaction: the only way to write.

    Arguments:
        connection: of the write engine, in a transaction.
        scope: for whom and where.
        clock: tells the present.
        origin: written to the ledger: `api`, `import` or `system`.
        now: the business time of everything in it, where that is not the present (imports, demo data).
        rules: what the assembled plugins allow; None where there are none.
    """

    def __init__(
        self,
        connection: Connection,
        scope: Scope,
        clock: Clock,
        origin: str = "api",
        now: datetime | None = None,
        rules: Rules | None = None,
    ) -> None:
        super().__init__(connection, scope, clock)
        self.origin = origin
        self._rules = rules
        self.now = now or clock.now()
        self._ledger = Ledger()
        self._after_commit: list[Callable[[], None]] = []
        self._stored: set[str] = set()
        self._jobs: list[Mapping[str, Any]] = []
        self._expected: tuple[type[Model], str, frozenset[int]] | None = None
        self._expected_own: frozenset[int] | None = None

    def expect(self, model: type[Model], row_id: str, versions: frozenset[int]) -> None:
        """Commit only if a record has one of these versions when the work takes it up (`If-Match`).

        The row that `update` or `remove` is given counts, which finds whoever comes between; where the work
        does neither to the record, the stored row does. `PreconditionFailed` comes from there.
        """
        self._expected = (model, row_id, versions)

    def expect_own(self, versions: frozenset[int]) -> None:
        """`expect` for what is the caller's own and has no id in the path, such as preferences.

        Whoever answers it tells its version by `meet_own`; where nobody does, nothing is committed.
        """
        self._expected_own = versions

    def meet_own(self, version: int) -> None:
        """Tell the version, before the change, of what the caller has one of.

        Raises:
            PreconditionFailed: `If-Match` names another one.
        """
        if self._expected_own is not None and version not in self._expected_own:
            raise PreconditionFailed(f"It was changed meanwhile and has version {version} now: read it again")
        self._expected_own = None

    def insert(self, model: type[Model], values: Mapping[str, Any]) -> Row:
        """Store a new row and return it whole.

        Id, workspace, version and times are filled in where the table has them and `values` does not.
        """
        row = self._complete(model.__table__, values)
        self.connection.execute(_insert(model.__table__), row)
        return row

    def insert_many(self, model: type[Model], rows: Iterable[Mapping[str, Any]]) -> list[Row]:
        """`insert` for many rows in one statement."""
        complete = [self._complete(model.__table__, values) for values in rows]
        if complete:
            self.connection.execute(_insert(model.__table__), complete)
        return complete

    def update(self, model: type[Model], row: Row, changes: Mapping[str, Any]) -> Update:
        """Change a row that was loaded in this unit of work.

        Arguments:
            row: the row as loaded; tells what differs, and its version finds concurrent updates.
            changes: new values; those equal to the old ones are dropped, and if none is left nothing is
                written and the version stays.

        Raises:
            StaleRow: somebody else changed or removed it since; the request is run again.
            PreconditionFailed: it has not the version that was expected.
        """
        self._meet(model, row)
        table = model.__table__
        differing = {name: value for name, value in changes.items() if row[name] != value}
        if not differing:
            return Update(row, {})
        values = dict(differing)
        if "updated_at" in table.c:
            values.setdefault("updated_at", self.now)
        if "version" in table.c:
            values["version"] = row["version"] + 1
        statement = _update(table)
        params = {**values, **_key_binds(table, row)}
        if self.connection.execute(statement, self._params(statement, params)).rowcount != 1:
            raise StaleRow(f"{table.name} changed meanwhile")
        return Update(
            {**row, **values},
            {name: {"old": row[name], "new": value} for name, value in differing.items()},
        )

    def remove(self, model: type[Model], row: Row) -> None:
        """Delete a row that was loaded in this unit of work.

        Raises:
            StaleRow: somebody else changed or removed it since.
            PreconditionFailed: it has not the version that was expected.
        """
        self._meet(model, row)
        statement = _delete(model.__table__)
        params = self._params(statement, _key_binds(model.__table__, row))
        if self.connection.execute(statement, params).rowcount != 1:
            raise StaleRow(f"{model.__table__.name} changed meanwhile")

    def execute(self, statement: Executable, /, **params: Any) -> int:
        """Run a prebuilt statement on many rows and return how many it touched."""
        return self.connection.execute(statement, self._params(statement, params)).rowcount

    def publish(
        self,
        event_type: EventType,
        aggregate_id: str,
        payload: Mapping[str, Any],
        *,
        changes: Mapping[str, Any] | None = None,
        container_id: str | None = None,
        occurred_at: datetime | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> None:
        """Put an event into the ledger, in this transaction; subscribers hear of it after the commit.

        Arguments:
            aggregate_id: id of the thing it happened to.
            payload: with exactly the keys that the type declares.
            changes: from `Update.changes`.
            container_id: the container that decides who may see it.
            occurred_at: business time, where it is not now.
            private: personal values, stored apart so that they can be erased.

        Raises:
            ValueError: the type is provided by nobody, or the payload is not as it declares.
        """
        if self._rules is not None and self._rules.published.get(event_type.name) is not event_type:
            words = "name it in provide_event_types and under events.emits in plugin.toml"
            raise ValueError(f"nobody provides the event type {event_type.name}: {words}")
        principal = self.scope.principal
        row = {
            "aggregate_id": aggregate_id,
            "workspace_id": self.scope.workspace_id,
            "container_id": container_id,
            "actor_kind": principal.kind,
            "user_id": principal.user_id,
            "session_id": principal.session_id,
            "origin": self.origin,
            "request_id": request_id(),
            "occurred_at": occurred_at or self.now,
            "recorded_at": self.clock.now(),
            "payload": payload,
            "changes": changes,
        }
        self._ledger.add(event_type, row, private, caller_of(principal))

    @as_kernel
    def hand_in(self, job: Mapping[str, Any]) -> None:
        """Note background work, which is stored at the end of this transaction (`Jobs.enqueue` makes it)."""
        self._jobs.append(job)

    def jobs_of(self, plugin_id: str) -> Jobs:
        """What hands in the jobs of a plugin, for code of it that has no `ctx.jobs` (actors)."""
        return Jobs(plugin_id, self._rules.job_types if self._rules is not None else {})

    def is_on(self, plugin_id: str, workspace_id: str) -> bool:
        """Whether a plugin is on in a workspace."""
        return self._rules is None or self._rules.active(plugin_id, workspace_id)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something once, and only if, this commits, unless the process dies; else it must be a job."""
        self._after_commit.append(attributed(CURRENT_PLUGIN.get(), action))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of the transaction that can fail alone: when the block raises, only its work is undone."""
        events, expected = self._ledger.mark(), self._expected
        jobs, actions = len(self._jobs), len(self._after_commit)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            self._ledger.rewind(events)
            del self._jobs[jobs:], self._after_commit[actions:]
            self._expected = expected
            raise

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A reader that sees what was written in here so far; whatever is done through it is undone.

        A statement that fails in the block, and is passed over, does not spoil the transaction: PostgreSQL
        would refuse all that follow.
        """
        nested = self.connection.begin_nested()
        try:
            yield Reader(self.connection, self.scope, self.clock)
        finally:
            nested.rollback()

    @as_kernel
    def finish(self) -> tuple[set[str], list[Callable[[], None]]]:
        """Store the events and the jobs, each in one statement; for whoever commits.

        Returns:
            The queues in which there is work now, and what is to be done after the commit.

        Raises:
            PreconditionFailed: a record has not the version that was expected.
        """
        if self._expected_own is not None:
            raise PreconditionFailed("If-Match names a version, and what is at this address has none")
        if self._expected is not None:
            model, row_id, _ = self._expected
            self._meet(model, self.get(model, row_id, trashed=True, lock=True))
        self._stored = store(self.connection, self._ledger.callers.values())
        queues = {RELAYED} if self._ledger.flush(self.connection) else set()
        if self._jobs:
            self.connection.execute(STORE[self.dialect], self._jobs)
            queues |= {job["queue"] for job in self._jobs}
        return queues, self._after_commit

    def committed(self) -> None:
        """Whoever has committed it says so: what it has stored once for all need not be stored again."""
        remember(self.connection.engine, self._stored)

    def _meet(self, model: type[Model], row: Row) -> None:
        """Compare a row with what is expected of it; what the work does to it afterwards is its own."""
        if self._expected is None or self._expected[:2] != (model, row.get("id")):
            return
        if row["version"] not in self._expected[2]:
            raise PreconditionFailed(
                f"It was changed meanwhile and has version {row['version']} now: read it again"
            )
        self._expected = None

    def _complete(self, table: Table, values: Mapping[str, Any]) -> Row:
        row = {column.key: _default(column) for column in table.c}
        if "id" in row:
            row["id"] = new_id()
        if "workspace_id" in row:
            row["workspace_id"] = self.scope.workspace_id
        for name in ("created_at", "updated_at"):
            if name in row:
                row[name] = self.now
        unknown = values.keys() - row.keys()
        if unknown:
            raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
        row.update(values)
        return row


def _default(column: Any) -> Any:
    default = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


@cache
def _insert(table: Table) -> Any:
    return insert(table)


def _identity(table: Table) -> list[Any]:
    """WHERE of a single row: primary key, workspace, version."""
    criteria = [column == bindparam(f"key_{column.key}") for column in table.primary_key]
    if "workspace_id" in table.c:
        criteria.append(table.c.workspace_id == SCOPE_WORKSPACE)
    if "version" in table.c:
        criteria.append(table.c.version == bindparam("key_version"))
    return criteria


def _key_binds(table: Table, row: Row) -> dict[str, Any]:
    binds = {f"key_{column.key}": row[column.key] for column in table.primary_key}
    if "version" in table.c:
        binds["key_version"] = row["version"]
    return binds


@cache
def _update(table: Table) -> Any:
    return update(table).where(*_identity(table))


@cache
def _delete(table: Table) -> Any:
    return delete(table).where(*_identity(table))
