"""Lists: filters, sorts, pages and cursors over one prebuilt statement.

A `Listing` is declared once, at module level. Its statements are built once per shape (which filters, which
sort, page or cursor) and kept; a request only supplies values.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    String,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import NullType, TypeDecorator

from ..errors import InvalidRequest, Problem, ValidationFailed
from ..ids import as_id
from ..web.answers import Page, Window
from ..web.body import check_json
from .types import Id, UtcDateTime

if TYPE_CHECKING:
    from .uow import Reader, Row

MAX_OFFSET = 10_000
"""Pages reach this far; further on the caller walks by cursor (architecture.md 5)."""

MAX_SHAPES = 200
"""Statements kept by a list; each one takes about 28 kB with what the drivers keep of it."""

MAX_CURSOR_NUMBER = 2**31 - 1
"""Largest number that a sort column holds, unless it is a wide one."""

MAX_WIDE_NUMBER = 2**53
"""Largest number in a BIGINT, so that every reader of JSON takes it for the same."""

MAX_TOTAL = 10_000
"""Filtered totals are exact up to here."""

FEW = 1_000
"""Rows that are sorted faster than they are met along the order, among the rows of a long list."""

Total = Callable[["Reader", Mapping[str, Any], Mapping[str, Any]], int | None]
"""From a reader, the filters that are set and the other binds to a total; None where it cannot tell."""

AnySelect = Select[*tuple[Any, ...]]
Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class _Shape:
    filters: frozenset[str]
    sort: str
    descending: bool
    keyset: bool
    few: bool = False
    """Whether the rows are known to be few, so that they are best found by the filters and then sorted."""


class Listing:
    """A list of one kind of record.

    Arguments:
        statement: selects the shown columns, pinned to the workspace and to what the caller may see; has no
            order and no limit.
        id: the id column, which breaks ties.
        filters: by name, a clause whose value is a bind of the same name.
        sorts: by name, an expression that is never NULL (use `coalesce`); one without a type is text.
        default: name of the default sort, `-` in front for descending.
        total: the total from counters where no filter is set; answers None where it cannot tell.
        sums: by name, columns of whole numbers that each page tells the sum of, over all pages.
        rare: names of filters that may leave few rows of very many. SQLite keeps no statistics of single
            values: it looks for them along the order, to the end of the table. With such a filter the total
            comes first, and up to `FEW` rows are found by the filter's index and sorted.
    """

    def __init__(
        self,
        statement: AnySelect,
        *,
        id: Column,
        filters: Mapping[str, ColumnElement[bool]] | None = None,
        sorts: Mapping[str, Column],
        default: str,
        total: Total | None = None,
        sums: Mapping[str, Column] | None = None,
        rare: Collection[str] = (),
    ) -> None:
        self._statement = statement
        self._id = id
        self._filters = dict(filters or {})
        self._sorts = {name: _with_type(sort) for name, sort in sorts.items()}
        self._default = default
        self._total = total
        self._rare = frozenset(rare)
        self._sums = [func.coalesce(func.sum(column), 0).label(name) for name, column in (sums or {}).items()]
        self._added: dict[frozenset[str], AnySelect] = {}
        self._lists: dict[_Shape, AnySelect] = {}
        self._counts: dict[frozenset[str], AnySelect] = {}

    def page(
        self,
        reader: Reader,
        query: Mapping[str, Any],
        filters: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> Page:
        """The page that a `PageQuery` asks for.

        Arguments:
            query: loaded by a `PageQuery`.
            filters: name to value; None means that the filter is not set.
            params: values of further binds in the statement.

        Raises:
            InvalidRequest: a cursor that is not of this list, or a page beyond `MAX_OFFSET`.
            ValidationFailed: an unknown sort.
        """
        values = {name: value for name, value in (filters or {}).items() if value is not None}
        sort, descending = self._order(query)
        size, cursor = query["page_size"], query.get("cursor")
        counted = self._count(reader, values, params) if self._rare & values.keys() else None
        few = counted is not None and counted[0] <= FEW
        shape = _Shape(frozenset(values), sort, descending, cursor is not None, few)
        binds = {**params, **values, "limit_": size + 1}
        offset = 0
        if cursor is not None:
            binds |= self._decode(cursor, shape)
        else:
            offset = (query["page"] - 1) * size
            if offset > MAX_OFFSET:
                raise InvalidRequest(f"Pages end at row {MAX_OFFSET}: continue with `cursor`")
            binds["offset_"] = offset
        rows = reader.all(self._list(shape), **binds)
        more, rows = len(rows) > size, rows[:size]
        if not more and cursor is None and (rows or offset == 0):
            total, exact = offset + len(rows), True
        else:
            total, exact = counted or self._count(reader, values, params)
        for row in rows[:-1]:
            del row["sort_"]
        last = rows[-1].pop("sort_") if rows else None
        following = self._encode(shape, last, rows[-1]["id"]) if more else None
        sums = self._added_up(reader, values, params) if self._sums else {}
        return Page(rows, None if cursor else query["page"], size, total, exact, following, sums)

    def window(
        self,
        reader: Reader,
        query: Mapping[str, Any],
        filters: Mapping[str, Any] | None = None,
        *,
        counted: bool = True,
        **params: Any,
    ) -> Window:
        """The part of the list that a query asks for by `limit` and `offset`.

        Arguments:
            query: `limit` and `offset`, and `sort` where it is not the default.
            filters, params: as in `page`.
            counted: whether the total is wanted; else it tells no more than that there are more.

        Raises:
            InvalidRequest: an offset beyond `MAX_OFFSET`.
        """
        values = {name: value for name, value in (filters or {}).items() if value is not None}
        limit, offset = query["limit"], query["offset"]
        if offset > MAX_OFFSET:
            raise InvalidRequest(f"`offset` reaches to {MAX_OFFSET}")
        shape = _Shape(frozenset(values), *self._order(query), keyset=False)
        rows = reader.all(self._list(shape), **params, **values, limit_=limit + 1, offset_=offset)
        more, rows = len(rows) > limit, rows[:limit]
        for row in rows:
            del row["sort_"]
        if not more and (rows or offset == 0):
            return Window(rows, limit, offset, offset + len(rows), True)
        if not counted:
            return Window(rows, limit, offset, offset + len(rows) + more, False)
        return Window(rows, limit, offset, *self._count(reader, values, params))

    def walk(
        self,
        opened: Callable[[], AbstractContextManager[Reader]],
        filters: Mapping[str, Any] | None = None,
        *,
        size: int = 500,
        **params: Any,
    ) -> Iterator[Row]:
        """All rows in the default order, for exports; nothing is counted.

        Arguments:
            opened: opens a reader, anew for each part, so that no connection waits for a slow client.
            size: rows of a part.
            filters, params: as in `page`.
        """
        values = {name: value for name, value in (filters or {}).items() if value is not None}
        sort, descending = self._order({})
        place: dict[str, Any] = {"offset_": 0}
        while True:
            shape = _Shape(frozenset(values), sort, descending, "after_id" in place)
            with opened() as reader:
                rows = reader.all(self._list(shape), **params, **values, **place, limit_=size)
            if rows:
                place = {"after_sort": rows[-1]["sort_"], "after_id": rows[-1]["id"]}
            for row in rows:
                del row["sort_"]
            yield from rows
            if len(rows) < size:
                return

    def _order(self, query: Mapping[str, Any]) -> tuple[str, bool]:
        """The sort and whether it descends, from `sort=-x` or `sort_by` and `sort_order`."""
        asked = query.get("sort") or query.get("sort_by") or self._default
        name = asked.lstrip("-")
        if name not in self._sorts:
            field = "sort" if query.get("sort") else "sort_by"
            raise ValidationFailed([Problem(field, f"Must be one of: {', '.join(sorted(self._sorts))}.")])
        descending = asked.startswith("-")
        if query.get("sort_order") and not query.get("sort"):
            descending = query["sort_order"] == "desc"
        return name, descending

    def _filtered(self, names: frozenset[str]) -> AnySelect:
        return self._statement.where(*(self._filters[name] for name in sorted(names)))

    def _list(self, shape: _Shape) -> AnySelect:
        known = self._lists.get(shape)
        if known is None:
            _make_room(self._lists)
            sort = self._sorts[shape.sort]
            known = self._filtered(shape.filters).add_columns(sort.label("sort_"))
            if shape.few:
                # Of an expression there is no index, so that none is walked for the order's sake.
                sort = type_coerce(func.coalesce(sort, sort), sort.type)
            if shape.keyset:
                place = tuple_(bindparam("after_sort", type_=sort.type), bindparam("after_id", type_=Id()))
                here = tuple_(sort, self._id)
                known = known.where(here < place if shape.descending else here > place)
            else:
                known = known.offset(bindparam("offset_"))
            order = [sort.desc(), self._id.desc()] if shape.descending else [sort.asc(), self._id.asc()]
            known = self._lists[shape] = known.order_by(*order).limit(bindparam("limit_"))
        return known

    def _count(
        self, reader: Reader, values: Mapping[str, Any], params: Mapping[str, Any]
    ) -> tuple[int, bool]:
        """The total, and whether it is exact: from counters it is, counted only up to `MAX_TOTAL`."""
        if self._total is not None:
            known = self._total(reader, values, params)
            if known is not None:
                return known, True
        names = frozenset(values)
        if names not in self._counts:
            _make_room(self._counts)
            ones: AnySelect = self._filtered(names).with_only_columns(literal_column("1"))
            counted = select(func.count()).select_from(ones.limit(MAX_TOTAL + 1).subquery())
            # An outer query does not inherit what the inner one is marked with (`unscoped`).
            self._counts[names] = counted.execution_options(**self._statement.get_execution_options())
        count: int = reader.value(self._counts[names], **params, **values)
        return min(count, MAX_TOTAL), count <= MAX_TOTAL

    def _added_up(self, reader: Reader, values: Mapping[str, Any], params: Mapping[str, Any]) -> Row:
        """The sums over all that the filters leave."""
        names = frozenset(values)
        if names not in self._added:
            _make_room(self._added)
            self._added[names] = self._filtered(names).with_only_columns(*self._sums)
        found = reader.all(self._added[names], **params, **values)[0]
        return {name: int(value) for name, value in found.items()}

    def _encode(self, shape: _Shape, value: Any, row_id: str) -> str:
        data = orjson.dumps([shape.sort, shape.descending, value, row_id])
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def _decode(self, cursor: str, shape: _Shape) -> Row:
        try:
            data = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            sort, descending, value, row_id = data
            value = _typed(value, self._sorts[shape.sort])
            if as_id(row_id) is None:
                raise ValueError(row_id)
        except (ValueError, TypeError, OverflowError, LookupError, ValidationFailed):
            raise InvalidRequest("The cursor is not one of this list") from None
        if (sort, descending) != (shape.sort, shape.descending):
            raise InvalidRequest("The cursor belongs to another order of this list")
        return {"after_sort": value, "after_id": row_id}


def _with_type(sort: Column) -> Column:
    """The sort with a type, which cursors need: of `func.lower` SQLAlchemy does not know that it is text."""
    return type_coerce(sort, String()) if isinstance(sort.type, NullType) else sort


def _typed(value: Any, column: Column) -> Any:
    """A cursor's JSON value as the sort column's type.

    Raises:
        ValueError, TypeError, OverflowError, LookupError, ValidationFailed: it is no such value.
    """
    if isinstance(column.type, UtcDateTime):
        instant = datetime.fromisoformat(value).astimezone(UTC)
        if "Z" not in value and "+" not in value:
            raise ValueError(value)
        return instant
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    if column.type.python_type is not type(value):
        raise TypeError(value)
    widest = MAX_WIDE_NUMBER if isinstance(column.type, BigInteger) else MAX_CURSOR_NUMBER
    if isinstance(value, int) and abs(value) > widest:
        raise OverflowError(value)
    if isinstance(column.type, TypeDecorator):
        # A type that stores words as ranks knows its words.
        column.type.process_bind_param(value, DefaultDialect())
    return check_json(value)


def _make_room(statements: dict[Any, AnySelect]) -> None:
    """Forget the oldest shape where there are too many: a caller chooses among filters and sorts freely."""
    if len(statements) >= MAX_SHAPES:
        del statements[next(iter(statements))]


__all__ = ["MAX_OFFSET", "MAX_TOTAL", "Listing"]
