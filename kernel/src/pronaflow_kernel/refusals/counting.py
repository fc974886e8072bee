"""Mail addresses that the mail server has refused for good: after three times they get only what they must.

Counted are keyed hashes, since mails also go to people who have no account here. One mail that is taken
clears an address; what was not refused for a while is forgotten.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from types import ModuleType
from typing import Any

from sqlalchemy import LargeBinary, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ..ids import new_id
from ..persistence.uow import Reader, UnitOfWork
from ..secrets import Keys
from .models import RefusedAddress

MOST = 3
"""Refusals after which an address is left alone."""
REMEMBERED = timedelta(days=90)
"""For how long a refusal counts."""
PURPOSE = "mail-addresses"
"""Purpose of the keys that hash the addresses."""


_HASH = RefusedAddress.address_hash == bindparam("digest", type_=LargeBinary())
_FAILURES = select(RefusedAddress.failures).where(_HASH)
_CLEAR = delete(RefusedAddress).where(_HASH)


def _count(dialect: ModuleType) -> Any:
    statement = dialect.insert(RefusedAddress.__table__)
    new, old = statement.excluded, RefusedAddress.__table__.c
    return statement.on_conflict_do_update(
        index_elements=[old.address_hash],
        set_={"failures": old.failures + 1, "said": new.said, "expires_at": new.expires_at},
    )


_COUNT = {module.dialect.name: _count(module) for module in (sqlite, postgresql)}


class Refusals:
    """Counts refusals by address.

    Arguments:
        keys: of the server.
    """

    def __init__(self, keys: Keys) -> None:
        self._key = keys.active(PURPOSE).secret

    def failures(self, reader: Reader, address: str) -> int:
        """How often an address was refused since it last took a mail."""
        return int(reader.value(_FAILURES, digest=self._hash(address)) or 0)

    def count(self, uow: UnitOfWork, address: str, said: str) -> None:
        """Note that an address was refused for good.

        Arguments:
            said: what the mail server answered.
        """
        row = {"id": new_id(), "address_hash": self._hash(address), "failures": 1, "said": said[:200]}
        uow.connection.execute(_COUNT[uow.dialect], {**row, "expires_at": uow.now + REMEMBERED})

    def clear(self, uow: UnitOfWork, address: str) -> None:
        """Note that an address has taken a mail."""
        uow.execute(_CLEAR, digest=self._hash(address))

    def _hash(self, address: str) -> bytes:
        return hmac.digest(self._key, address.casefold().encode(), hashlib.sha256)
