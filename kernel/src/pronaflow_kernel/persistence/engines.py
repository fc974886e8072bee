"""The engines of a process: one that only reads, and those that write.

Reads run in autocommit on connections that cannot write, which saves two round trips a request and makes
a hidden write in a GET impossible. Writes run in one transaction, on SQLite begun with BEGIN IMMEDIATE so
that two writers queue instead of failing.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite writer waits for another one before it fails."""

PATIENCE = "lock_patience"
"""Execution option of a write connection: seconds that its next transaction waits for locks of others."""


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines over one database.

    Arguments:
        read: autocommit, cannot write.
        write: one transaction a unit of work.
        background: the same for work that is done again if it was not stored: it does not wait for the disk.
            A power cut takes the latest of its transactions with it, each whole.
    """

    read: Engine
    write: Engine
    background: Engine

    def dispose(self) -> None:
        """Close all pooled connections."""
        for engine in (self.read, self.write, self.background):
            engine.dispose()


def open_engines(url: str | URL, *, threads: int = 4) -> Engines:
    """Engines for `url`; connects to nothing yet.

    Arguments:
        url: `sqlite:///path` or `postgresql://…` (psycopg 3).
        threads: how many threads use them at once; the pools hold one connection more.

    Raises:
        ValueError: another database than SQLite or PostgreSQL.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        engines = _sqlite(parsed, threads)
    elif backend == "postgresql":
        engines = _postgresql(parsed, threads)
    else:
        raise ValueError(f"database {backend!r} is not supported: use sqlite or postgresql")
    return engines


def _pool(threads: int) -> dict[str, Any]:
    """Arguments of every pooled engine; errors do not quote values, because errors are logged."""
    size = {"pool_size": threads + 1, "max_overflow": 4, "pool_timeout": 30}
    return {"poolclass": QueuePool, "hide_parameters": True, **size}


def _read_pool(threads: int) -> dict[str, Any]:
    """Arguments of a read engine; in autocommit nothing needs a rollback when a connection comes back."""
    return {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, **_pool(threads)}


class _Writer(sqlite3.Connection):
    """A connection that takes its turn among those of its process before it writes.

    SQLite itself lets a writer who finds another one sleep, longer each time, and look again: with a few busy
    threads it is mostly asleep.
    """

    turn: threading.Lock
    has_turn = False

    def take_turn(self, patience: float) -> None:
        """Wait until no other writer of this process is at work.

        Raises:
            OperationalError: not within so many seconds.
        """
        if not self.turn.acquire(timeout=patience):
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY  # as if another process had the turn
            raise error
        self.has_turn = True

    def give_turn(self) -> None:
        """Let the next one write, if no transaction is open any more."""
        if self.has_turn and not self.in_transaction:
            self.has_turn = False
            self.turn.release()

    def commit(self) -> None:
        super().commit()
        self.give_turn()

    def rollback(self) -> None:
        super().rollback()
        self.give_turn()

    def close(self) -> None:
        super().close()
        if self.has_turn:
            self.has_turn = False
            self.turn.release()


def _sqlite(url: URL, threads: int) -> Engines:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    args = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000}
    read = create_engine(url, connect_args=args, **_read_pool(threads))
    turn = threading.Lock()
    writing = {**args, "factory": _Writer}
    write = create_engine(url, connect_args=writing, **_pool(threads))
    background = create_engine(url, connect_args=writing, **_pool(threads))

    @event.listens_for(read, "connect")
    def _reading(connection: Any, _record: Any) -> None:
        _pragmas(connection, query_only="on")

    @event.listens_for(write, "connect")
    def _writing(connection: Any, _record: Any) -> None:
        # The driver must not begin or commit on its own: DDL is transactional only then.
        connection.isolation_level, connection.turn = None, turn
        # FULL: an acknowledged write survives a power cut, not only a killed process.
        _pragmas(connection, synchronous="full")

    @event.listens_for(background, "connect")
    def _working(connection: Any, _record: Any) -> None:
        connection.isolation_level, connection.turn = None, turn
        _pragmas(connection, synchronous="normal")

    event.listen(write, "begin", _begin_immediate)
    event.listen(background, "begin", _begin_immediate)

    return Engines(read, write, background)


def _begin_immediate(connection: Any) -> None:
    driver = connection.connection.driver_connection
    patience = connection.get_execution_options().get(PATIENCE)
    try:
        if patience is not None:
            driver.execute(f"PRAGMA busy_timeout={round(patience * 1000)}")
        driver.take_turn(BUSY_TIMEOUT_MS / 1000 if patience is None else patience)
        try:
            driver.execute("BEGIN IMMEDIATE")
        finally:
            driver.give_turn()  # where it could not begin
    except sqlite3.OperationalError as error:
        # Listeners are called outside of what turns the errors of drivers into SQLAlchemy's.
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error
    finally:
        if patience is not None:
            driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _pragmas(connection: Any, **extra: str) -> None:
    cursor = connection.cursor()
    for name, value in {"journal_mode": "wal", "foreign_keys": "on", **extra}.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _postgresql(url: URL, threads: int) -> Engines:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    common: dict[str, Any] = {"prepare_threshold": 0}
    options = "-c default_transaction_read_only=on -c timezone=UTC"
    read = create_engine(url, connect_args={**common, "options": options}, **_read_pool(threads))
    write = create_engine(url, connect_args={**common, "options": "-c timezone=UTC"}, **_pool(threads))
    options = "-c synchronous_commit=off -c timezone=UTC"
    background = create_engine(url, connect_args={**common, "options": options}, **_pool(threads))
    for engine in (read, write, background):
        event.listen(engine, "connect", _take_ids_as_text)
    for engine in (write, background):
        event.listen(engine, "begin", _limit_patience)
    return Engines(read, write, background)


def _limit_patience(connection: Any) -> None:
    patience = connection.get_execution_options().get(PATIENCE)
    if patience is not None:
        driver = connection.connection.driver_connection
        driver.execute(f"SET LOCAL lock_timeout = {round(patience * 1000)}")


def at_once(engine: Engine) -> Engine:
    """An engine for transactions of a single statement.

    On PostgreSQL such a transaction costs three ways to the server, and a statement in autocommit costs one.
    """
    commits = engine.dialect.name == "postgresql"
    return engine.execution_options(isolation_level="AUTOCOMMIT") if commits else engine


def is_locked(error: OperationalError) -> bool:
    """Whether a statement failed because somebody else held a lock for too long."""
    if isinstance(error.orig, sqlite3.OperationalError):
        return "locked" in str(error.orig)
    return type(error.orig).__name__ == "LockNotAvailable"


def _take_ids_as_text(connection: Any, _record: Any) -> None:
    """Ids are text everywhere; the driver's objects would be made only to be turned into it."""
    from psycopg.types.string import TextLoader

    connection.adapters.register_loader("uuid", TextLoader)


def open_bare(url: str | URL) -> Engine:
    """An engine without a pool and without rules, for migrations and backups."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, poolclass=NullPool)
