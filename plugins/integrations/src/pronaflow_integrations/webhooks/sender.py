"""Sends what is due: one job that holds many requests in the air, and ends when nothing is left to do.

    claim what is due (with a lease)  ->  threads send  ->  results, attempts and health in one transaction

A delivery is a row with a due time and a lease, so that killing the sender loses nothing: the lease ends and
the next sender takes it up, with the same `webhook-id`. Requests wait for slow receivers in threads of their
own, at most `max_concurrency` a webhook and none beside one that has waited for a second; an endpoint whose
circuit is open has none. Nobody waits for somebody else's dead endpoint (events.md 3.4).
"""

from __future__ import annotations

import random
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pronaflow_kernel.api import (
    Context,
    Landed,
    Options,
    Reader,
    Row,
    Scope,
    UnitOfWork,
    new_id,
    secret_place,
)

from .bodies import API_VERSION
from .health import Health
from .models import WebhookSecret
from .outbox import SENDER
from .policy import BURST, Outcome, retries, seconds_asked
from .policy import wait as pause
from .queries import DUE, ENDED, LEASE, NEXT, NOTED, SECRETS
from .signing import key_of, signatures

MOST_HEAD = 4_096
"""Bytes of an answer that are kept."""

MOST_ANSWER = 64 * 1024
_SPELL = 20.0
"""Seconds that a sender claims before it calls the next one, where it need not wait for slow answers."""

_LONGEST = 60.0
"""Seconds after which it claims no more whatever is in the air."""

_GRACE = 10.0
"""Seconds that a lease lasts longer than the request may take."""

_SLOW = 1.0
"""Seconds in the air after which a webhook gets no further request: many silent endpoints that are sent to
now and then would each hold `max_concurrency` threads, and together all of them."""

_LOOK = 0.2
"""Seconds between looks for what has come due meanwhile, while nobody answers."""

_BATCH = 100
_SOON = timedelta(minutes=1)
"""The schedule looks once a minute; what is due before is asked for."""


class Sender:
    """The work behind `send_webhooks`.

    Arguments:
        ctx: of the plugin; `threads`: requests that may be in the air at once.
    """

    def __init__(self, ctx: Context, threads: int) -> None:
        self._ctx, self._threads = ctx, threads
        self._health = Health(ctx)

    def run(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Send until nothing is due, or a spell is over and no slow answer has to be waited for."""
        began, open_ = time.monotonic(), True
        flying: dict[str, tuple[Row, float]] = {}
        with self._ctx.http.flight(self._threads) as flight:
            while True:
                open_ = open_ and not is_over(began, flying.values(), time.monotonic())
                for row, keys in self._claim(flying) if open_ else []:
                    flying[row["id"]] = (row, time.monotonic())
                    flight.send(row["id"], "POST", row["url"], **self._message(row, keys))
                if not flying:
                    break
                if landed := flight.landed(_LOOK):
                    self._record([(flying.pop(str(each.key))[0], self._outcome(each)) for each in landed])
        self._hand_over(spent=not open_)

    def _hand_over(self, *, spent: bool) -> None:
        """Ask for the next sender: at once where a spell was over, else when something comes due."""
        with self._ctx.db.read(Scope.system()) as reader:
            now = self._ctx.clock.now()
            first = now if spent else min((row["at"] for row in reader.all(NEXT, now=now)), default=None)
        if first is not None and first - now < _SOON:
            key = "now" if spent else f"at {first:%H:%M:%S}"
            with self._ctx.db.write(Scope.system()) as uow:
                self._ctx.jobs.enqueue(uow, SENDER, {}, run_at=first, dedup_key=key)

    def _claim(self, flying: Mapping[str, tuple[Row, float]]) -> list[tuple[Row, list[bytes]]]:
        """Take what may be sent now, no more of a webhook than it has room for."""
        busy = Counter(row["webhook_id"] for row, _ in flying.values())
        room, full = self._threads - len(flying), crowded(flying.values(), time.monotonic())
        if room <= 0:
            return []
        taken: list[Row] = []
        with self._ctx.db.write(Scope.system()) as uow:
            now = uow.now
            while len(taken) < room:
                due = uow.all(DUE, now=now, full=sorted(full), most=min(room - len(taken), _BATCH))
                fresh = [row for row in due if not _full(row, busy) and not busy.update([row["webhook_id"]])]
                taken += fresh
                full |= {row["webhook_id"] for row in due if _full(row, busy)}
                self._lease(uow, fresh, now)
                if len(fresh) == len(due):
                    break
            keys = self._keys(uow, {row["webhook_id"] for row in taken}) if taken else {}
        return [(row, keys[row["webhook_id"]]) for row in taken]

    def _lease(self, uow: UnitOfWork, rows: list[Row], now: datetime) -> None:
        alike = defaultdict(list)
        for row in rows:
            alike[row["timeout_seconds"]].append(row["id"])
        for seconds, deliveries in alike.items():
            uow.execute(LEASE, deliveries=deliveries, until=now + timedelta(seconds=seconds + _GRACE))

    def _keys(self, uow: UnitOfWork, webhooks: set[str]) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = defaultdict(list)
        for row in uow.all(SECRETS, webhooks=sorted(webhooks), now=uow.now):
            place = secret_place(WebhookSecret, "secret", row["id"])
            found[row["webhook_id"]].append(key_of(self._ctx.secrets.decrypt(row["secret"], bound_to=place)))
        return found

    def _message(self, row: Row, keys: list[bytes]) -> Options:
        """What is sent of a delivery, signed for now."""
        body, now = zlib.decompress(row["body"]), self._ctx.clock.now()
        headers = {
            **signatures(keys, f"{row['event_id']}.{row['webhook_id'][-12:]}", int(now.timestamp()), body),
            "Content-Type": row["content_type"],
            "User-Agent": "PronaFlow-Webhooks/1",
            "X-PronaFlow-Event": row["event_type"],
            "X-PronaFlow-Delivery": row["id"],
            "X-PronaFlow-Attempt": str(row["attempt_number"] + 1),
            "X-PronaFlow-Payload-Version": API_VERSION,
        }
        timeout = float(row["timeout_seconds"])
        return {"headers": headers, "body": body, "timeout": timeout, "max_bytes": MOST_ANSWER}

    def _outcome(self, landed: Landed) -> Outcome:
        reply = landed.reply
        if reply is None:
            return Outcome(None, str(landed.error)[:300], landed.milliseconds)
        head = reply.body[:MOST_HEAD].decode("utf-8", "replace").replace("\x00", "")
        after = seconds_asked(reply.headers.get("retry-after"), self._ctx.clock.now())
        error = None if 200 <= reply.status < 300 else f"The receiver answered {reply.status}"
        return Outcome(reply.status, error, landed.milliseconds, head, after)

    def _record(self, results: list[tuple[Row, Outcome]]) -> None:
        """Write down what came of some attempts."""
        with self._ctx.db.write(Scope.system()) as uow:
            now = uow.now
            ended = [_ended(row, outcome, now, random.random()) for row, outcome in results]
            uow.connection.execute(ENDED, ended)
            uow.connection.execute(NOTED, [_noted(row, outcome, now) for row, outcome in results])
            outcomes = defaultdict(list)
            for row, outcome in results:
                outcomes[row["webhook_id"]].append(outcome)
            self._health.after(uow, outcomes)


def is_over(began: float, flying: Collection[tuple[Row, float]], now: float) -> bool:
    """Whether a sender claims no more.

    While it waits for a silent endpoint it goes on for the others: the few threads of a server may all be
    senders whose spell is over, and then nobody would be sent anything for a whole timeout.

    Arguments:
        began: when it did.
        flying: deliveries in the air, each with the time when it was sent.
        now: on the same clock.
    """
    waits = any(now - sent >= _SLOW for _, sent in flying)
    return now - began >= (_LONGEST if waits else _SPELL)


def crowded(flying: Collection[tuple[Row, float]], now: float) -> set[str]:
    """Ids of the webhooks that are sent nothing more for the moment.

    Arguments:
        flying: deliveries in the air, each with the time when it was sent.
        now: on the same clock.
    """
    busy = Counter(row["webhook_id"] for row, _ in flying)
    return {row["webhook_id"] for row, sent in flying if now - sent >= _SLOW or _full(row, busy)}


def _full(row: Row, busy: Mapping[str, int]) -> bool:
    """Whether a webhook has as much in the air as it may; one that fails is tried one at a time."""
    most = 1 if row["ordered"] or row["consecutive_failures"] >= BURST else row["max_concurrency"]
    return busy.get(row["webhook_id"], 0) >= most


def _ended(row: Row, outcome: Outcome, now: datetime, chance: float) -> Row:
    failures = row["failures"] + (not outcome.delivered)
    again = (
        not outcome.delivered
        and not row["manual"]
        and failures <= retries(row["retry_policy"], row["max_retries"])
    )
    due = now + timedelta(seconds=pause(row["retry_policy"], failures, chance)) if again else None
    return {
        "delivery": row["id"],
        "new_status": "delivered" if outcome.delivered else "retrying" if again else "failed",
        "new_failures": failures,
        "code": outcome.status,
        "took": outcome.milliseconds,
        "error": outcome.error,
        "due": due,
        "delivered": now if outcome.delivered else None,
    }


def _noted(row: Row, outcome: Outcome, now: datetime) -> Row:
    return {
        "id": new_id(),
        "delivery_id": row["id"],
        "workspace_id": row["workspace_id"],
        "number": row["attempt_number"] + 1,
        "started_at": now - timedelta(milliseconds=outcome.milliseconds),
        "duration_ms": outcome.milliseconds,
        "status_code": outcome.status,
        "error": outcome.error,
        "response_head": outcome.head,
    }
