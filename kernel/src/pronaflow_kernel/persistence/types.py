"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import CHAR, DateTime, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Id(TypeDecorator[str]):
    """A UUIDv7 as dashed lower-case text in Python; `uuid` on PostgreSQL, `CHAR(36)` on SQLite."""

    impl = CHAR(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Native `uuid` where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(PgUuid(as_uuid=False))
        return dialect.type_descriptor(CHAR(36))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; `timestamptz` on PostgreSQL, sortable RFC 3339 text on SQLite.

    Raises:
        ValueError: for a naive datetime.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Native `timestamptz` where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive values; on SQLite write fixed-width text, which sorts as time does."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given where an instant is needed")
        if dialect.name == "postgresql":
            return value
        instant = value if value.tzinfo is UTC else value.astimezone(UTC)
        return f"{instant.isoformat(timespec='microseconds')[:26]}Z"

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Always aware and in UTC. A function of its own, because lists call it for a hundred values."""
        return _utc if dialect.name == "postgresql" else _parsed


def _utc(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


def _parsed(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A JSON value; `jsonb` on PostgreSQL, text on SQLite. `None` is SQL NULL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Native `jsonb` where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Text on SQLite."""
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Parsed on SQLite; PostgreSQL's driver has done it."""
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.loads(value)
