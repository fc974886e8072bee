"""The bare reference: WSGI callables with nothing but the driver and orjson.

They run the very statements that the server runs, caught while it answered: prepared by the driver, on a
connection per process (sqlite3) or from a pool (psycopg, binary), and write the rows as JSON. No sign-in, no
tenants, no permissions, no validation: the least that an answer of this size can cost in Python.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import orjson
from place import Place
from sqlalchemy import Engine, event, make_url

from pronaflow_kernel.api import new_id


class Sqlite:
    """sqlite3; statements are prepared by its cache."""

    mark = "?"

    def __init__(self, path: str, waits: bool) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=wal")
        self._connection.execute("PRAGMA foreign_keys=on")
        self._connection.execute(f"PRAGMA synchronous={'full' if waits else 'normal'}")
        self._names: dict[str, list[str]] = {}

    def rows(self, statement: str, values: Any) -> list[dict[str, Any]]:
        cursor = self._connection.execute(statement, values)
        names = self._names.get(statement)
        if names is None:
            names = self._names[statement] = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def write(self, statements: list[tuple[str, Any]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for statement, values in statements:
            self._connection.execute(statement, values)
        self._connection.execute("COMMIT")

    def write_many(self, statement: str, rows: list[Any]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(statement, rows)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class Postgresql:
    """psycopg with a pool; statements are prepared at once."""

    mark = "%s"

    def __init__(self, url: str, waits: bool) -> None:
        from psycopg_pool import ConnectionPool

        stored = f"-c synchronous_commit={'on' if waits else 'off'}"
        prepared = {"prepare_threshold": 0, "autocommit": True, "options": stored}
        self._pool = ConnectionPool(url, kwargs=prepared, min_size=1, max_size=1, open=True)
        self._names: dict[str, list[str]] = {}

    def rows(self, statement: str, values: Any) -> list[dict[str, Any]]:
        with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True).execute(statement, values)
            names = self._names.get(statement)
            if names is None:
                names = self._names[statement] = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def write(self, statements: list[tuple[str, Any]]) -> None:
        with self._pool.connection() as connection, connection.transaction():
            for statement, values in statements:
                connection.execute(statement, values)

    def write_many(self, statement: str, rows: list[Any]) -> None:
        with self._pool.connection() as connection, connection.transaction():
            connection.cursor().executemany(statement, rows)

    def close(self) -> None:
        self._pool.close()


@contextmanager
def driver(url: str, waits: bool = True) -> Iterator[Any]:
    """The driver's face of a database.

    Arguments:
        waits: for the disk at each commit.
    """
    parsed = make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    opened: Any = Sqlite(parsed.database or "", waits) if sqlite else Postgresql(url, waits)
    try:
        yield opened
    finally:
        opened.close()


def caught(engine: Engine, call: Callable[[], object], table: str) -> tuple[str, Any]:
    """The last statement of a call that reads from a table first, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if f"FROM {table} " in statement:
            seen.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen[-1]


def reading(database: Any, statement: str, values: Any) -> Any:
    """A WSGI application that answers the rows of one statement."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        parse_qs(environ["QUERY_STRING"])
        return _answer(start_response, "200 OK", database.rows(statement, values))

    return app


def creating(database: Any, place: Place, task_id: str) -> Any:
    """A WSGI application that stores a copy of a task and of its row in the ledger, in one transaction."""
    task = _stored(database, "tasks__task", "id", task_id)
    fact = _stored(database, "core__event", "aggregate_id", task_id)
    del fact["seq"]
    numbers = iter(range(10**6, 10**9))

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        orjson.loads(environ["wsgi.input"].read())
        new, number = new_id(), next(numbers)
        row = {**task, "id": new, "number": number, "key": f"BARE-{number}"}
        about = {**fact, "id": new_id(), "aggregate_id": new}
        database.write([_insert(database, "tasks__task", row), _insert(database, "core__event", about)])
        return _answer(start_response, "201 Created", row)

    return app


def _stored(database: Any, table: str, column: str, value: str) -> dict[str, Any]:
    """A row as the driver reads it; JSON as text, which both databases take back."""
    (row,) = database.rows(f"SELECT * FROM {table} WHERE {column} = {database.mark}", (value,))
    return {
        name: orjson.dumps(value).decode() if isinstance(value, dict) else value
        for name, value in row.items()
    }


def _insert(database: Any, table: str, row: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    marks = ", ".join([database.mark] * len(row))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())


def _answer(start_response: Any, status: str, data: Any) -> list[bytes]:
    body = orjson.dumps({"success": True, "data": data}, default=float, option=orjson.OPT_UTC_Z)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
