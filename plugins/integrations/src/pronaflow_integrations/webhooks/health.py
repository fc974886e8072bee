"""What attempts mean for their webhook: its circuit, its end, and who is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from marshmallow import fields
from sqlalchemy import bindparam, select, update

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Context,
    Id,
    IdType,
    Mail,
    Membership,
    Row,
    Schema,
    Scope,
    UnitOfWork,
    User,
    UtcDateTime,
    unscoped,
)

from .events import WEBHOOK_DISABLED, webhook_payload
from .models import Webhook, WebhookHealth
from .policy import BURST, GIVE_UP_AFTER, Outcome, health_after
from .queries import EVERYWHERE, HEALTH

GONE = 410
TOLD_AGAIN = timedelta(days=1)

REASONS = {
    "gone": "Its receiver has answered that it is gone for good (410).",
    "failing": "It has failed for five days.",
    "creator_left": "Whoever made it has left the workspace.",
}
"""Why the server switches a webhook off, in words."""

_OFF_SUBJECT = "The webhook {name} was switched off"
_OFF_THEN = "Switch it on again when all is well, and recover what it has missed."
_FAILS_SUBJECT = "The webhook {name} does not answer as it should"
_FAILS_THEN = "What it was to be sent is tried again by and by."
_WHICH = 'The webhook "{name}" goes to {host}.'

_KEEP = unscoped(
    EVERYWHERE,
    update(WebhookHealth)
    .where(WebhookHealth.webhook_id == bindparam("webhook"))
    .values(
        consecutive_failures=bindparam("failures"),
        first_failure_at=bindparam("first", type_=UtcDateTime()),
        open_until=bindparam("open", type_=UtcDateTime()),
        last_success_at=bindparam("success", type_=UtcDateTime()),
        told_at=bindparam("told", type_=UtcDateTime()),
    ),
)
_OFF = (
    update(WebhookHealth)
    .where(
        WebhookHealth.webhook_id == bindparam("webhook", type_=IdType()),
        WebhookHealth.workspace_id == SCOPE_WORKSPACE,
    )
    .values(disabled_reason=bindparam("reason"), disabled_at=bindparam("at", type_=UtcDateTime()))
)

_CARERS = (
    select(User.id, User.email)
    .join(Membership, Membership.user_id == User.id)
    .where(
        Membership.workspace_id == SCOPE_WORKSPACE,
        Membership.is_active,
        Membership.role.in_(("owner", "admin")),
        User.status == "active",
    )
    .order_by(User.id)
    .limit(20)
)


class CareArgs(Schema):
    """Arguments of the job that looks after a webhook."""

    webhook_id = Id(required=True)
    reason = fields.String(required=True, allow_none=True)


class Health:
    """Keeps the health of webhooks.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def after(self, uow: UnitOfWork, outcomes: Mapping[str, list[Outcome]]) -> None:
        """Note what came of attempts, by webhook; where it has become hopeless, switch it off."""
        rows, off = [], []
        for row in uow.all(HEALTH, webhooks=sorted(outcomes)):
            results = outcomes[row["webhook_id"]]
            state = health_after(row, results, uow.now)
            reason = self._hopeless(row, state, results, uow)
            tell = state["consecutive_failures"] >= BURST and _long_ago(row["told_at"], uow)
            rows.append(
                {
                    "webhook": row["webhook_id"],
                    "failures": state["consecutive_failures"],
                    "first": state["first_failure_at"],
                    "open": state["open_until"],
                    "success": state.get("last_success_at", row["last_success_at"]),
                    "told": uow.now if tell and reason is None else row["told_at"],
                }
            )
            if row["is_active"] and (reason or tell):
                off.append((row, reason))
        if rows:
            uow.connection.execute(_KEEP, rows)
        for row, reason in off:
            self._ctx.jobs.enqueue(
                uow, "look_after_webhook", {"webhook_id": row["webhook_id"], "reason": reason}
            )

    def look_after(self, uow: UnitOfWork, args: Mapping[str, Any]) -> None:
        """Tell those who look after a webhook that it fails; with a reason, switch it off first."""
        place = select(Webhook.workspace_id).where(Webhook.id == bindparam("id", type_=IdType()))
        workspace_id = uow.value(unscoped(EVERYWHERE, place), id=args["webhook_id"])
        if workspace_id is None:
            return
        uow.enter(Scope.system(workspace_id))
        webhook = uow.get(Webhook, args["webhook_id"])
        if args["reason"] is not None and webhook["is_active"]:
            self.switch_off(uow, webhook, args["reason"])
        elif args["reason"] is None:
            self._tell(uow, webhook, _FAILS_SUBJECT, (_WHICH, _FAILS_THEN))

    def switch_off(self, uow: UnitOfWork, webhook: Row, reason: str) -> None:
        """Switch a webhook off and tell those who look after it."""
        row = uow.update(Webhook, webhook, {"is_active": False}).row
        uow.execute(_OFF, webhook=webhook["id"], reason=reason, at=uow.now)
        uow.publish(WEBHOOK_DISABLED, webhook["id"], {**webhook_payload(row), "reason": reason})
        self._tell(uow, webhook, _OFF_SUBJECT, (_WHICH, REASONS[reason], _OFF_THEN))

    def _hopeless(self, row: Row, state: Row, results: list[Outcome], uow: UnitOfWork) -> str | None:
        if any(each.status == GONE for each in results):
            return "gone"
        first = state["first_failure_at"]
        return "failing" if first is not None and uow.now - first >= GIVE_UP_AFTER else None

    def _tell(self, uow: UnitOfWork, webhook: Row, subject: str, lines: Sequence[str]) -> None:
        """Mail those who may change webhooks, each in their language."""
        people = uow.all(_CARERS)
        locales = self._ctx.preferences.locales(uow, [person["id"] for person in people])
        values = {"name": webhook["name"], "host": webhook["host"]}
        for person in people:
            language = locales[person["id"]].language
            said = [self._ctx.texts.say(language, line, **values) for line in (subject, *lines)]
            self._ctx.mail.send(
                uow, Mail(person["email"], f"{said[0]} - PronaFlow", "\n".join([*said[1:], ""]))
            )


def _long_ago(told_at: Any, uow: UnitOfWork) -> bool:
    return told_at is None or uow.now - told_at >= TOLD_AGAIN
