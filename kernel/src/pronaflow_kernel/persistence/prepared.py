"""Prebuilt reads at nearly the speed of the driver.

Of what SQLAlchemy does at each execution of a statement, most comes out the same every time: the text, the
order of the binds, how values are converted, what the tenant rule thinks of it. A `Prepared` keeps that and
runs the text on the driver's cursor, which spares a third of the hot list (contrib/benchmarks/hot_list.py;
docs/adr/012-repeated-reads-go-to-the-driver.md).

From the second execution of the same statement object on it takes the place of SQLAlchemy, for SELECTs of a
`Reader` alone, and only while nobody listens to the engine: whoever watches statements by SQLAlchemy's events
or log sees them all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, CompoundSelect, Connection, Engine, Executable, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TupleType, TypeEngine

from ..attribution import CURRENT_PLUGIN
from ..errors import CapabilityDenied
from ..tenancy.notes import TenantCompiler
from ..tenancy.rule import TenantViolation, hold, is_marked, verdict_of
from .scope import Scope

MOST_VALUES = 100
"""An IN of more values is left to SQLAlchemy; each number of values has a text of its own."""

MOST_SHAPES = 200
"""How many such texts of one statement are kept."""

Row = dict[str, Any]
"""A row as plain data: column name to value."""

Given = Mapping[str, Any]
_Process = Callable[[Any], Any]
_Shape = tuple[tuple[str, int], ...]


class PreparedReads:
    """The prepared statements of one engine.

    Arguments:
        engine: in autocommit, because nothing here begins a transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log = logging.getLogger("sqlalchemy.engine.Engine")
        self._known: WeakKeyDictionary[Executable, dict[_Shape, Prepared | None]] = WeakKeyDictionary()

    def rows(
        self, connection: Connection, statement: Executable, given: Given, scope: Scope, *, first: bool
    ) -> list[Row] | None:
        """The rows of a statement, or None where SQLAlchemy must run it.

        Arguments:
            connection: of the engine.
            given: values of the binds; lists for IN.
            scope: what the tenant rule holds the binds to.
            first: whether one row is enough.

        Raises:
            TenantViolation: see `tenancy.rule`.
        """
        shapes = self._known.get(statement)
        if shapes is None:
            if isinstance(statement, (Select, CompoundSelect)):
                self._known[statement] = {}
            return None
        if self._is_watched():
            return None
        shape = tuple([(name, len(value)) for name, value in given.items() if type(value) is list])
        if shape not in shapes and len(shapes) < MOST_SHAPES:
            shapes[shape] = _prepare(connection, statement, given)
        prepared = shapes.get(shape)
        return None if prepared is None else prepared.rows(connection, given, scope, first)

    def _is_watched(self) -> bool:
        """Whether anybody but the tenant rule wants to know of each execution."""
        engine, dialect = self._engine.dispatch, self._engine.dialect.dispatch
        return bool(
            engine.before_cursor_execute
            or engine.after_cursor_execute
            or len(dialect.do_execute) > 1
            or self._log.isEnabledFor(logging.INFO)
        )


class Prepared:
    """One statement with one number of values in each IN.

    Arguments:
        compiled: by the dialect's compiler.
        keys: names of the columns.
        types: of the columns.
        marked: whether the statement says why it looks across workspaces.
        given: values as they come; only their numbers count.
    """

    def __init__(
        self,
        compiled: TenantCompiler,
        keys: tuple[str, ...],
        types: list[TypeEngine[Any]],
        marked: bool,
        given: Given,
    ) -> None:
        state = compiled.construct_expanded_state(given, escape_names=False)
        self._text = state.statement
        self._parts = dict(state.parameter_expansion)
        names = compiled.bind_names.items()
        self._constants = {name: bind.value for bind, name in names if not bind.required}
        converters = {
            part: _converter(bind, compiled.dialect)
            for bind, name in names
            for part in self._parts.get(name, [name])
        }
        self._positional = state.positiontup is not None
        self._names = list(state.positiontup or converters)
        self._binds = [(name, converters[name]) for name in self._names]
        verdict = self._uses = verdict_of(compiled)
        self._grants = compiled.grants
        self._verdict = None if marked or not (verdict.tables or verdict.problem) else verdict
        self._dialect = compiled.dialect
        self._keys, self._types = keys, types
        self._results: list[tuple[str, _Process]] | None = None  # until a cursor tells its types

    def rows(self, connection: Connection, given: Given, scope: Scope, first: bool) -> list[Row] | None:
        """See `PreparedReads.rows`; also None where anything goes wrong.

        SQLAlchemy then runs the statement again: it knows how to report what is wrong, and what to do with
        a broken connection.
        """
        try:
            found = self._fetch(connection, self._values(given, scope), first)
        except (TenantViolation, CapabilityDenied):
            raise
        except Exception:
            return None
        keys = self._keys
        rows = [dict(zip(keys, row, strict=True)) for row in found]
        for key, convert in self._results or ():
            for row in rows:
                row[key] = convert(row[key])
        return rows

    def _values(self, given: Given, scope: Scope) -> list[Any] | Row:
        """The values as the driver takes them.

        Raises:
            TenantViolation: they are not those of the scope.
            CapabilityDenied: the plugin that runs may not read these tables.
        """
        plugin_id = CURRENT_PLUGIN.get()
        if plugin_id is not None:
            self._grants.hold(plugin_id, self._uses)
        known = {**self._constants, **given}
        if self._verdict is not None:
            hold(self._verdict, scope, [known])
        for name, parts in self._parts.items():
            known.update(zip(parts, known[name], strict=True))
        values = [known[name] if convert is None else convert(known[name]) for name, convert in self._binds]
        return values if self._positional else dict(zip(self._names, values, strict=True))

    def _fetch(self, connection: Connection, values: list[Any] | Row, first: bool) -> Sequence[Any]:
        cursor: Any = connection.connection.cursor()
        try:
            cursor.execute(self._text, values)
            if self._results is None:
                self._results = self._converters([column[1] for column in cursor.description])
            found: Sequence[Any] = cursor.fetchmany(1) if first else cursor.fetchall()
            return found
        finally:
            cursor.close()

    def _converters(self, codes: list[Any]) -> list[tuple[str, _Process]]:
        """What turns the driver's values into ours, by column; `codes` are the driver's for their types."""
        found = [
            (key, type_.dialect_impl(self._dialect).result_processor(self._dialect, code))
            for key, type_, code in zip(self._keys, self._types, codes, strict=True)
        ]
        return [(key, convert) for key, convert in found if convert is not None]


def _prepare(connection: Connection, statement: Any, given: Given) -> Prepared | None:
    """The statement prepared, or None if it has something that only SQLAlchemy can do."""
    compiled = statement.compile(dialect=connection.dialect)
    options = statement.get_execution_options()
    types = [column.type for column in statement.selected_columns]
    if (
        not isinstance(compiled, TenantCompiler)
        or options.keys() - {"unscoped"}
        or not _is_plain(compiled, given)
    ):
        return None
    # The names are those that SQLAlchemy gives the columns, which are not always those of the cursor.
    keys = tuple(connection.execute(statement, given).keys())
    if len(set(keys)) != len(types):
        return None
    return Prepared(compiled, keys, types, is_marked(options), given)


def _is_plain(compiled: SQLCompiler, given: Given) -> bool:
    """Whether the text depends on nothing but the numbers of values in its INs."""
    binds = compiled.bind_names.items()
    return not compiled.escaped_bind_names and all(_is_plain_bind(compiled, *bind, given) for bind in binds)


def _is_plain_bind(compiled: SQLCompiler, bind: BindParameter[Any], name: str, given: Given) -> bool:
    if bind.callable or isinstance(bind.type, TupleType):
        return False
    if name not in given:
        return True
    value = given[name]
    is_list = type(value) is list
    in_text = bind in compiled.literal_execute_params
    return bind.expanding == is_list and not in_text and not (is_list and len(value) > MOST_VALUES)


def _converter(bind: BindParameter[Any], dialect: Dialect) -> _Process | None:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)
