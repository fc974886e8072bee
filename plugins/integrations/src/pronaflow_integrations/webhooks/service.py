"""What can be done to webhooks."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    EgressRefused,
    Event,
    NotFound,
    Page,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    Window,
    invalid,
    new_id,
    secret_place,
)

from .bodies import SLACK_HOST
from .events import (
    WEBHOOK_CREATED,
    WEBHOOK_DELETED,
    WEBHOOK_SECRET_ROTATED,
    WEBHOOK_UPDATED,
    webhook_payload,
)
from .models import Delivery, Webhook, WebhookHealth, WebhookSecret
from .outbox import SENDER, Outbox
from .queries import ATTEMPTS, COUNT, DELIVERIES, LIVE_SECRETS, REFRESHED, WEBHOOK, WEBHOOKS, WITH_COUNT
from .signing import key_of, new_secret, strength

WEBHOOK_TEST = "webhook.test"
"""Type of a test message; nothing of the kind happens otherwise."""

MOST = 100
"""Webhooks of a workspace."""

MOST_SECRETS = 3
"""Live at once."""

_DEFAULTS = {
    "retry_policy": "exponential",
    "max_retries": 5,
    "timeout_seconds": 30,
    "max_concurrency": 4,
    "ordered": False,
    "is_active": True,
    "paused": False,
    "container_id": None,
}


class WebhookService:
    """The webhooks of the scope's workspace.

    Arguments:
        ctx: of the plugin; outbox: makes what is sent.
    """

    def __init__(self, ctx: Context, outbox: Outbox) -> None:
        self._ctx, self._outbox = ctx, outbox

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The webhooks, filtered as `WebhookQuery` says."""
        return WEBHOOKS.page(reader, query, {"is_active": query["is_active"]})

    def get(self, reader: Reader, webhook_id: str) -> Row:
        """One webhook as shown.

        Raises:
            NotFound: there is none.
        """
        row = reader.one(WEBHOOK, id=webhook_id)
        if row is None:
            raise NotFound(f"Webhook {webhook_id} was not found")
        return row

    def create(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Add a webhook; the answer shows a secret that was made for it.

        Raises:
            ValidationFailed: the address is refused, or an event type unknown; all problems are named.
            Conflict: there are `MOST` already.
        """
        if (uow.value(COUNT) or 0) >= MOST:
            raise Conflict(f"A workspace has at most {MOST} webhooks: delete one first")
        if "subscribed_events" not in body:
            raise invalid("subscribed_events", "Say which events it is told of.", "required")
        given = body.get("secret")
        secret = given or new_secret()
        values = {**_DEFAULTS, **self._checked(uow, {**body, "secret": secret}, {})}
        values.setdefault("format", "slack" if values["host"] == SLACK_HOST else "standard")
        values.setdefault("name", values["host"][:100])
        values |= {"secret_strength": strength(secret), "created_by": uow.scope.principal.user_id}
        self._ctx.hooks.check_change(uow, "webhook", None, values)
        row = uow.insert(Webhook, values)
        uow.insert(WebhookHealth, {"webhook_id": row["id"]})
        self._keep_secret(uow, row["id"], secret)
        uow.publish(WEBHOOK_CREATED, row["id"], webhook_payload(row))
        return {**self.get(uow, row["id"]), "secret": None if given else secret}

    def update(self, uow: UnitOfWork, webhook_id: str, body: Mapping[str, Any]) -> Row:
        """Change a webhook.

        Switching one on makes it forget its failures, and the caller the one with whose eyes it sees: that is
        how it is taken over from somebody who has left.

        Raises:
            ValidationFailed: as `create`.
        """
        row = uow.get(Webhook, webhook_id, lock=True)
        changes = self._checked(uow, body, row["subscribed_events"])
        if changes.get("is_active") and not row["is_active"]:
            changes["created_by"] = uow.scope.principal.user_id
        self._ctx.hooks.check_change(uow, "webhook", row, changes)
        done = uow.update(Webhook, row, changes)
        if done.changes:
            told = {name: change for name, change in done.changes.items() if name not in ("url", "host")}
            uow.publish(WEBHOOK_UPDATED, webhook_id, webhook_payload(done.row), changes=told)
        if {"is_active", "paused"} & done.changes.keys():
            uow.execute(REFRESHED, webhook=webhook_id)
            self.wake(uow)
        return self.get(uow, webhook_id)

    def delete(self, uow: UnitOfWork, webhook_id: str) -> None:
        """Delete a webhook with all that was sent to it.

        Raises:
            NotFound: there is none.
        """
        row = uow.get(Webhook, webhook_id, lock=True)
        self._ctx.hooks.check_change(uow, "webhook", row, {})
        uow.remove(Webhook, row)
        uow.publish(WEBHOOK_DELETED, webhook_id, webhook_payload(row))

    def rotate(self, uow: UnitOfWork, webhook_id: str, body: Mapping[str, Any]) -> Row:
        """Give it a new secret; the old one goes on signing for a while, so that receivers can change over.

        Raises:
            ValidationFailed: the secret starts with `whsec_` and does not go on in base64.
        """
        row = uow.get(Webhook, webhook_id, lock=True)
        secret = body.get("secret") or new_secret()
        _check_secret(secret)
        until = uow.now + timedelta(hours=body["keep_old_hours"])
        old = uow.all(LIVE_SECRETS, webhook_id=webhook_id, now=uow.now)
        for place, each in enumerate(old):
            ends = min(until, each["expires_at"] or until)
            if place >= MOST_SECRETS - 1 or ends <= uow.now:
                uow.remove(WebhookSecret, each)
            else:
                uow.update(WebhookSecret, each, {"expires_at": ends})
        self._keep_secret(uow, webhook_id, secret)
        done = uow.update(Webhook, row, {"secret_strength": strength(secret)})
        uow.publish(WEBHOOK_SECRET_ROTATED, webhook_id, webhook_payload(done.row))
        return {**self.get(uow, webhook_id), "secret": None if body.get("secret") else secret}

    def deliveries(self, reader: Reader, webhook_id: str, query: Mapping[str, Any]) -> Window:
        """What was sent, the newest first."""
        filters = {"status": query["status"], "event_type": query["event_type"]}
        return DELIVERIES.window(reader, query, filters, webhook_id=webhook_id)

    def delivery(self, reader: Reader, webhook_id: str, delivery_id: str) -> Row:
        """One message with its text and attempts.

        Raises:
            NotFound: there is none.
        """
        row = self._delivery(reader, webhook_id, delivery_id)
        text = None if row["body"] is None else zlib.decompress(row["body"]).decode()
        return {**row, "body": text, "attempts": reader.all(ATTEMPTS, delivery_id=delivery_id)}

    def redeliver(self, uow: UnitOfWork, webhook_id: str, delivery_id: str) -> Row:
        """Send a message once more, as it was, with the same `webhook-id`.

        Raises:
            Conflict: its text was cleared away, or it is on its way.
        """
        row = self._delivery(uow, webhook_id, delivery_id)
        if row["body"] is None:
            raise Conflict("Its text was cleared away: recover the events of that time instead")
        if row["due_at"] is not None:
            raise Conflict("It is on its way: the next attempt is planned already")
        fresh = {"id": new_id(), "manual": True, "status": "pending", "due_at": uow.now}
        zero = {"attempt_number": 0, "failures": 0, "status_code": None, "response_time_ms": None}
        nothing = {"last_error": None, "leased_until": None, "delivered_at": None, "created_at": uow.now}
        made = uow.insert(Delivery, {**row, **fresh, **zero, **nothing})
        self.wake(uow)
        return self.delivery(uow, made["webhook_id"], made["id"])

    def test(self, uow: UnitOfWork, webhook_id: str) -> Row:
        """Send a message that says that it is a test, whatever the webhook listens to."""
        webhook = uow.one(WITH_COUNT, id=webhook_id)
        if webhook is None:
            raise NotFound(f"Webhook {webhook_id} was not found")
        [row] = self._outbox.deliveries(uow, webhook, [self._test_event(uow, webhook)])
        made = uow.insert(Delivery, {**row, "manual": True})
        self.wake(uow)
        return self.delivery(uow, made["webhook_id"], made["id"])

    def wake(self, uow: UnitOfWork) -> None:
        """Have what is due sent."""
        self._ctx.jobs.enqueue(uow, SENDER, {}, dedup_key="now")

    def _delivery(self, reader: Reader, webhook_id: str, delivery_id: str) -> Row:
        row = reader.get(Delivery, delivery_id)
        if row["webhook_id"] != webhook_id:
            raise NotFound(f"Delivery {delivery_id} was not found")
        return row

    def _test_event(self, uow: UnitOfWork, webhook: Row) -> Event:
        return Event(
            id=new_id(),
            type=WEBHOOK_TEST,
            aggregate_type="Webhook",
            aggregate_id=webhook["id"],
            workspace_id=webhook["workspace_id"],
            container_id=None,
            actor_kind="user",
            user_id=uow.scope.principal.user_id,
            occurred_at=uow.now,
            recorded_at=uow.now,
            payload={"webhook_id": webhook["id"], "name": webhook["name"]},
            changes=None,
            origin="api",
        )

    def _keep_secret(self, uow: UnitOfWork, webhook_id: str, secret: str) -> None:
        row_id = new_id()
        hidden = self._ctx.secrets.encrypt(secret, bound_to=secret_place(WebhookSecret, "secret", row_id))
        uow.insert(WebhookSecret, {"id": row_id, "webhook_id": webhook_id, "secret": hidden})

    def _checked(self, uow: UnitOfWork, body: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that a body sets, or all that is wrong with it."""
        values = {name: value for name, value in body.items() if name not in ("secret", "workspace_id")}
        problems: list[Problem] = []
        if "url" in body:
            try:
                values["host"] = self._ctx.http.check(body["url"])
            except EgressRefused as error:
                problems.append(Problem("url", f"{error}.", "refused"))
        if "subscribed_events" in body:
            values["subscribed_events"], unfit = self._events(body["subscribed_events"], now)
            problems += unfit
        if "secret" in body:
            problems += _secret_problems(body["secret"])
        me, project = uow.scope.principal.user_id or "", body.get("container_id")
        if project is not None and not self._ctx.access.audience(uow, [me], project):
            problems.append(Problem("project_id", "There is no such project.", "unknown"))
        if problems:
            raise ValidationFailed(problems)
        return values

    def _events(self, said: Any, now: Mapping[str, Any]) -> tuple[dict[str, bool], list[Problem]]:
        """The events that a webhook is told of after a body has been merged into those of now."""
        if isinstance(said, list):
            given, now = dict.fromkeys(filter(_is_text, said), True), {}
            shaped = len(given) == len(set(map(str, said)))
        else:
            given = said if isinstance(said, dict) else {}
            shaped = isinstance(said, dict) and all(isinstance(each, bool) for each in said.values())
        if not shaped:
            return {}, [
                Problem(
                    "subscribed_events",
                    "Must be a map from event types to true or false, or a list.",
                    "invalid",
                )
            ]
        public = sorted(name for name, known in self._ctx.ledger.types.items() if known.public)
        unknown = [name for name in given if not any(fnmatchcase(each, name) for each in public)]
        merged = {name: True for name, on in {**now, **given}.items() if on}
        problems = [
            Problem(
                "subscribed_events",
                f"No event is called {name!r}; there are {', '.join(public)}.",
                "unknown_event",
            )
            for name in unknown
        ]
        if not merged and not problems:
            problems = [Problem("subscribed_events", "At least one event must be true.", "required")]
        return merged, problems


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _secret_problems(secret: str) -> list[Problem]:
    try:
        key_of(secret)
    except ValueError as error:
        return [Problem("secret", str(error), "invalid")]
    return []


def _check_secret(secret: str) -> None:
    if problems := _secret_problems(secret):
        raise ValidationFailed(problems)
