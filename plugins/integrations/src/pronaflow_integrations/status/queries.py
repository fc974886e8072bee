"""Prebuilt statements that count what a workspace is connected by."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, false, func, or_, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, UtcDateTime

from ..tokens.models import ApiToken
from ..webhooks.models import Delivery, Webhook, WebhookHealth

_NOW = bindparam("now", type_=UtcDateTime())

TOKENS = select(func.count()).where(
    ApiToken.workspace_id == SCOPE_WORKSPACE,
    ApiToken.is_active,
    ApiToken.revoked_at.is_(None),
    ApiToken.expires_at > _NOW,
)
"""Tokens that work."""

_rests = func.coalesce(WebhookHealth.open_until > _NOW, false())
_troubled = or_(and_(Webhook.is_active, _rests), WebhookHealth.disabled_reason.is_not(None))
WEBHOOKS = (
    select(
        func.count().filter(Webhook.is_active).label("active"),
        func.count().filter(_troubled).label("troubled"),
        func.count().filter(and_(Webhook.is_active, ~_troubled)).label("well"),
    )
    .join(
        WebhookHealth,
        and_(WebhookHealth.webhook_id == Webhook.id, WebhookHealth.workspace_id == Webhook.workspace_id),
    )
    .where(Webhook.workspace_id == SCOPE_WORKSPACE)
)
"""How many are on, how many fail or were switched off by the server, how many are on and do not fail."""

PENDING = select(func.count()).where(
    Delivery.workspace_id == SCOPE_WORKSPACE,
    or_(Delivery.due_at.is_not(None), Delivery.leased_until.is_not(None)),
)
"""Messages that are still to be sent: those that have ended are due no more. Partial indexes answer."""
