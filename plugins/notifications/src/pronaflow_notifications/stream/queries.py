"""Prebuilt reads of the stream."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, bindparam, func, select

from pronaflow_kernel.api import IdType, User, unscoped

from ..models import Counter, Notification

COUNTERS = select(Counter.user_id, Counter.unread, Counter.revision).where(
    Counter.user_id.in_(bindparam("ids", type_=IdType(), expanding=True))
)
"""How far the notifications of some people are."""

_ACTOR = User.__table__.alias("actor")

BEHIND = unscoped(
    "notifications are their reader's, whatever the workspace",
    select(Notification.__table__, func.coalesce(_ACTOR.c.full_name, _ACTOR.c.username).label("actor_name"))
    .select_from(Notification)
    .outerjoin(_ACTOR, _ACTOR.c.id == Notification.actor_id)
    .where(
        Notification.user_id == bindparam("user_id", type_=IdType()),
        Notification.revision > bindparam("after", type_=BigInteger()),
        Notification.revision <= bindparam("last", type_=BigInteger()),
        Notification.in_app,
    )
    .order_by(Notification.revision)
    .limit(bindparam("most", type_=Integer())),
)
"""Somebody's notifications between two revisions, the second among them, in the order of commits."""
