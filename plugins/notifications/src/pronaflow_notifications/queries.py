"""Prebuilt statements. Notifications are their readers', in whatever workspace something happened."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import Boolean, and_, bindparam, delete, func, not_, or_, select, true, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import (
    SCOPE_USER,
    SCOPE_WORKSPACE,
    IdType,
    Json,
    Listing,
    User,
    UtcDateTime,
    unscoped,
)

from .models import Counter, Merged, Mute, Notification

_WHY = "notifications are their reader's, whatever the workspace"
_IDS = bindparam("ids", type_=IdType(), expanding=True)
_ID = bindparam("id", type_=IdType())
_WHICH = bindparam("which", type_=IdType())
_NOW = bindparam("now", type_=UtcDateTime())
_MINE = and_(Notification.user_id == SCOPE_USER, Notification.in_app)

# Reading

_ACTOR = User.__table__.alias("actor")
_SHOWN = (
    select(Notification.__table__, func.coalesce(_ACTOR.c.full_name, _ACTOR.c.username).label("actor_name"))
    .select_from(Notification)
    .outerjoin(_ACTOR, _ACTOR.c.id == Notification.actor_id)
)

NOTIFICATIONS = Listing(
    unscoped(_WHY, _SHOWN.where(_MINE)),
    id=Notification.id,
    filters={
        "unread": and_(not_(Notification.read), bindparam("unread", type_=Boolean()) == true()),
        "read": and_(Notification.read, bindparam("read", type_=Boolean()) == true()),
        "type": Notification.type == bindparam("type"),
        "priority": Notification.priority == bindparam("priority"),
        "workspace_id": Notification.workspace_id == bindparam("workspace_id", type_=IdType()),
        "bound_to": Notification.workspace_id == bindparam("bound_to", type_=IdType()),
        "container_id": Notification.container_id == bindparam("container_id", type_=IdType()),
        "since": Notification.created_at >= bindparam("since", type_=UtcDateTime()),
        "until": Notification.created_at < bindparam("until", type_=UtcDateTime()),
    },
    sorts={"created_at": Notification.created_at},
    default="-created_at",
)
"""The caller's notifications; `bound_to` is the workspace of a token that is bound to one."""

SHOWN = unscoped(_WHY, _SHOWN.where(_MINE, Notification.id == _ID))
"""One of the caller's notifications."""

MINE = unscoped(_WHY, select(Notification.__table__).where(_MINE, Notification.id == _ID))
DELETE_ONE = unscoped(_WHY, delete(Notification).where(_MINE, Notification.id == _ID))

SAID = unscoped(_WHY, _SHOWN.where(Notification.id.in_(_IDS)))
"""Notifications with the names of who did it; for whoever sends them."""

UNREAD = select(Counter.unread).where(Counter.user_id == SCOPE_USER)

UNREAD_BOUND = unscoped(
    _WHY,
    select(func.count()).where(
        _MINE,
        not_(Notification.read),
        Notification.workspace_id == bindparam("bound_to", type_=IdType()),
    ),
)
"""What a token that is bound to a workspace may know of it."""

# Changing what the caller has

READ_ONE = unscoped(
    _WHY,
    update(Notification)
    .where(_MINE, Notification.id == _WHICH, not_(Notification.read))
    .values(read=True, read_at=_NOW),
)
UNREAD_ONE = unscoped(
    _WHY,
    update(Notification)
    .where(_MINE, Notification.id == _WHICH, Notification.read)
    .values(read=False, read_at=None),
)
_READ = update(Notification).where(_MINE, not_(Notification.read)).values(read=True, read_at=_NOW)
READ_ALL = unscoped(_WHY, _READ)
READ_ALL_BOUND = unscoped(
    _WHY, _READ.where(Notification.workspace_id == bindparam("bound_to", type_=IdType()))
)

# Counters

_GIVEN = bindparam("user_id", type_=IdType())


def _hold(dialect: ModuleType) -> Any:
    """Take a counter and its next revision, or begin one; whoever else writes what it counts waits."""
    statement = dialect.insert(Counter.__table__).values(user_id=_GIVEN, unread=0, revision=1)
    return statement.on_conflict_do_update(
        index_elements=[Counter.__table__.c.user_id], set_={"revision": Counter.__table__.c.revision + 1}
    )


REVISIONS = select(Counter.user_id, Counter.revision).where(Counter.user_id.in_(_IDS))
HOLD = {module.dialect.name: _hold(module) for module in (sqlite, postgresql)}

ADD = update(Counter).where(Counter.user_id.in_(_IDS)).values(unread=Counter.unread + bindparam("added"))
"""Add to counters that are held."""

# Telling

_EVENT = bindparam("event_id", type_=IdType())
_ABOUT = Notification.about_id == bindparam("about_id", type_=IdType())

TOLD = unscoped(
    _WHY,
    union_all(
        select(Notification.user_id).where(Notification.event_id == _EVENT, Notification.user_id.in_(_IDS)),
        select(Merged.user_id).where(Merged.event_id == _EVENT, Merged.user_id.in_(_IDS)),
    ),
)
"""Who of some users has heard of an event."""

OPEN = unscoped(
    _WHY,
    select(Notification.__table__).where(
        _ABOUT,
        Notification.user_id.in_(_IDS),
        not_(Notification.read),
        Notification.created_at >= bindparam("since", type_=UtcDateTime()),
    ),
)
"""Unread notifications about one thing, into which further ones go."""

MERGE = unscoped(
    _WHY,
    update(Notification)
    .where(Notification.id == bindparam("merged_id", type_=IdType()))
    .values(
        {
            "title": bindparam("b_title"),
            "message": bindparam("b_message"),
            "texts": bindparam("b_texts", type_=Json()),
            "action_url": bindparam("b_action_url"),
            "actor_id": bindparam("b_actor_id", type_=IdType()),
            "reasons": bindparam("b_reasons", type_=Json()),
            "revision": bindparam("b_revision"),
            "aggregated_count": Notification.aggregated_count + 1,
            "updated_at": bindparam("b_now", type_=UtcDateTime()),
        }
    ),
)
"""Let an unread notification tell of a further event."""

SILENCED = unscoped(
    "what somebody mutes everywhere is in no workspace",
    select(Mute.user_id, Mute.type, Mute.channel).where(
        Mute.user_id.in_(_IDS),
        or_(Mute.channel.is_(None), Mute.channel == "in_app"),
        or_(Mute.container_id.is_(None), Mute.container_id == bindparam("container_id", type_=IdType())),
    ),
)
"""What some users do not want to hear at all, or not in the application, of what happens in a container."""

# Going

_HERE = (Notification.workspace_id == SCOPE_WORKSPACE, Notification.user_id.in_(_IDS))
_THERE = Notification.container_id == bindparam("container_id", type_=IdType())
_OWNERS = select(Notification.user_id).where(Notification.workspace_id == SCOPE_WORKSPACE).distinct()

HOLDERS = {"workspace": _OWNERS, "container": _OWNERS.where(_THERE), "thing": _OWNERS.where(_ABOUT)}
"""Who has notifications of the scope's workspace, or of a container or a thing in it."""

_UNREAD_OF = (
    select(Notification.user_id, func.count().label("unread"))
    .where(*_HERE, Notification.in_app, not_(Notification.read))
    .group_by(Notification.user_id)
)
LEAVING = {
    "workspace": _UNREAD_OF,
    "container": _UNREAD_OF.where(_THERE),
    "thing": _UNREAD_OF.where(_ABOUT),
}
"""How many of them are unread, by user."""

FORGET = {
    "workspace": delete(Notification).where(*_HERE),
    "container": delete(Notification).where(*_HERE, _THERE),
    "thing": delete(Notification).where(*_HERE, _ABOUT),
}

FORGET_MUTES = delete(Mute).where(Mute.workspace_id == SCOPE_WORKSPACE, Mute.user_id.in_(_IDS))

# Keeping

_BEFORE = Notification.created_at < bindparam("before", type_=UtcDateTime())
_BATCH = select(Notification.id, Notification.user_id, Notification.read, Notification.in_app).limit(
    bindparam("most")
)
_CUT = {
    "read": and_(_BEFORE, Notification.read),
    "old": _BEFORE,
    "hidden": and_(_BEFORE, not_(Notification.in_app)),
}
OUTDATED = {
    name: unscoped("what is old goes in all workspaces", _BATCH.where(cut)) for name, cut in _CUT.items()
}
"""Some of those that are kept no longer, by why."""
DROP = unscoped(
    "what is old goes in all workspaces",
    delete(Notification)
    .where(Notification.id.in_(_IDS))
    .returning(Notification.user_id, Notification.read, Notification.in_app),
)
