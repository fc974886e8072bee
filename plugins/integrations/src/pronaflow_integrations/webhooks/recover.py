"""Sending again what a receiver has missed, at its leisure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import Context, Event, Id, NotFound, Reader, Row, Schema, UnitOfWork

from .models import Delivery
from .outbox import Outbox, wants
from .queries import ENDED_THEN, FAILED, KNOWN, WITH_COUNT

RECOVER = "recover_webhook"

A_SECOND = 100
"""Messages that a recovery lets go."""

_FIRST = "00000000-0000-0000-0000-000000000000"
_PIECE = 200


class RecoverArgs(Schema):
    """Arguments of the job."""

    webhook_id = Id(required=True)
    since = fields.AwareDateTime(required=True)
    until = fields.AwareDateTime(required=True)
    status = fields.String(required=True)


class Recovery:
    """The work behind a recovery; interrupted, it begins again and sends nothing twice that is on its way.

    Arguments:
        ctx: of the plugin; outbox: makes deliveries.
    """

    def __init__(self, ctx: Context, outbox: Outbox) -> None:
        self._ctx, self._outbox = ctx, outbox

    def start(self, uow: UnitOfWork, webhook_id: str, body: Mapping[str, Any]) -> Row:
        """Ask for a recovery; the answer is a job to follow."""
        webhook = uow.one(WITH_COUNT, id=webhook_id)
        if webhook is None:
            raise NotFound(f"Webhook {webhook_id} was not found")
        times = {"since": body["since"].isoformat(), "until": (body["until"] or uow.now).isoformat()}
        args = {"webhook_id": webhook_id, "status": body["status"], **times}
        title = f"Recover what the webhook {webhook['name']} has missed"
        return self._ctx.jobs.start(uow, RECOVER, args, title=title)

    def run(self, reader: Reader, args: Mapping[str, Any]) -> dict[str, int]:
        """Do it; answers how many messages were let go."""
        since, until = (datetime.fromisoformat(args[name]) for name in ("since", "until"))
        done = 0
        if args["status"] != "missed":
            statuses = ["failed"] if args["status"] == "failed" else ["failed", "delivered"]
            done += self._again(reader, args["webhook_id"], since, until, statuses)
        if args["status"] != "failed":
            done += self._missed(reader, args["webhook_id"], since, until, done)
        return {"messages": done}

    def _again(
        self, reader: Reader, webhook_id: str, since: datetime, until: datetime, statuses: list[str]
    ) -> int:
        done, after = 0, _FIRST
        binds = {"webhook_id": webhook_id, "since": since, "until": until, "statuses": statuses}
        while rows := reader.all(ENDED_THEN, **binds, after=after, most=_PIECE):
            with self._ctx.db.write(reader.scope) as uow:
                due = uow.now + timedelta(seconds=done / A_SECOND)
                done += uow.execute(FAILED, ids=[row["id"] for row in rows], due=due)
                self._ctx.jobs.enqueue(uow, "send_webhooks", {}, dedup_key="now")
            after = rows[-1]["id"]
            self._ctx.jobs.progress(done)
        return done

    def _missed(self, reader: Reader, webhook_id: str, since: datetime, until: datetime, before: int) -> int:
        """Deliveries of events for which none was made, as far as its creator sees them now."""
        done, cursor = 0, None
        while True:
            query = {"type": None, "actor_id": None, "from": since, "to": until, "page": 1}
            sorting = {"page_size": _PIECE, "cursor": cursor, "sort_by": "occurred_at", "sort_order": "asc"}
            page = self._ctx.ledger.in_workspace(reader, {**query, **sorting}, public=True)
            with self._ctx.db.write(reader.scope) as uow:
                webhook = uow.one(WITH_COUNT, id=webhook_id)
                if webhook is None:
                    return done
                events = [_event(row, reader) for row in page.rows]
                rows = self._new(uow, webhook, events)
                for place, row in enumerate(rows):
                    row["due_at"] = uow.now + timedelta(seconds=(before + done + place) / A_SECOND)
                uow.insert_many(Delivery, rows)
                self._ctx.jobs.enqueue(uow, "send_webhooks", {}, dedup_key="now")
            done, cursor = done + len(rows), page.next_cursor
            self._ctx.jobs.progress(before + done)
            if cursor is None:
                return done

    def _new(self, uow: UnitOfWork, webhook: Row, events: list[Event]) -> list[Row]:
        if not events:
            return []
        known = {
            row["event_id"]
            for row in uow.all(KNOWN, events=[each.id for each in events], webhooks=[webhook["id"]])
        }
        wanted = [each for each in events if each.id not in known and wants(webhook, each)]
        places = {each.container_id for each in wanted if each.container_id is not None}
        seen = self._outbox.seen([webhook], places)
        return self._outbox.deliveries(
            uow, webhook, [each for each in wanted if (webhook["created_by"], each.container_id) in seen]
        )


def _event(row: Row, reader: Reader) -> Event:
    kept = {name: row[name] for name in Event.__dataclass_fields__ if name in row}
    return Event(**{"workspace_id": reader.scope.workspace_id, **kept})
