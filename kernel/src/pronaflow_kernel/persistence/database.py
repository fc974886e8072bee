"""Opening readers and units of work, and committing: what `ctx.db` is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from ..clock import Clock
from .engines import PATIENCE, Engines
from .prepared import PreparedReads
from .reader import Reader
from .scope import Scope
from .uow import CURRENT_UNIT, Rules, UnitOfWork


class Database:
    """Opens readers and units of work; what `ctx.db` is.

    Arguments:
        engines: the two engines.
        clock: tells the present.
        committed: called after every commit: the queues in which it left work, and its actions.
        rules: for its units of work.
    """

    def __init__(
        self,
        engines: Engines,
        clock: Clock,
        committed: Callable[[set[str], list[Callable[[], None]]], None],
        rules: Rules | None = None,
    ) -> None:
        self.engines = engines
        self._clock = clock
        self._committed = committed
        self._rules = rules
        self._prepared = PreparedReads(engines.read)

    @contextmanager
    def read(self, scope: Scope) -> Iterator[Reader]:
        """A reader in `scope`."""
        with self.engines.read.connect() as connection:
            yield Reader(connection, scope, self._clock, self._prepared)

    @contextmanager
    def write(
        self,
        scope: Scope,
        *,
        origin: str = "api",
        now: datetime | None = None,
        dry_run: bool = False,
        patience: float | None = None,
    ) -> Iterator[UnitOfWork]:
        """A unit of work in `scope`; commits when the block ends, rolls back when it raises.

        Arguments:
            origin, now: see `UnitOfWork`.
            dry_run: roll back at the end all the same; nothing is delivered.
            patience: seconds to wait for locks of others, where that is less than usual.
        """
        options = {} if patience is None else {PATIENCE: patience}
        with (
            self.engines.write.connect() as connection,
            connection.execution_options(**options).begin() as transaction,
        ):
            uow = UnitOfWork(connection, scope, self._clock, origin, now, self._rules)
            with _current(uow):
                yield uow
            queues, actions = uow.finish()
            if dry_run:
                transaction.rollback()
                return
        uow.committed()
        self._committed(queues, actions)

    @contextmanager
    def several(self) -> Iterator[Several]:
        """One transaction of several units of work; commits when the block ends."""
        with self.engines.write.connect() as connection, connection.begin():
            several = Several(connection, self._clock, self._rules)
            yield several
        for uow in several.units:
            uow.committed()
        self._committed(several.queues, several.actions)


class Several:
    """Units of work that share a transaction, each in a scope of its own.

    Arguments:
        connection: in the transaction; the others as for `UnitOfWork`.
    """

    def __init__(self, connection: Connection, clock: Clock, rules: Rules | None) -> None:
        self.connection, self._clock, self._rules = connection, clock, rules
        self.queues: set[str] = set()
        self.actions: list[Callable[[], None]] = []
        self.units: list[UnitOfWork] = []

    @contextmanager
    def unit(self, scope: Scope) -> Iterator[UnitOfWork]:
        """One of them; where the block raises, the whole transaction has to be undone.

        A savepoint would undo one alone, for a third of the ways to PostgreSQL that a small job takes.
        """
        uow = UnitOfWork(self.connection, scope, self._clock, "system", None, self._rules)
        with _current(uow):
            yield uow
        queues, actions = uow.finish()
        self.units.append(uow)
        self.queues |= queues
        self.actions += actions


@contextmanager
def _current(uow: UnitOfWork) -> Iterator[None]:
    outer = CURRENT_UNIT.get()
    CURRENT_UNIT.set(uow)
    try:
        yield
    finally:
        CURRENT_UNIT.set(outer)
