"""Moving stored secrets to the active key, so that an old key can be dropped (`pronaflow secrets rotate`).

The columns are found by their mark (`secret_column`), the kernel's and those of every plugin that runs;
beside them are the sealed arguments of jobs (`jobs.sealed`). Each value is read as its owner reads it, bound
to its place, and written back only where it is still the same; the servers may run meanwhile. Versions and
times of the rows stay: nothing that anybody sees has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, bindparam, select, update

from .identity.mfa.models import Factor
from .jobs.models import DeadJob, Job
from .jobs.sealed import FIELD, place_of
from .models import CoreBase
from .persistence.base import secret_columns
from .persistence.scope import Scope
from .persistence.uow import Row, UnitOfWork
from .secrets import DecryptionError
from .tenancy.rule import unscoped

if TYPE_CHECKING:
    from .kernel import Kernel

BATCH = 500
"""Rows of one transaction."""

OWN = (Factor,)
"""The kernel's models with secrets: a table is known from the import of its model, and a command does not
import what only the web needs."""

_WHY = "the server's keys are those of all workspaces"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of one column.

    Arguments:
        column: `table.column`.
        moved: values that were moved to the active key.
        left: values that are under an older key still.
        unreadable: values that no key reads where they stand.
    """

    column: str
    moved: int
    left: int
    unreadable: int


def rotate(kernel: Kernel) -> list[Rotation]:
    """Move every stored secret to the active key; afterwards look at all that is there."""
    metadata = [CoreBase.metadata, *(c.models for c in kernel.contributions.values() if c.models is not None)]
    columns = [_Column(kernel, column) for each in metadata for column in secret_columns(each)]
    jobs = [_SealedArgs(kernel, model.__table__.c.args) for model in (Job, DeadJob)]
    return [column.rotate() for column in (*columns, *jobs)]


def unseen(kernel: Kernel) -> list[str]:
    """Ids of the plugins that do not run: nobody can say where they have stored secrets."""
    return [plugin_id for plugin_id in kernel.plugins if plugin_id not in kernel.contributions]


class _Column:
    """One marked column."""

    _before_all: str | int = "00000000-0000-0000-0000-000000000000"

    def __init__(self, kernel: Kernel, column: Column[Any]) -> None:
        ids = column.table.c.id
        self._db, self._keys = kernel.db, kernel.keys
        self._name = f"{column.table.name}.{column.name}"
        self._page = unscoped(
            _WHY,
            select(ids, column.label("value"))
            .where(ids > bindparam("after", type_=ids.type), column.is_not(None))
            .order_by(ids)
            .limit(BATCH),
        )
        self._replace = unscoped(
            _WHY,
            update(column.table)
            .where(ids == bindparam("row_id", type_=ids.type), column == bindparam("before"))
            .values({column.name: bindparam("now")}),
        )

    def rotate(self) -> Rotation:
        moved = self._walk(self._move)["moved"]
        after = self._walk(lambda _uow, row: self._state(row))
        return Rotation(self._name, moved, after["old"], after["unreadable"])

    def _walk(self, visit: Callable[[UnitOfWork, Row], str]) -> Counter[str]:
        """Visit every value, and count what the visits answer."""
        counts, last = Counter[str](), self._before_all
        while True:
            with self._db.write(Scope.system(), origin="system") as uow:
                rows = uow.all(self._page, after=last)
                counts.update([visit(uow, row) for row in rows])
            if len(rows) < BATCH:
                return counts
            last = rows[-1]["id"]

    def _move(self, uow: UnitOfWork, row: Row) -> str:
        if (state := self._state(row)) != "old":
            return state
        place = self._place(row)
        now = self._keys.encrypt(self._keys.decrypt(self._hidden(row), bound_to=place), bound_to=place)
        given = {"row_id": row["id"], "before": row["value"], "now": self._stored(now)}
        return "moved" if uow.execute(self._replace, **given) else "changed"

    def _state(self, row: Row) -> str:
        """`active`, `old` or `unreadable`."""
        try:
            return "active" if self._keys.is_current(self._hidden(row), bound_to=self._place(row)) else "old"
        except DecryptionError:
            return "unreadable"

    def _hidden(self, row: Row) -> str:
        value: str = row["value"]
        return value

    def _stored(self, hidden: str) -> Any:
        return hidden

    def _place(self, row: Row) -> str:
        return f"{self._name}/{row['id']}"


class _SealedArgs(_Column):
    """The arguments of the jobs of a table whose kinds are sealed."""

    _before_all = 0

    def __init__(self, kernel: Kernel, column: Column[Any]) -> None:
        super().__init__(kernel, column)
        kind = column.table.c.kind
        self._page = self._page.add_columns(kind).where(kind.in_(kernel.sealed.kinds))

    def _hidden(self, row: Row) -> str:
        hidden: str = row["value"][FIELD]
        return hidden

    def _stored(self, hidden: str) -> Any:
        return {FIELD: hidden}

    def _place(self, row: Row) -> str:
        return place_of(row["kind"])
