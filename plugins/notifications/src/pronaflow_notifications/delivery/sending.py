"""Handing parcels to channels: inside the transaction that ends their dispatches, or by a job of its own.

Such a job may end with its process at any moment, at its last attempt too: then nobody is left to end the
dispatches. Each attempt says until when it would be heard of (`due_at`); `find_left` hands in anew what
nobody is heard of any more, so that no parcel is lost, though one may come twice, with one key (events.md 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import (
    Backoff,
    Context,
    Discard,
    Id,
    JobType,
    Reader,
    Row,
    Schedule,
    Schema,
    UnitOfWork,
)

from ..queries import SAID
from . import queries
from .channels import Channel, Channels, Parcel
from .habits import Person, people
from .models import DROPPED, FAILED, SENT
from .parcels import Parcels
from .readable import Readable

JOB = "send_out"
TRIES = 8
"""How often a channel is tried that reaches out by itself; with the waits between them about an hour."""
MOST_TRIES = 2 * TRIES
"""So often is a parcel tried whose process ends in the middle: more would only end more processes."""
SILENCE = timedelta(hours=1)
"""After so long without an attempt nobody has a parcel any more: three times the longest wait in between."""
PAGE = 500
"""Parcels that are handed in anew at once; the next minute finds more."""
QUEUE = "webhooks"
AWAY = "the channel is not there any more"


class OutArgs(Schema):
    """What is sent to somebody at once."""

    channel = fields.String(required=True)
    user_id = Id(required=True)
    key = fields.String(required=True)
    dispatches = fields.List(Id(), required=True)


class Sending:
    """Hands parcels to channels, and writes down what became of the dispatches in them.

    Arguments:
        ctx: of the plugin.
        channels: all there are.
        readable: tells what may still be told.
    """

    def __init__(self, ctx: Context, channels: Channels, readable: Readable) -> None:
        self._ctx, self._channels, self._readable = ctx, channels, readable
        self._parcels = Parcels(ctx)

    def send(
        self,
        uow: UnitOfWork,
        channel_name: str,
        key: str,
        person: Person,
        rows: Mapping[str, Row],
        ids: Sequence[str],
    ) -> None:
        """Send notifications to somebody, as one.

        Arguments:
            key: names the parcel at each attempt.
            rows: of `SAID`, with `space`, the name of where it was.
            ids: of their dispatches, which are claimed.
        """
        channel = self._channels.by_name.get(channel_name)
        if channel is None or not self._channels.is_on(uow, channel):
            self._end(uow, ids, DROPPED, AWAY)
        elif channel.transactional:
            self._send_inside(uow, channel, self._parcels.pack(key, person, list(rows.values())), ids)
        else:
            uow.execute(queries.HAND_OUT, ids=list(ids), key=key, heard_until=uow.now + SILENCE)
            self._hand_in(uow, channel_name, next(iter(rows.values()))["user_id"], key, ids)

    def drop(self, uow: UnitOfWork, ids: Sequence[str]) -> None:
        """Leave out what is not to be told any more."""
        if ids:
            self._end(uow, ids, DROPPED, "not to be told any more")

    def jobs(self) -> list[JobType]:
        """The work behind channels that reach out by themselves."""
        out = JobType(
            JOB,
            self._send_out,
            mode="external",
            args=OutArgs,
            queue=QUEUE,
            max_attempts=TRIES,
            backoff=Backoff(base=20.0, cap=1200.0),
        )
        return [out, JobType("find_left", self._find_left, schedules=(Schedule("* * * * *"),))]

    def _hand_in(
        self, uow: UnitOfWork, channel_name: str, user_id: str, key: str, ids: Sequence[str]
    ) -> None:
        """Have a parcel sent out; never by two jobs at once, should an earlier one still be there."""
        args = {"channel": channel_name, "user_id": user_id, "key": key, "dispatches": list(ids)}
        self._ctx.jobs.enqueue(uow, JOB, args, lane=key, dedup_key=key)

    def _find_left(self, uow: UnitOfWork, _args: Mapping[str, Any]) -> None:
        """Hand in anew what nobody sends any more, and give up what was tried too often."""
        found = uow.all(queries.LEFT, until=uow.now, heard_until=uow.now + SILENCE, most=PAGE)
        place = itemgetter("message_id", "channel", "user_id")
        for (key, channel_name, user_id), each in groupby(sorted(found, key=place), key=place):
            left = list(each)
            ids = [row["id"] for row in left]
            if max(row["attempts"] for row in left) < MOST_TRIES:
                self._hand_in(uow, channel_name, user_id, key, ids)
            else:
                self._ctx.log.error("a parcel by %s is given up: its process ended each time", channel_name)
                self._end(uow, ids, FAILED, "whatever sent it ended in the middle each time", key)

    def _send_inside(self, uow: UnitOfWork, channel: Channel, parcel: Parcel, ids: Sequence[str]) -> None:
        try:
            with uow.savepoint():
                self._call(channel, uow, parcel)
        except Exception as error:
            if channel.classify_error(error) == "later":
                raise
            self._ctx.log.warning("a parcel cannot go by %s: %s", channel.name, error)
            self._end(uow, ids, FAILED, str(error))
        else:
            self._end(uow, ids, SENT, None, parcel["key"])

    def _send_out(self, reader: Reader, args: Mapping[str, Any]) -> None:
        """Send a parcel; nothing is open meanwhile, and it may happen twice if the process dies."""
        channel, ids = self._channels.by_name.get(args["channel"]), args["dispatches"]
        with self._ctx.db.write(reader.scope, origin="system") as uow:
            if channel is None:
                self._end(uow, ids, DROPPED, AWAY)
            packed = self._packed(uow, args)
        if channel is None or packed is None:
            return
        parcel, tries = packed
        try:
            self._call(channel, reader, parcel)
        except Exception as error:
            verdict = channel.classify_error(error)
            again = verdict == "later" and tries < TRIES
            with self._ctx.db.write(reader.scope, origin="system") as uow:
                if not again:
                    self._end(uow, ids, FAILED, str(error), args["key"])
                    if verdict == "gone":
                        uow.execute(queries.FORGET_ADDRESS, user=args["user_id"], which=channel.name)
            if again:
                raise
            raise Discard(f"the channel {channel.name} gives a parcel up: {error}") from error
        with self._ctx.db.write(reader.scope, origin="system") as uow:
            self._end(uow, ids, SENT, None, args["key"])

    def _packed(self, uow: UnitOfWork, args: Mapping[str, Any]) -> tuple[Parcel, int] | None:
        """The parcel of what may still be told, and how often it was tried; None where nothing is left."""
        taken = uow.all(queries.TRY, ids=args["dispatches"], heard_until=uow.now + SILENCE)
        rows = {row["id"]: row for row in uow.all(SAID, ids=[each["notification_id"] for each in taken])}
        spaces = self._readable.among(uow, list(rows.values()))
        self.drop(uow, [each["id"] for each in taken if each["notification_id"] not in spaces])
        told = [{**rows[notification_id], "space": space} for notification_id, space in spaces.items()]
        if not told:
            return None
        person = people(self._ctx, uow, [args["user_id"]])[args["user_id"]]
        return self._parcels.pack(args["key"], person, told), max(each["attempts"] for each in taken)

    def _call(self, channel: Channel, reader: Reader, parcel: Parcel) -> None:
        if channel.owner is None:
            channel.send(reader, parcel)
        else:
            self._ctx.hooks.call(channel.owner, f"channel {channel.name}", channel.send, reader, parcel)

    @staticmethod
    def _end(uow: UnitOfWork, ids: Sequence[str], end: str, why: str | None, key: str | None = None) -> None:
        uow.execute(queries.END, ids=list(ids), end=end, why=None if why is None else why[:200], key=key)
