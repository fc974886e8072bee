"""Prebuilt statements of what is on its way. It is its reader's, in whatever workspace something happened."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from pronaflow_kernel.api import SCOPE_WORKSPACE, IdType, User, UtcDateTime, Workspace, unscoped

from ..models import Mute
from .models import CLAIMED, PENDING, Address, DigestRun, Dispatch
from .trash import TRASH

_WHY = "what is on its way is its reader's, whatever the workspace"
_IDS = bindparam("ids", type_=IdType(), expanding=True)
_USERS = bindparam("users", type_=IdType(), expanding=True)
_USER = bindparam("user", type_=IdType())
_CHANNEL = Dispatch.channel == bindparam("which_channel")
_UNTIL = bindparam("until", type_=UtcDateTime())
_OVERDUE = bindparam("overdue", type_=UtcDateTime())

MUTED = unscoped(
    _WHY,
    select(Mute.user_id, Mute.channel, Mute.type, Mute.container_id).where(
        Mute.user_id.in_(_USERS), Mute.channel.is_not(None)
    ),
)
"""What some users do not want to hear through single channels."""


def _put(dialect: ModuleType) -> Any:
    return dialect.insert(Dispatch.__table__).on_conflict_do_nothing()


def _begin(dialect: ModuleType) -> Any:
    return dialect.insert(DigestRun.__table__).on_conflict_do_nothing().returning(DigestRun.__table__.c.id)


_DIALECTS = (sqlite, postgresql)
PUT = {module.dialect.name: _put(module) for module in _DIALECTS}
"""Plans dispatches; a notification that something was merged into is on its way already."""
BEGIN = {module.dialect.name: _begin(module) for module in _DIALECTS}
"""Begins what somebody is sent together; no row where it was begun before."""

CLAIM = (
    update(Dispatch)
    .where(
        Dispatch.notification_id.in_(_IDS),
        _CHANNEL,
        Dispatch.state == PENDING,
        Dispatch.window_key.is_(None),
    )
    .values(state=CLAIMED, attempts=Dispatch.attempts + 1)
    .returning(Dispatch)
)
"""Takes what is sent alone, each once."""

_GATHERED = or_(Dispatch.window_key.is_not(None), Dispatch.due_at <= _OVERDUE)
_TOGETHER = and_(
    Dispatch.user_id == _USER, _CHANNEL, Dispatch.state == PENDING, Dispatch.due_at <= _UNTIL, _GATHERED
)
CLAIM_TOGETHER = (
    update(Dispatch)
    .where(_TOGETHER)
    .values(
        state=CLAIMED,
        attempts=Dispatch.attempts + 1,
        digest_run_id=bindparam("run", type_=IdType()),
    )
    .returning(Dispatch)
)
"""Takes all that somebody is sent together, each once."""

PUT_OFF = (
    update(Dispatch)
    .where(_TOGETHER)
    .values(due_at=bindparam("later", type_=UtcDateTime()), window_key=bindparam("why"))
)
"""Lets what would be sent together wait for another window."""

PUT_OFF_ONE = (
    update(Dispatch)
    .where(Dispatch.id.in_(_IDS))
    .values(state=PENDING, due_at=bindparam("later", type_=UtcDateTime()), window_key=bindparam("why"))
)

_IN_HAND = Dispatch.state == CLAIMED
_HEARD = {"due_at": bindparam("heard_until", type_=UtcDateTime())}
HAND_OUT = (
    update(Dispatch).where(Dispatch.id.in_(_IDS)).values(**_HEARD, message_id=bindparam("key"), attempts=0)
)
"""Lets a job send dispatches that were taken; each of its tries counts itself."""

TRY = (
    update(Dispatch)
    .where(Dispatch.id.in_(_IDS), _IN_HAND)
    .values(**_HEARD, attempts=Dispatch.attempts + 1)
    .returning(Dispatch)
)
"""What somebody is about to send; counted before, so that a try that ends its process counts too."""

_PARCELS = (
    select(Dispatch.message_id)
    .where(_IN_HAND, Dispatch.due_at <= _UNTIL)
    .distinct()
    .order_by(Dispatch.message_id)
    .limit(bindparam("most"))
)
LEFT = update(Dispatch).where(_IN_HAND, Dispatch.message_id.in_(_PARCELS)).values(_HEARD).returning(Dispatch)
"""Parcels that nobody was heard of any more, whole; whoever takes them is heard of from here on."""

END = (
    update(Dispatch)
    .where(Dispatch.id.in_(_IDS))
    .values(state=bindparam("end"), reason=bindparam("why"), message_id=bindparam("key"))
)
"""Says what became of dispatches."""

_PLACE = (Dispatch.user_id, Dispatch.channel)
WAITING = (
    select(*_PLACE, func.max(Dispatch.due_at).label("window_end"))
    .where(
        Dispatch.state == PENDING,
        Dispatch.due_at <= _UNTIL,
        _GATHERED,
        tuple_(*_PLACE) > tuple_(bindparam("after_user", type_=IdType()), bindparam("after_channel")),
    )
    .group_by(*_PLACE)
    .order_by(*_PLACE)
    .limit(bindparam("most"))
)
"""Who is to be sent something together, through what, and for which end of a window."""

WORKSPACES = unscoped(
    _WHY,
    select(Workspace.id, Workspace.name).where(Workspace.id.in_(_IDS), Workspace.lifecycle == "active"),
)

TRASHED = select(TRASH.c.resource_id).where(
    TRASH.c.workspace_id == SCOPE_WORKSPACE, TRASH.c.resource_id.in_(_IDS)
)
"""Which of some things are in the trash of the scope's workspace."""

PEOPLE = select(User.id, User.email, User.full_name, User.username, User.status).where(User.id.in_(_USERS))

REACHED = select(Address.user_id).where(Address.channel == bindparam("which"), Address.user_id.in_(_USERS))
ADDRESS = select(Address.__table__).where(Address.channel == bindparam("which"), Address.user_id == _USER)

ADDRESSES = select(Address.__table__).where(Address.user_id == _USER)
FORGET_ADDRESS = delete(Address).where(Address.channel == bindparam("which"), Address.user_id == _USER)

FORGET_RUNS = delete(DigestRun).where(DigestRun.created_at <= _UNTIL)
