"""Who did something and from where, as it was then: a mail address and a network address.

Both are personal, so that an event only refers to them. The row is shared by all that one person does from
one address, and goes when the person is forgotten: its foreign key says so (`identity.leaving.erasure`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, String, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from ..identity.models import User
from ..persistence.types import Id
from .models import EventCaller

if TYPE_CHECKING:
    from ..access.principal import Principal

_NAMES = UUID("5d4c3f0e-6d0b-4c8e-9a53-2f0b7f2f9f11")
_REMEMBERED = 10_000
"""Callers that a process knows to be stored; beyond that it begins to learn anew."""

_ADDRESS: ContextVar[str | None] = ContextVar("pronaflow_address", default=None)
_STORED: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()

_COLUMNS = ("id", "user_id", "email", "ip")
# Nothing is stored of somebody who was forgotten meanwhile, nor of an account that there is none of.
_CALLER = select(
    bindparam("caller", type_=Id()),
    User.id,
    bindparam("address", type_=String()),
    bindparam("ip", type_=String()),
).where(User.id == bindparam("who", type_=Id()), User.status != "deleted")
_STORE = {
    dialect.name: make(EventCaller).from_select(_COLUMNS, _CALLER).on_conflict_do_nothing()
    for dialect, make in ((sqlite.dialect, sqlite.insert), (postgresql.dialect, postgresql.insert))
}


@contextmanager
def calling_from(address: str | None) -> Iterator[None]:
    """Let what the block does come from a network address."""
    token = _ADDRESS.set(address[:45] if address else None)
    try:
        yield
    finally:
        _ADDRESS.reset(token)


def caller_of(principal: Principal) -> dict[str, Any] | None:
    """Who acts here and from where, as `store` takes it; None for the system and for nobody."""
    if principal.user_id is None:
        return None
    values = {"who": principal.user_id, "address": principal.email, "ip": _ADDRESS.get()}
    return {**values, "caller": str(uuid5(_NAMES, "\n".join(str(value) for value in values.values())))}


def store(connection: Connection, callers: Iterable[Mapping[str, Any]]) -> set[str]:
    """Store those that this process has not seen stored yet.

    Returns:
        their ids, for `remember` once this has committed.
    """
    known = _STORED.setdefault(connection.engine, set())
    new = {each["caller"]: each for each in callers if each["caller"] not in known}
    for caller_id in sorted(new):  # in one order everywhere, since two transactions may store the same ones
        connection.execute(_STORE[connection.dialect.name], new[caller_id])
    return set(new)


def remember(engine: Engine, stored: set[str]) -> None:
    """Ask no more for these: they are stored, and committed."""
    known = _STORED.setdefault(engine, set())
    if len(known) > _REMEMBERED:
        known.clear()
    known |= stored
