"""Prebuilt statements on event consumers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, delete, exists, func, or_, select, true, update

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    IdType,
    Listing,
    Membership,
    User,
    UtcDateTime,
    unscoped,
)

from .models import Consumer, ConsumerRun

_HERE = Consumer.workspace_id == SCOPE_WORKSPACE

CONSUMERS = Listing(
    select(Consumer.__table__).where(_HERE),
    id=Consumer.id,
    filters={
        "handler_type": Consumer.handler_type == bindparam("handler_type"),
        "is_active": Consumer.is_active == bindparam("is_active"),
    },
    sorts={"created_at": Consumer.created_at, "event_type": Consumer.event_type},
    default="created_at",
)
"""The event consumers of the scope's workspace."""

HOW_MANY = select(func.count()).select_from(Consumer).where(_HERE)

LISTENING = (
    select(Consumer.__table__, Membership.role)
    .outerjoin(
        Membership,
        (Membership.workspace_id == SCOPE_WORKSPACE)
        & (Membership.user_id == Consumer.acts_for)
        & Membership.is_active,
    )
    .where(_HERE, Consumer.is_active, bindparam("type", type_=String()).like(Consumer.pattern, escape="\\"))
    .order_by(Consumer.id)
)
"""Who hears of an event of a type, with the role in the workspace of whom they act for."""


def is_heard(event: Any) -> ColumnElement[bool]:
    """Whether some consumer wants an event; `Subscriber.where`. What was imported is news to nobody."""
    consumer = Consumer.__table__
    wanted = exists().where(
        consumer.c.workspace_id == event.workspace_id,
        consumer.c.is_active,
        event.type.like(consumer.c.pattern, escape="\\"),
    )
    heard: ColumnElement[bool] = event.public & (event.origin != "import") & wanted
    return heard


ON_ITS_WAY = (
    select(
        ConsumerRun.__table__,
        Consumer.handler_type,
        Consumer.config,
        Consumer.is_active,
        Consumer.acts_for,
        Membership.role,
    )
    .join(Consumer, Consumer.id == ConsumerRun.consumer_id)
    .outerjoin(
        Membership,
        (Membership.workspace_id == SCOPE_WORKSPACE)
        & (Membership.user_id == Consumer.acts_for)
        & Membership.is_active,
    )
    .where(
        ConsumerRun.workspace_id == SCOPE_WORKSPACE, _HERE, ConsumerRun.id == bindparam("id", type_=IdType())
    )
)
"""A run with what its consumer does and for whom."""

_COUNTED = update(Consumer).where(_HERE, Consumer.id == bindparam("consumer", type_=IdType()))
FAILED_AGAIN = _COUNTED.values(failures=Consumer.failures + 1)
WELL_AGAIN = _COUNTED.where(Consumer.failures > 0).values(failures=0)

SWITCH_OFF = _COUNTED.where(Consumer.is_active, Consumer.failures >= bindparam("least")).values(
    is_active=False,
    disabled_reason=bindparam("why"),
    version=Consumer.version + 1,
    updated_at=bindparam("now", type_=UtcDateTime()),
)
"""Switch a consumer off that has failed so often."""

END_RUN = (
    update(ConsumerRun)
    .where(ConsumerRun.workspace_id == SCOPE_WORKSPACE, ConsumerRun.id == bindparam("run", type_=IdType()))
    .values(
        {
            name: bindparam(name, type_=getattr(ConsumerRun, name).type)
            for name in ("status", "attempts", "error", "finished_at")
        }
    )
)

MEMBERS = (
    select(User.id, User.email, User.email_norm, Membership.role)
    .join(Membership, Membership.user_id == User.id)
    .where(Membership.workspace_id == SCOPE_WORKSPACE, Membership.is_active, User.status == "active")
)
RUNNING = select(Membership.user_id).where(
    Membership.workspace_id == SCOPE_WORKSPACE,
    Membership.is_active,
    Membership.role.in_(("owner", "admin")),
)
"""Who runs the scope's workspace."""

BY_ADDRESS = MEMBERS.where(User.email_norm.in_(bindparam("addresses", expanding=True)))
BY_ID = MEMBERS.where(User.id.in_(bindparam("ids", expanding=True, type_=IdType())))
"""Members of the scope's workspace, by their addresses or ids."""

FORGET_RUNS = unscoped(
    "old runs go in all workspaces",
    delete(ConsumerRun).where(ConsumerRun.created_at < bindparam("before", type_=UtcDateTime())),
)


def runs(visible: Any) -> Listing:
    """What became of the events of a consumer, as far as the reader is shown them.

    Arguments:
        visible: a SELECT of the ids of containers; None where nobody owns any.
    """
    nowhere = ConsumerRun.container_id.is_(None)
    shown = true() if visible is None else or_(nowhere, ConsumerRun.container_id.in_(visible))
    statement = select(ConsumerRun.__table__).where(
        ConsumerRun.workspace_id == SCOPE_WORKSPACE,
        ConsumerRun.consumer_id == bindparam("consumer_id", type_=IdType()),
        shown,
    )
    return Listing(
        statement,
        id=ConsumerRun.id,
        filters={"status": ConsumerRun.status == bindparam("status")},
        sorts={"created_at": ConsumerRun.created_at},
        default="-created_at",
    )
