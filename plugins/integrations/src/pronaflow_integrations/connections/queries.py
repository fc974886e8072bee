"""Prebuilt statements on connections."""

from __future__ import annotations

from sqlalchemy import String, bindparam, cast, delete, exists, false, func, or_, select, update

from pronaflow_kernel.api import SCOPE_USER, SCOPE_WORKSPACE, IdType, Listing, Membership, UtcDateTime

from ..consents.models import Consent
from .models import Attempt, Connection

_NOW = bindparam("now", type_=UtcDateTime())
_SHOWN = tuple(
    column
    for column in Connection.__table__.c
    if column.name not in ("access_token", "refresh_token", "failures", "retry_at", "ended_at")
)
_OWN = Connection.user_id == SCOPE_USER

CONNECTIONS = Listing(
    select(*_SHOWN).where(_OWN),
    id=Connection.id,
    filters={
        "provider_name": Connection.provider_name == bindparam("provider_name"),
        "is_active": Connection.is_active == bindparam("is_active"),
    },
    sorts={"created_at": Connection.created_at, "provider_name": Connection.provider_name},
    default="-created_at",
)
"""The caller's connections; those that have ended are nobody's."""

OWN = select(*_SHOWN).where(_OWN, Connection.id == bindparam("id", type_=IdType()))
"""One of them."""

SAME = select(Connection.__table__).where(
    _OWN,
    Connection.provider_name == bindparam("provider_name"),
    Connection.external_user_id == bindparam("external_user_id"),
)
"""The caller's connections to an account."""

OF_USER = (
    select(*_SHOWN).where(Connection.user_id == bindparam("user_id", type_=IdType())).order_by(Connection.id)
)

BEGUN_BY = (
    select(Attempt.id, Attempt.user_id, Attempt.provider_name, Attempt.redirect_uri, Attempt.expires_at)
    .where(Attempt.user_id == bindparam("user_id", type_=IdType()))
    .order_by(Attempt.id)
)

ACTIVE_OF = select(Connection.__table__).where(
    Connection.user_id == bindparam("user_id", type_=IdType()),
    Connection.provider_name == bindparam("provider_name"),
    Connection.is_active,
)

ACCOUNTS = (
    select(Connection.user_id, Connection.external_user_id)
    .where(
        Connection.user_id.in_(bindparam("user_ids", expanding=True, type_=IdType())),
        Connection.provider_name == bindparam("provider_name"),
        Connection.is_active,
        exists().where(
            Consent.user_id == Connection.user_id,
            Consent.consent_type == bindparam("consent_type"),
            Consent.resource_id == cast(Connection.id, String),
            Consent.is_granted,
        ),
    )
    .order_by(Connection.created_at, Connection.id)
)
"""Active connections of some people who agree to what is done with them, the newest last."""

DUE = (
    select(Connection.__table__)
    .where(
        Connection.is_active,
        Connection.refresh_token.is_not(None),
        Connection.expires_at <= bindparam("until", type_=UtcDateTime()),
        or_(Connection.retry_at.is_(None), Connection.retry_at <= _NOW),
    )
    .order_by(Connection.expires_at, Connection.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
"""Whose tokens end soon, and are to be renewed."""

LAPSED = (
    select(Connection.__table__)
    .where(Connection.is_active, Connection.refresh_token.is_(None), Connection.expires_at <= _NOW)
    .order_by(Connection.expires_at, Connection.id)
    .limit(bindparam("most"))
)
"""Whose tokens have ended and cannot be renewed."""

_troubled = or_(~Connection.is_active, func.coalesce(Connection.problem == "away", false()))
COUNTS = (
    select(
        func.count().filter(Connection.is_active).label("active"),
        func.count().filter(_troubled).label("troubled"),
        func.count().filter(~_troubled).label("well"),
    )
    .join(Membership, Membership.user_id == Connection.user_id)
    .where(Membership.workspace_id == SCOPE_WORKSPACE, Membership.is_active)
)
"""The connections of the members of a workspace."""

BY_STATE = select(Attempt.__table__).where(
    Attempt.state_hash == bindparam("state_hash"), Attempt.user_id == SCOPE_USER
)
"""What somebody has begun; nobody else's state is looked at."""

OLD_ATTEMPTS = delete(Attempt).where(Attempt.expires_at <= _NOW)

ENDED = select(Connection.__table__).where(
    Connection.id == bindparam("id", type_=IdType()), Connection.ended_at.is_not(None)
)
RENEWED = (
    update(Connection)
    .where(Connection.id == bindparam("connection", type_=IdType()), Connection.is_active)
    .values(
        access_token=bindparam("access"),
        refresh_token=bindparam("refresh"),
        expires_at=bindparam("expires", type_=UtcDateTime()),
        last_verified_at=_NOW,
        problem=None,
        failures=0,
    )
)
"""Store what a provider has given anew, unless somebody has disconnected meanwhile.

The lease stays, so that tokens with a very short life are renewed once a run and not without end.
"""
