"""Idempotency-Key: a POST that is sent again with the same key is done once.

After draft-ietf-httpapi-idempotency-key-header-07, and Stripe's practice where that leaves a choice.

A record of the key is inserted first, in the request's own transaction, and completed with the answer before
the commit. So a twin that comes while the first request runs waits for its end (PostgreSQL at the unique
index, SQLite at BEGIN IMMEDIATE), and one that comes later finds what was answered; change and record are
there together or not at all, whenever the process dies. A request that is refused rolls its record back, and
the key is free again.

Keys belong to a user and live 24 hours. A replay comes after `authorize`, so that whoever lost the right is
refused and not shown what was answered before. What is stored is as confidential as the records it shows: it
goes with its user and with its workspace.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import orjson
from flask import Request, Response
from sqlalchemy import (
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from ..errors import Conflict, InvalidRequest, StaleRow, invalid
from ..ids import new_id
from ..persistence.engines import is_locked
from ..persistence.scope import Scope
from ..persistence.types import Id, UtcDateTime
from ..persistence.uow import Row, UnitOfWork
from ..tenancy.rule import unscoped
from .models import IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
"""Header of an answer that was stored and not made anew."""

LIFE = timedelta(hours=24)
PATIENCE = 5.0
"""Seconds that a twin waits for the request that was faster."""

Mode = Literal["replay", "reference", "off"]
"""What a route makes of a key: it answers again what it answered; it names what was made, since its answer
held a secret that is stored nowhere; it takes none."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

_RECORD = IdempotencyRecord.__table__
_WHY = "a key is its user's, in whichever workspace it is used"
_ANSWER = ("status", "headers", "body", "made")
_KEPT = ("Content-Type", "ETag", "Content-Disposition", "Content-Security-Policy")
"""Headers that belong to an answer; without the last two, a file could be shown where it comes again."""
_PARTS = {"method": "method", "address_hash": "address", "workspace_id": "workspace", "body_hash": "body"}
"""Columns by which requests differ, and what they are called."""


def _claim(dialect: Any) -> Any:
    """Insert a record; answers its id, and nothing where one stands already."""
    new = dialect.insert(_RECORD).on_conflict_do_nothing(index_elements=["user_id", "key_hash"])
    return unscoped(_WHY, new.returning(_RECORD.c.id))


_CLAIM = {"postgresql": _claim(postgresql), "sqlite": _claim(sqlite)}
_CLAIMED = (
    _RECORD.c.user_id == bindparam("claimant", type_=Id()),
    _RECORD.c.key_hash == bindparam("claimed"),
)
_STORED = unscoped(_WHY, select(_RECORD).where(*_CLAIMED))
_TAKE_OVER = unscoped(
    _WHY,
    update(_RECORD)
    .where(*_CLAIMED, _RECORD.c.expires_at <= bindparam("now", type_=UtcDateTime()))
    .values({name: bindparam(name, type_=_RECORD.c[name].type) for name in (*_PARTS, "expires_at")}),
)
_KEEP = unscoped(
    _WHY,
    update(_RECORD)
    .where(*_CLAIMED)
    .values({name: bindparam(name, type_=_RECORD.c[name].type) for name in _ANSWER}),
)
_FORGET = unscoped(_WHY, delete(_RECORD).where(_RECORD.c.user_id == bindparam("user_id", type_=Id())))
_SHOWN = unscoped(
    _WHY,
    select(_RECORD.c.id, _RECORD.c.body).where(
        _RECORD.c.workspace_id.in_(bindparam("workspaces", expanding=True, type_=Id())),
        _RECORD.c.body.is_not(None),
    ),
)
_FORGET_ONE = unscoped(_WHY, delete(_RECORD).where(_RECORD.c.id == bindparam("record", type_=Id())))


@dataclass(frozen=True, slots=True)
class Claim:
    """The wish to be the one that does a request.

    Arguments:
        mode: `replay` or `reference`.
        values: of the record, as far as the request tells them.
    """

    mode: Mode
    values: Mapping[str, Any]

    def take(self, uow: UnitOfWork) -> Response | None:
        """Claim the key; the answer that was stored with it where the request was done already.

        Raises:
            Conflict: it was done already, and its answer is not stored.
            ValidationFailed: the key was used for another request.
            StaleRow: its record has just been deleted, or taken over by somebody else; try again.
        """
        given = {**self.values, "expires_at": uow.now + LIFE}
        new = {**dict.fromkeys(_ANSWER), **given, "id": new_id()}
        if uow.value(_CLAIM[uow.dialect], **new) is not None:
            return None
        stored = uow.one(_STORED, **self._claimed)
        if stored is not None and stored["expires_at"] > uow.now:
            self._compare(stored)
            return _replay(stored)
        ours = {name: given[name] for name in (*_PARTS, "expires_at")}
        if uow.execute(_TAKE_OVER, **self._claimed, **ours, now=uow.now) != 1:
            raise StaleRow("the record of a key was deleted or taken over meanwhile")
        return None

    def keep(self, uow: UnitOfWork, response: Response, made: Mapping[str, Any]) -> None:
        """Store the answer with the key, to be committed together with what it tells of.

        Arguments:
            made: type and id of the record that was made, for a `reference`.
        """
        kept: dict[str, Any] = dict.fromkeys(_ANSWER)
        if self.mode == "reference":
            kept["made"] = dict(made)
        else:
            kept |= {
                "status": response.status_code,
                "headers": {name: response.headers[name] for name in _KEPT if name in response.headers},
                "body": response.get_data(),
            }
        uow.execute(_KEEP, **self._claimed, **kept)

    @property
    def _claimed(self) -> dict[str, Any]:
        return {"claimant": self.values["user_id"], "claimed": self.values["key_hash"]}

    def _compare(self, stored: Row) -> None:
        other = [words for name, words in _PARTS.items() if stored[name] != self.values[name]]
        if other:
            raise invalid(
                HEADER,
                f"This key was sent before with another {' and another '.join(other)}: "
                "a new request needs a new key",
                "key_reused",
            )


def claim_of(request: Request, mode: Mode, scope: Scope, read_body: Callable[[], Any]) -> Claim | None:
    """What a request claims; None for one that names no key, or whose route takes none.

    Arguments:
        scope: of the request, after `authorize`.
        read_body: answers the parsed body. A member's place in it makes no difference, as to all who read it.

    Raises:
        InvalidRequest: the key is not of the form that is demanded, or there is nobody whose it could be.
    """
    key = request.headers.get(HEADER)
    if key is None or mode == "off":
        return None
    if _KEY.fullmatch(key) is None:
        raise InvalidRequest(
            f"{HEADER} must have 1 to 255 visible ASCII characters, without spaces; a UUID is a good one"
        )
    if scope.principal.user_id is None:
        raise InvalidRequest(f"{HEADER} needs a credential that stands for a user, whose the key is")
    secret = key.encode()
    address = request.path.encode() + b"?" + request.query_string
    body = orjson.dumps(read_body(), option=orjson.OPT_SORT_KEYS)
    values = {
        "user_id": scope.principal.user_id,
        "key_hash": hashlib.sha256(secret).digest(),
        "workspace_id": scope.workspace_id,
        "method": request.method,
        "address_hash": hmac.digest(secret, address, "sha256"),
        "body_hash": hmac.digest(secret, body, "sha256"),
    }
    return Claim(mode, values)


def _replay(stored: Row) -> Response:
    """The stored answer.

    Raises:
        Conflict: it is not stored, for it held a secret.
    """
    if stored["made"] is not None:
        raise Conflict(
            "This was done already, and its answer held a secret that is shown once",
            details={"reason": "already_done", **stored["made"]},
        )
    headers = {**stored["headers"], REPLAYED: "true"}
    return Response(stored["body"], status=stored["status"], headers=headers)


@contextmanager
def patiently() -> Iterator[None]:
    """Tell a twin whose patience is at an end to come again.

    Raises:
        Conflict: a lock was not to be had in time. SQLite has only one, so that it may be any writer's there.
    """
    try:
        yield
    except OperationalError as error:
        if not is_locked(error):
            raise
        raise Conflict(
            f"A request with this {HEADER}, or one that it waits for, takes long: "
            "send it again with the same key",
            details={"reason": "in_progress"},
            headers={"Retry-After": "1"},
        ) from error


def forget_user(
    uow: UnitOfWork, user_id: str, workspace_ids: Sequence[str] = (), words: Iterable[str] = ()
) -> None:
    """Delete all keys of a user, and the answers with them; for the erasure of a user whose row stays.

    Arguments:
        workspace_ids: where others may have been shown the user; words: as whom, e.g. the mail address.
    """
    uow.execute(_FORGET, user_id=user_id)
    told = [orjson.dumps(word)[1:-1] for word in words if word]
    for row in uow.all(_SHOWN, workspaces=list(workspace_ids)):
        if any(word in row["body"] for word in told):
            uow.execute(_FORGET_ONE, record=row["id"])
