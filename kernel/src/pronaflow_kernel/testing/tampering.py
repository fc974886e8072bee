"""Breaking the ledger behind the back of the server, to see whether the fault is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, delete, insert

from ..events.models import LedgerPermit
from ..ids import new_id


@contextmanager
def tampering(connection: Connection) -> Iterator[None]:
    """Let the block change events on a connection, which the database refuses otherwise."""
    permit = new_id()
    connection.execute(insert(LedgerPermit).values(id=permit))
    yield
    connection.execute(delete(LedgerPermit).where(LedgerPermit.id == permit))
