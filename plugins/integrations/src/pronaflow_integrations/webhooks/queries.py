"""Prebuilt statements of webhooks.

Those of the outbox and the sender serve all workspaces at once: each row carries its own, and nothing of them
is shown to anybody.
"""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, func, insert, not_, or_, select, union_all, update
from sqlalchemy.orm import aliased

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    IdType,
    Listing,
    UtcDateTime,
    Workspace,
    unscoped,
)

from .models import Attempt, Delivery, Webhook, WebhookHealth, WebhookSecret

EVERYWHERE = "webhooks of all workspaces are served by one sender, and each row carries its workspace"

_HEALTH = (
    WebhookHealth.consecutive_failures,
    WebhookHealth.open_until,
    WebhookHealth.last_triggered_at,
    WebhookHealth.last_success_at,
    WebhookHealth.disabled_reason,
    WebhookHealth.disabled_at,
)
_SHOWN = (
    select(Webhook.__table__, *_HEALTH)
    .join(
        WebhookHealth,
        and_(WebhookHealth.webhook_id == Webhook.id, WebhookHealth.workspace_id == Webhook.workspace_id),
    )
    .where(Webhook.workspace_id == SCOPE_WORKSPACE)
)

WEBHOOK = _SHOWN.where(Webhook.id == bindparam("id", type_=IdType()))
"""One webhook as shown."""

WEBHOOKS = Listing(
    _SHOWN,
    id=Webhook.id,
    filters={"is_active": Webhook.is_active == bindparam("is_active")},
    sorts={"created_at": Webhook.created_at, "name": Webhook.name},
    default="-created_at",
)

DELIVERIES = Listing(
    select(Delivery.__table__).where(
        Delivery.workspace_id == SCOPE_WORKSPACE,
        Delivery.webhook_id == bindparam("webhook_id", type_=IdType()),
    ),
    id=Delivery.id,
    filters={
        "status": Delivery.status == bindparam("status"),
        "event_type": Delivery.event_type == bindparam("event_type"),
    },
    sorts={"created_at": Delivery.created_at},
    default="-created_at",
)

ATTEMPTS = (
    select(Attempt.__table__)
    .where(
        Attempt.workspace_id == SCOPE_WORKSPACE,
        Attempt.delivery_id == bindparam("delivery_id", type_=IdType()),
    )
    .order_by(Attempt.number)
    .limit(100)
)

LIVE_SECRETS = (
    select(WebhookSecret.__table__)
    .where(
        WebhookSecret.workspace_id == SCOPE_WORKSPACE,
        WebhookSecret.webhook_id == bindparam("webhook_id", type_=IdType()),
        or_(
            WebhookSecret.expires_at.is_(None),
            WebhookSecret.expires_at > bindparam("now", type_=UtcDateTime()),
        ),
    )
    .order_by(WebhookSecret.created_at.desc(), WebhookSecret.id.desc())
)

COUNT = select(func.count()).where(Webhook.workspace_id == SCOPE_WORKSPACE)

LISTENING = unscoped(
    EVERYWHERE,
    select(Webhook.__table__, WebhookHealth.last_sequence)
    .join(WebhookHealth, WebhookHealth.webhook_id == Webhook.id)
    .join(Workspace, Workspace.id == Webhook.workspace_id)
    .where(
        Webhook.is_active,
        Workspace.lifecycle == "active",
        Webhook.workspace_id.in_(bindparam("workspaces", type_=IdType(), expanding=True)),
    )
    .order_by(Webhook.id)
    .with_for_update(of=WebhookHealth),
)
"""The webhooks of some workspaces that are on; held, because what they are sent is counted."""

COUNTED = unscoped(
    EVERYWHERE,
    update(WebhookHealth)
    .where(WebhookHealth.webhook_id == bindparam("webhook"))
    .values(
        last_sequence=bindparam("sequence"), last_triggered_at=bindparam("triggered", type_=UtcDateTime())
    ),
)

STORE = unscoped(EVERYWHERE, insert(Delivery))
KNOWN = unscoped(
    EVERYWHERE,
    select(Delivery.webhook_id, Delivery.event_id).where(
        not_(Delivery.manual),
        Delivery.event_id.in_(bindparam("events", type_=IdType(), expanding=True)),
        Delivery.webhook_id.in_(bindparam("webhooks", type_=IdType(), expanding=True)),
    ),
)
"""Which of some events some webhooks have been given already: an operator may replay."""

_NOW = bindparam("now", type_=UtcDateTime())
_EARLIER = aliased(Delivery)
_ITS_TURN = or_(
    not_(Webhook.ordered),
    not_(
        select(_EARLIER.id)
        .where(
            _EARLIER.webhook_id == Delivery.webhook_id,
            _EARLIER.aggregate_id == Delivery.aggregate_id,
            _EARLIER.sequence < Delivery.sequence,
            _EARLIER.due_at.is_not(None),
        )
        .correlate(Delivery)
        .exists()
    ),
)
_SENDABLE = and_(
    Delivery.due_at.is_not(None),
    Webhook.is_active,
    not_(Webhook.paused),
    Webhook.id.not_in(bindparam("full", type_=IdType(), expanding=True)),
)

DUE = unscoped(
    EVERYWHERE,
    select(
        Delivery.__table__,
        Webhook.url,
        Webhook.timeout_seconds,
        Webhook.max_concurrency,
        Webhook.ordered,
        Webhook.retry_policy,
        Webhook.max_retries,
        WebhookHealth.consecutive_failures,
    )
    .join(Webhook, Webhook.id == Delivery.webhook_id)
    .join(WebhookHealth, WebhookHealth.webhook_id == Webhook.id)
    .where(
        _SENDABLE,
        Delivery.due_at <= _NOW,
        or_(Delivery.leased_until.is_(None), Delivery.leased_until <= _NOW),
        or_(WebhookHealth.open_until.is_(None), WebhookHealth.open_until <= _NOW),
        _ITS_TURN,
    )
    .order_by(Delivery.due_at, Delivery.sequence)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=Delivery),
)
"""What may be sent now, first come first; `full` are webhooks that have enough in flight."""

_WAITING = select(Delivery.due_at.label("at")).where(Delivery.due_at > _NOW, Delivery.leased_until.is_(None))
_HELD = select(Delivery.leased_until.label("at")).where(Delivery.leased_until > _NOW)
NEXT = unscoped(
    EVERYWHERE,
    union_all(
        _WAITING.order_by(Delivery.due_at).limit(1).subquery().select(),
        _HELD.order_by(Delivery.leased_until).limit(1).subquery().select(),
    ),
)
"""When there may be something to send again: the first retry, and the end of the first lease."""

LEASE = unscoped(
    EVERYWHERE,
    update(Delivery)
    .where(Delivery.id.in_(bindparam("deliveries", type_=IdType(), expanding=True)))
    .values(leased_until=bindparam("until", type_=UtcDateTime())),
)

ENDED = unscoped(
    EVERYWHERE,
    update(Delivery)
    .where(Delivery.id == bindparam("delivery"))
    .values(
        status=bindparam("new_status"),
        attempt_number=Delivery.attempt_number + 1,
        failures=bindparam("new_failures"),
        status_code=bindparam("code"),
        response_time_ms=bindparam("took"),
        last_error=bindparam("error"),
        due_at=bindparam("due", type_=UtcDateTime()),
        leased_until=None,
        delivered_at=bindparam("delivered", type_=UtcDateTime()),
    ),
)

NOTED = unscoped(EVERYWHERE, insert(Attempt))

HEALTH = unscoped(
    EVERYWHERE,
    select(WebhookHealth.__table__, Webhook.name, Webhook.created_by, Webhook.version, Webhook.is_active)
    .join(Webhook, Webhook.id == WebhookHealth.webhook_id)
    .where(WebhookHealth.webhook_id.in_(bindparam("webhooks", type_=IdType(), expanding=True)))
    .order_by(WebhookHealth.webhook_id)
    .with_for_update(of=WebhookHealth),
)

SECRETS = unscoped(
    EVERYWHERE,
    select(WebhookSecret.webhook_id, WebhookSecret.id, WebhookSecret.secret)
    .where(
        WebhookSecret.webhook_id.in_(bindparam("webhooks", type_=IdType(), expanding=True)),
        or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > _NOW),
    )
    .order_by(WebhookSecret.created_at.desc(), WebhookSecret.id.desc()),
)

OLD_DELIVERIES = unscoped(
    EVERYWHERE,
    delete(Delivery).where(
        Delivery.id.in_(
            select(Delivery.id)
            .where(Delivery.due_at.is_(None), Delivery.created_at < bindparam("before", type_=UtcDateTime()))
            .limit(1_000)
        )
    ),
)
OLD_BODIES = unscoped(
    EVERYWHERE,
    update(Delivery)
    .where(
        Delivery.id.in_(
            select(Delivery.id)
            .where(
                Delivery.body.is_not(None),
                Delivery.status == bindparam("ended"),
                Delivery.created_at < bindparam("before", type_=UtcDateTime()),
            )
            .limit(1_000)
        )
    )
    .values(body=None),
)

REFRESHED = (
    update(WebhookHealth)
    .where(
        WebhookHealth.webhook_id == bindparam("webhook", type_=IdType()),
        WebhookHealth.workspace_id == SCOPE_WORKSPACE,
    )
    .values(
        consecutive_failures=0, first_failure_at=None, open_until=None, disabled_reason=None, disabled_at=None
    )
)

FAILED = (
    update(Delivery)
    .where(
        Delivery.workspace_id == SCOPE_WORKSPACE,
        Delivery.id.in_(bindparam("ids", type_=IdType(), expanding=True)),
        Delivery.due_at.is_(None),
        Delivery.body.is_not(None),
    )
    .values(status="pending", failures=0, due_at=bindparam("due", type_=UtcDateTime()))
)
"""Has ended deliveries sent once more."""

_WHEN = and_(
    Delivery.created_at >= bindparam("since", type_=UtcDateTime()),
    Delivery.created_at < bindparam("until", type_=UtcDateTime()),
)
ENDED_THEN = (
    select(Delivery.id)
    .where(
        Delivery.workspace_id == SCOPE_WORKSPACE,
        Delivery.webhook_id == bindparam("webhook_id", type_=IdType()),
        _WHEN,
        Delivery.status.in_(bindparam("statuses", expanding=True)),
        Delivery.body.is_not(None),
        Delivery.id > bindparam("after", type_=IdType()),
    )
    .order_by(Delivery.id)
    .limit(bindparam("most"))
)
"""Ended deliveries of a time, in pieces."""

OF_CREATOR = select(Webhook.__table__).where(
    Webhook.workspace_id == SCOPE_WORKSPACE,
    Webhook.created_by == bindparam("user", type_=IdType()),
    Webhook.is_active,
)

WITH_COUNT = (
    select(Webhook.__table__, WebhookHealth.last_sequence)
    .join(
        WebhookHealth,
        and_(WebhookHealth.webhook_id == Webhook.id, WebhookHealth.workspace_id == Webhook.workspace_id),
    )
    .where(Webhook.workspace_id == SCOPE_WORKSPACE, Webhook.id == bindparam("id", type_=IdType()))
    .with_for_update(of=WebhookHealth)
)
"""A webhook and how much it was sent so far; held, because that is counted on."""

THEIRS = unscoped(
    "a user's data is looked for in all workspaces",
    select(Webhook.__table__)
    .where(Webhook.created_by == bindparam("user_id", type_=IdType()))
    .order_by(Webhook.id),
)
"""The webhooks that somebody made."""
