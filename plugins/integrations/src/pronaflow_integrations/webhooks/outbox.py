"""From events to deliveries: one subscriber for all webhooks, in batches and in the order of commits.

Where nobody listens a batch costs one statement. What is sent is decided here, with the event: who leaves a
project, or changes a task, changes nothing of what is on its way.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from pronaflow_kernel.api import Context, Event, Row, Scope, UnitOfWork, new_id

from .bodies import TYPES, body_of
from .queries import COUNTED, KNOWN, LISTENING, STORE

SENDER = "send_webhooks"


class Outbox:
    """Makes deliveries of what happens.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def take(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        """Store the deliveries of a batch of events and wake the sender.

        Events that are not public stay in the installation, and imported ones tell of nothing new.
        """
        told = [event for event in events if self._is_told(event)]
        workspaces = sorted({event.workspace_id for event in told if event.workspace_id is not None})
        if not workspaces:
            return
        listening = defaultdict(list)
        for row in uow.all(LISTENING, workspaces=workspaces):
            listening[row["workspace_id"]].append(row)
        rows = []
        for workspace_id, webhooks in listening.items():
            here = [event for event in told if event.workspace_id == workspace_id]
            if uow.is_on("integrations", workspace_id):
                rows += self._deliveries(uow, webhooks, here)
        if rows:
            uow.connection.execute(STORE, rows)
            self._ctx.jobs.enqueue(uow, SENDER, {}, dedup_key="now")

    def deliveries(self, uow: UnitOfWork, webhook: Row, events: Iterable[Event]) -> list[Row]:
        """Rows for some events of a webhook, whether it listens to them or not; none is stored.

        Arguments:
            webhook: with `last_sequence`, which is counted on.
        """
        made = []
        for event in events:
            webhook["last_sequence"] += 1
            made.append(self._delivery(uow, webhook, event))
        if made:
            values = {"webhook": webhook["id"], "sequence": webhook["last_sequence"], "triggered": uow.now}
            uow.execute(COUNTED, **values)
        return made

    def seen(self, webhooks: Sequence[Row], containers: Collection[str]) -> set[tuple[str, str | None]]:
        """Which people see which of some containers now, and the workspace itself: pairs of ids.

        Arguments:
            webhooks: of one workspace; their creators are the people.
        """
        creators = {each["created_by"] for each in webhooks}
        with self._ctx.db.read(Scope.system(webhooks[0]["workspace_id"])) as reader:
            return {
                (person, container)
                for container in (None, *sorted(containers))
                for person in self._ctx.access.audience(reader, creators, container)
            }

    def _is_told(self, event: Event) -> bool:
        known = self._ctx.ledger.types.get(event.type)
        return event.origin != "import" and known is not None and known.public

    def _deliveries(self, uow: UnitOfWork, webhooks: list[Row], events: list[Event]) -> list[Row]:
        known = {
            (row["webhook_id"], row["event_id"])
            for row in uow.all(
                KNOWN, events=[each.id for each in events], webhooks=[each["id"] for each in webhooks]
            )
        }
        seen = self.seen(webhooks, {each.container_id for each in events if each.container_id is not None})
        rows = []
        for webhook in webhooks:
            rows += self.deliveries(
                uow,
                webhook,
                (
                    event
                    for event in events
                    if wants(webhook, event)
                    and (webhook["created_by"], event.container_id) in seen
                    and (webhook["id"], event.id) not in known
                ),
            )
        return rows

    def _delivery(self, uow: UnitOfWork, webhook: Row, event: Event) -> Row:
        format_, sequence = webhook["format"], webhook["last_sequence"]
        known = self._ctx.ledger.types.get(event.type)
        summary = known.summary if known is not None else "This is a test"
        return {
            "id": new_id(),
            "webhook_id": webhook["id"],
            "workspace_id": webhook["workspace_id"],
            "event_id": event.id,
            "event_type": event.type,
            "aggregate_id": event.aggregate_id,
            "sequence": sequence,
            "content_type": TYPES.get(format_, "application/json"),
            "body": zlib.compress(body_of(format_, event, sequence, summary, self._ctx.public_url), 1),
            "manual": False,
            "status": "pending",
            "attempt_number": 0,
            "failures": 0,
            "status_code": None,
            "response_time_ms": None,
            "last_error": None,
            "due_at": uow.now,
            "leased_until": None,
            "created_at": uow.now,
            "delivered_at": None,
        }


def wants(webhook: Row, event: Event) -> bool:
    """Whether a webhook is to hear of an event."""
    if webhook["container_id"] not in (None, event.container_id):
        return False
    return any(fnmatchcase(event.type, pattern) for pattern in webhook["subscribed_events"])
