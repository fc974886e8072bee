"""From an event to notifications: who is told, of what, and into which unread one it goes (events.md 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import Context, Event, Row, UnitOfWork

from . import counters, queries
from .delivery.planning import Dispatches
from .departures import hide
from .models import Merged, Notification
from .preferences.values import SECTION, effective
from .types import NotificationType, Types
from .wording import shortened

Reasons = list[tuple[NotificationType, str]]
"""Why somebody is told: types and reasons, the one that tells first."""


class Teller:
    """Writes notifications; a job that fails halfway has written none.

    Arguments:
        ctx: of the plugin.
        dispatches: plans what goes out by other channels.
        merge_within: for how long further events about one thing go into an unread notification.
    """

    def __init__(self, ctx: Context, dispatches: Dispatches, merge_within: timedelta) -> None:
        self._ctx, self._dispatches, self._merge_within = ctx, dispatches, merge_within
        self.types = Types()

    def wants(self, event_type: str) -> bool:
        """Whether anybody hears of such events."""
        return bool(self.types.of(event_type))

    def tell(self, uow: UnitOfWork, event: Event) -> None:
        """Tell of an event whoever is to hear of it, with the same few statements for one and for many.

        Imported events tell nobody.
        """
        if event.origin == "import":
            return
        if event.container_id is not None and "visibility" in (event.changes or {}):
            hide(uow, self._ctx.access, event.container_id)
        told = self._wanted(uow, event, self._recipients(uow, event))
        if told:
            revisions = counters.hold(uow, told)
            known = {row["user_id"] for row in uow.all(queries.TOLD, event_id=event.id, ids=sorted(told))}
            new = self._rows(uow, event, {user: why for user, why in told.items() if user not in known})
            new = [{**row, "revision": revisions[row["user_id"]]} for row in new]
            made = self._store(uow, new)
            self._dispatches.plan(uow, [row for row in made if not self._stays(event, row)])

    def _recipients(self, uow: UnitOfWork, event: Event) -> dict[str, Reasons]:
        """Who may hear of an event, and why; who did it only where it may not have been them."""
        found: dict[str, Reasons] = {}
        for kind in sorted(self.types.of(event.type), key=lambda each: each.rank):
            if event.workspace_id is not None and not uow.is_on(kind.provider, event.workspace_id):
                continue
            named = self._ctx.hooks.call(
                kind.provider, f"recipients of {kind.type}", kind.recipients, uow, event
            )
            actor = None if kind.critical else event.user_id
            others = {user: why for user, why in named.items() if user and user != actor}
            where = event.container_id
            allowed = self._ctx.access.audience(uow, others, where, outsiders=kind.outsiders)
            for user in sorted(allowed):
                found.setdefault(user, []).append((kind, others[user]))
        return found

    def _wanted(
        self, uow: UnitOfWork, event: Event, found: Mapping[str, Reasons]
    ) -> dict[str, tuple[Reasons, bool]]:
        """Who wants to hear of it: their reasons, and whether in the application."""
        if not found:
            return {}
        chosen = self._ctx.preferences.of(uow, SECTION, sorted(found))
        mutes = uow.all(queries.SILENCED, ids=sorted(found), container_id=event.container_id)
        silent = {(row["user_id"], row["type"], row["channel"]) for row in mutes}
        wanted = {}
        for user, reasons in found.items():
            left = [each for each in reasons if not _is_muted(silent, user, each[0], None)]
            if left:
                kind = left[0][0]
                shows = effective(chosen[user].values)["in_app_notifications"]
                shown = shows and not _is_muted(silent, user, kind, "in_app")
                wanted[user] = (left, shown or kind.priority == "high" or kind.critical)
        return wanted

    def _stays(self, event: Event, row: Row) -> bool:
        """Whether a notification goes out by no other channel."""
        kinds = self.types.of(event.type)
        return any(kind.in_app_only for kind in kinds if kind.type == row["type"])

    def _rows(self, uow: UnitOfWork, event: Event, told: Mapping[str, tuple[Reasons, bool]]) -> list[Row]:
        """What would be stored if nothing were merged."""
        said = {
            kind.type: self._said(uow, event, kind)
            for kind in {reasons[0][0].type: reasons[0][0] for reasons, _ in told.values()}.values()
        }
        return [
            {
                **said[reasons[0][0].type],
                "user_id": user,
                "reasons": _worded(reasons),
                "in_app": in_app,
            }
            for user, (reasons, in_app) in told.items()
        ]

    def _said(self, uow: UnitOfWork, event: Event, kind: NotificationType) -> Row:
        """What a notification says, whoever reads it."""
        values = dict(event.payload)
        if kind.values is not None:
            values |= self._ctx.hooks.call(kind.provider, f"values of {kind.type}", kind.values, uow, event)
        url = kind.action_url
        return {
            "workspace_id": event.workspace_id,
            "container_id": event.container_id,
            "type": kind.type,
            "provider": kind.provider,
            "title": kind.title,
            "message": kind.message,
            "texts": {name: shortened(values.get(name)) for name in sorted(kind.names - {"actor"})},
            "action_url": url.format(**event.payload) if url else None,
            "actor_id": event.user_id,
            "event_id": event.id,
            "about_id": event.payload[kind.about] if kind.about else event.aggregate_id,
            "priority": kind.priority,
            "preference": kind.preference,
            "critical": kind.critical,
        }

    def _store(self, uow: UnitOfWork, rows: list[Row]) -> list[Row]:
        """Store what is new, and let the rest go into what is unread; what is new comes back."""
        open_ = self._open(uow, rows)
        merged = [(open_[key], row) for row in rows if (key := _key(row)) in open_]
        made = uow.insert_many(Notification, [row for row in rows if _key(row) not in open_])
        counters.add(uow, {row["user_id"]: 1 for row in made if row["in_app"]})
        if merged:
            uow.connection.execute(queries.MERGE, [_merging(uow, old, row) for old, row in merged])
            uow.insert_many(Merged, [_note(old, row) for old, row in merged])
        return made

    def _open(self, uow: UnitOfWork, rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
        """The unread notifications that some of these go into."""
        since = uow.now - self._merge_within
        mergeable = [row for row in rows if self.types.by_name[row["type"]].merges]
        about: dict[str, list[str]] = {}
        for row in mergeable:
            about.setdefault(row["about_id"], []).append(row["user_id"])
        found = [
            row
            for about_id, ids in about.items()
            for row in uow.all(queries.OPEN, about_id=about_id, ids=sorted(ids), since=since)
        ]
        wanted = {_key(row) for row in mergeable}
        newest_last = sorted(found, key=lambda row: (row["created_at"], row["id"]))
        return {_key(row): row for row in newest_last if _key(row) in wanted}


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What rows have in common that are told together."""
    return row["user_id"], row["type"], row["about_id"], row["in_app"]


def _is_muted(
    silent: set[tuple[str, str | None, str | None]], user: str, kind: NotificationType, channel: str | None
) -> bool:
    types = (kind.type, None)
    return not kind.critical and any((user, each, channel) in silent for each in types)


def _worded(reasons: Reasons) -> list[list[str]]:
    """Reasons with their texts, each once."""
    return [list(each) for each in dict.fromkeys((why, kind.reasons.get(why, why)) for kind, why in reasons)]


def _merging(uow: UnitOfWork, old: Row, row: Row) -> Row:
    """The new words of an unread notification, and the reasons of both."""
    before = [list(each) for each in old["reasons"]]
    reasons = before + [each for each in row["reasons"] if each not in before]
    names = ("title", "message", "texts", "action_url", "actor_id", "revision")
    new = {f"b_{name}": row[name] for name in names}
    return {**new, "b_reasons": reasons, "b_now": uow.now, "merged_id": old["id"]}


def _note(old: Row, row: Row) -> dict[str, Any]:
    return {"user_id": row["user_id"], "event_id": row["event_id"], "notification_id": old["id"]}
