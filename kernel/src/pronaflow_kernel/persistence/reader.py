"""Reading: prebuilt statements inside one scope."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, Connection, Executable, Select, Table, bindparam, select
from sqlalchemy.sql import ClauseElement, visitors

from ..clock import Clock
from ..errors import NotFound
from .base import Model
from .prepared import PreparedReads, Row
from .scope import SCOPE_WORKSPACE, Scope
from .types import Id


class Reader:
    """Runs statements inside one scope.

    In a job that a schedule handed in, `due_at` is its occurrence: with the name of the job, or with what its
    arguments name, it is a key that stays the same however often the job is tried. Elsewhere it is None.

    Arguments:
        connection: of the read engine.
        scope: for whom and where.
        clock: tells the present.
        prepared: takes over what is read again and again.
    """

    due_at: datetime | None = None

    def __init__(
        self, connection: Connection, scope: Scope, clock: Clock, prepared: PreparedReads | None = None
    ) -> None:
        self._base = connection
        self._prepared = prepared
        self.clock = clock
        self.enter(scope)

    def enter(self, scope: Scope) -> None:
        """Work in `scope` from here on (sign-in and the choice of the workspace narrow it step by step)."""
        self.scope = scope
        self.connection = self._base.execution_options(scope=scope)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.dialect.name

    def all(self, statement: Executable, /, **params: Any) -> list[Row]:
        """All rows."""
        return self._rows(statement, params)

    def one(self, statement: Executable, /, **params: Any) -> Row | None:
        """The first row, or None."""
        rows = self._rows(statement, params, first=True)
        return rows[0] if rows else None

    def value(self, statement: Executable, /, **params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(statement, **params)
        return None if row is None else next(iter(row.values()))

    def get(self, model: type[Model], row_id: str, *, trashed: bool = False, lock: bool = False) -> Row:
        """The row with this id, in the scope's workspace.

        Arguments:
            trashed: whether a trashed record counts as there.
            lock: hold it against other writers until the commit (PostgreSQL; SQLite has one writer anyway).

        Raises:
            NotFound: there is none, or it is another workspace's.
        """
        row = self.one(_get(model.__table__, trashed, lock), id=row_id)
        if row is None:
            raise NotFound(f"{model.__name__} {row_id} was not found")
        return row

    def _rows(self, statement: Executable, params: Mapping[str, Any], first: bool = False) -> list[Row]:
        given = self._params(statement, params)
        if self._prepared is not None:
            rows = self._prepared.rows(self.connection, statement, given, self.scope, first=first)
            if rows is not None:
                return rows
        result = self.connection.execute(statement, given)
        keys = tuple(result.keys())
        found = result.fetchmany(1) if first else result.fetchall()
        result.close()
        return [dict(zip(keys, row, strict=True)) for row in found]

    def _params(self, statement: Executable, params: Mapping[str, Any]) -> dict[str, Any]:
        wanted = _scope_binds(statement)
        if not wanted:
            return dict(params)
        binds = self.scope.binds()
        return {**params, **{name: binds[name] for name in wanted}}


_SCOPE_NAMES = frozenset({"scope_workspace", "scope_user", "scope_role"})
_BINDS: WeakKeyDictionary[Executable, tuple[str, ...]] = WeakKeyDictionary()


def _scope_binds(statement: Executable) -> tuple[str, ...]:
    """Names of the scope binds in a statement, found once a statement."""
    known = _BINDS.get(statement)
    if known is None:
        known = tuple(
            {
                element.key
                for element in visitors.iterate(cast(ClauseElement, statement))
                if isinstance(element, BindParameter) and element.key in _SCOPE_NAMES
            }
        )
        _BINDS[statement] = known
    return known


@cache
def _get(table: Table, trashed: bool, lock: bool) -> Select[Any]:
    statement = select(table).where(table.c.id == bindparam("id", type_=Id()))
    if "workspace_id" in table.c:
        statement = statement.where(table.c.workspace_id == SCOPE_WORKSPACE)
    if "lifecycle" in table.c and not trashed:
        statement = statement.where(table.c.lifecycle != "trashed")
    # NO KEY: rows that refer to this one may be added meanwhile, which a full lock would make a deadlock of.
    return statement.with_for_update(key_share=True) if lock else statement
