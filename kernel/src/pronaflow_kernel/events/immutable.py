"""What keeps the ledger as it was written: triggers of the database, on every connection (ADR 050).

An event may be given its place in the order of commits once. Whoever must do more, because a person is
forgotten or old rows move into files, says so in its transaction by `opened`; a row of `core__ledger_permit`
lets it through, which no other transaction ever sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete

from ..persistence.types import Id
from .models import LedgerPermit

if TYPE_CHECKING:
    from ..persistence.uow import UnitOfWork

_CLOSE = delete(LedgerPermit).where(LedgerPermit.id == bindparam("permit", type_=Id()))

_WORDS = "the ledger is append-only: what was recorded is neither changed nor removed"
_VALUES = (
    "seq, id, type, schema_version, public, aggregate_type, aggregate_id, workspace_id, container_id, "
    "actor_kind, user_id, session_id, caller_id, origin, request_id, hop, occurred_at, recorded_at, payload, "
    "changes"
)
_ATTEMPTS = {
    "removed": "BEFORE DELETE ON core__event",
    "changed": f"BEFORE UPDATE OF {_VALUES} ON core__event",
    "moved": "BEFORE UPDATE OF position ON core__event",
}
_MOVED = "OLD.position IS NOT NULL"
_CLOSED = "NOT EXISTS (SELECT 1 FROM core__ledger_permit)"


@contextmanager
def opened(uow: UnitOfWork) -> Iterator[None]:
    """Let the block change and remove events; after an error nothing of the transaction may be committed."""
    permit = uow.insert(LedgerPermit, {})
    yield
    uow.execute(_CLOSE, permit=permit["id"])


def triggers(dialect: str) -> list[str]:
    """The statements of a migration that put the triggers up.

    Arguments:
        dialect: `sqlite` or `postgresql`.
    """
    return _on_sqlite() if dialect == "sqlite" else _on_postgresql()


def _on_sqlite() -> list[str]:
    made = []
    for name, when in _ATTEMPTS.items():
        also = f"{_MOVED} AND " if name == "moved" else ""
        refuse = f"SELECT RAISE(ABORT, '{_WORDS}')"
        made.append(f"CREATE TRIGGER core__event_{name} {when} WHEN {also}{_CLOSED} BEGIN {refuse}; END")
    return made


def _on_postgresql() -> list[str]:
    # What a deletion goes on with is the old row.
    body = (
        f"BEGIN IF {_CLOSED} THEN RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'restrict_violation'; END IF; "
        "IF TG_OP = 'UPDATE' THEN RETURN NEW; END IF; RETURN OLD; END"
    )
    made = [
        f"CREATE FUNCTION core__ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$ {body} $refuse$"
    ]
    for name, when in _ATTEMPTS.items():
        also = f"WHEN ({_MOVED}) " if name == "moved" else ""
        act = "EXECUTE FUNCTION core__ledger_refuse()"
        made.append(f"CREATE TRIGGER core__event_{name} {when} FOR EACH ROW {also}{act}")
    act = "FOR EACH STATEMENT EXECUTE FUNCTION core__ledger_refuse()"
    return [*made, f"CREATE TRIGGER core__event_emptied BEFORE TRUNCATE ON core__event {act}"]
