"""Rows as JSON that both databases can take in again, whichever wrote it, without losing a bit.

A row is an object, column to value. Instants are `2026-03-02T09:00:00.000000Z`, dates `2026-03-02`, ids
dashed lower case, decimals of PostgreSQL text, bytes `{"base64": "…"}`, JSON columns the text of their JSON,
the words of a search index one text with spaces. All else is the JSON value of the same kind. The reader
needs to know nothing of the plugin: what a text means, the column that takes it decides.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Float,
    Insert,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    Time,
    Uuid,
    cast,
    column,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ENUM, TIMESTAMP

from .holdings import Held

BATCH = 1000
"""Rows that are held in memory at once."""

_AS_THEY_ARE = (
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Time,
    Uuid,
    TIMESTAMP,
)
_WORD = re.compile(r"'([^']*)'")
Row = dict[str, Any]


class Codec:
    """Rows of one table on one database, to JSON data and back.

    Arguments:
        held: the table.
        dialect: `sqlite` or `postgresql`.
    """

    def __init__(self, held: Held, dialect: str) -> None:
        self._held = held
        self._postgresql = dialect == "postgresql"
        self._flags = {name for name, kind in held.columns.items() if isinstance(kind, Boolean)}
        self._naive = {name for name, kind in held.columns.items() if isinstance(kind, DateTime)}
        self._words = {"words"} if held.search and self._postgresql else set()

    @property
    def native(self) -> list[str]:
        """Columns of types that only PostgreSQL has; another database cannot take them."""
        return [
            f"{self._held.name}.{name} ({kind})"
            for name, kind in self._held.columns.items()
            if self._postgresql
            and name not in self._words
            and not isinstance(kind, (*_AS_THEY_ARE, JSON, ENUM))
        ]

    def rows(self, connection: Connection, where: ColumnElement[bool] | None = None) -> Iterator[Row]:
        """All rows, or those that meet a condition; streamed."""
        names = list(self._held.columns)
        statement = select(*map(self._read, names)).select_from(self._held.clause)
        if where is not None:
            statement = statement.where(where)
        result = connection.execute(statement.execution_options(yield_per=BATCH))
        for row in result:
            yield {name: self._out(name, value) for name, value in zip(names, row, strict=True)}

    def writer(self, connection: Connection) -> Callable[[list[Row]], None]:
        """What inserts rows of JSON data."""
        statement: Insert = insert(self._held.clause)

        def write(rows: list[Row]) -> None:
            if rows:
                connection.execute(statement, [self.taken_in(row) for row in rows])

        return write

    def taken_in(self, row: Mapping[str, Any]) -> Row:
        """JSON data as values for the driver."""
        take = self._into_postgresql if self._postgresql else self._into_sqlite
        return {name: take(name, row[name]) for name in self._held.columns}

    def _read(self, name: str) -> ColumnElement[Any]:
        kind = self._held.columns[name]
        plain = not self._postgresql or (isinstance(kind, _AS_THEY_ARE) and not isinstance(kind, ENUM))
        return column(name) if plain else cast(column(name), Text)

    def _out(self, name: str, value: Any) -> Any:
        if name in self._words and value is not None:
            return " ".join(_WORD.findall(value))
        if name in self._flags and value in (0, 1):
            return bool(value)
        return _plain(value)

    def _into_postgresql(self, name: str, value: Any) -> Any:
        """As text, which PostgreSQL reads by the type of the column."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict):
            return rf"\x{b64decode(value['base64']).hex()}"
        if name in self._words:
            return " ".join(f"'{word}'" for word in value.split())
        return value if isinstance(value, str) else repr(value)

    def _into_sqlite(self, name: str, value: Any) -> Any:
        """Text and numbers, which SQLite stores by the affinity of the column."""
        if isinstance(value, dict):
            return b64decode(value["base64"])
        if name in self._naive and isinstance(value, str):
            return value.replace("T", " ").removesuffix("Z")
        return value


def insertion(connection: Connection, held: Held) -> Any:
    """An INSERT into a table, of the kind of the database, so that it can say what is done on a conflict.

    Its result tells how many rows there were, which SQLAlchemy forgets otherwise.
    """
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
    return dialect.insert(held.clause).execution_options(preserve_rowcount=True)


def _plain(value: Any) -> Any:
    """A value of a driver as JSON data."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat(" ", "microseconds")
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'microseconds')}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("microseconds")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"base64": b64encode(value).decode()}
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    raise TypeError(f"a value of type {type(value).__name__} has no portable form")
