"""The jobs that send what is on its way.

`deliver` takes what is sent alone, `digest` what somebody is sent together; both are one transaction each, so
that nobody has anything twice. `find_waiting` hands digests in each minute, by the index of what is due: it
also finds what an interrupted job left behind; what is being sent outside, `Sending` finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import Context, Id, JobType, Row, Schedule, Schema, UnitOfWork, new_id

from ..queries import SAID
from . import queries
from .habits import Person, mutes, people
from .readable import Readable
from .sending import Sending
from .windows import Due, due, held_until

GRACE = timedelta(minutes=5)
"""So late may something be before it is asked anew whether it may disturb; what is later goes together."""
PAGE = 1000
"""Digests that are handed in at once."""
_FIRST = "00000000-0000-0000-0000-000000000000"


class AloneArgs(Schema):
    """Notifications that go through a channel, each by itself."""

    channel = fields.String(required=True)
    notifications = fields.List(Id(), required=True)


class DigestArgs(Schema):
    """Who is sent something together, through what."""

    channel = fields.String(required=True)
    user_id = Id(required=True)
    window_end = fields.String(required=True)


class AfterArgs(Schema):
    """Where the search goes on."""

    after = fields.List(fields.String())


class Delivering:
    """Takes what is due and has it sent.

    Arguments:
        ctx: of the plugin.
        sending: hands parcels to channels.
        readable: tells what may still be told.
    """

    def __init__(self, ctx: Context, sending: Sending, readable: Readable) -> None:
        self._ctx, self._sending, self._readable = ctx, sending, readable

    def jobs(self) -> list[JobType]:
        """What is done in the background."""
        often, daily = Schedule("* * * * *"), Schedule("47 3 * * *")
        return [
            JobType("deliver", self.deliver, args=AloneArgs),
            JobType("digest", self.digest, args=DigestArgs),
            JobType("find_waiting", self.find_waiting, args=AfterArgs, schedules=(often,)),
            JobType("forget_digests", self.forget, schedules=(daily,)),
            *self._sending.jobs(),
        ]

    def deliver(self, uow: UnitOfWork, args: Mapping[str, Any]) -> None:
        """Send notifications, each by itself; what comes too late into quiet hours waits for their end."""
        channel = args["channel"]
        taken = uow.all(queries.CLAIM, ids=args["notifications"], which_channel=channel)
        known = people(self._ctx, uow, {each["user_id"] for each in taken})
        told = self._told(uow, channel, taken, known)
        lost = [each["id"] for each in taken if each["notification_id"] not in told]
        self._sending.drop(uow, lost)
        for each in taken:
            if each["id"] in lost:
                continue
            person, one = known[each["user_id"]], {each["notification_id"]: told[each["notification_id"]]}
            held = _held(uow, told[each["notification_id"]], each["due_at"], person)
            if held is not None:
                uow.execute(queries.PUT_OFF_ONE, ids=[each["id"]], later=held, why="quiet")
            else:
                self._sending.send(uow, channel, f"dispatch.{each['id']}", person, one, [each["id"]])

    def digest(self, uow: UnitOfWork, args: Mapping[str, Any]) -> None:
        """Send somebody what waited for a window, as one; nothing where nothing is left to tell."""
        channel, user_id = args["channel"], args["user_id"]
        until = datetime.fromisoformat(args["window_end"])
        which = {"user": user_id, "which_channel": channel, "until": until, "overdue": uow.now - GRACE}
        person = people(self._ctx, uow, [user_id])[user_id]
        held = held_until(uow.now, person.habits) if uow.now - until > GRACE else None
        if held is not None:
            uow.execute(queries.PUT_OFF, **which, later=held, why="quiet")
            return
        run = {"id": new_id(), "user_id": user_id, "channel": channel, "window_end": until}
        if uow.one(queries.BEGIN[uow.dialect], **run, created_at=uow.now) is None:
            # What was planned in the very moment of this window's end is told with the next one.
            following = due(uow.now, person.habits) or Due(uow.now, None)
            uow.execute(queries.PUT_OFF, **which, later=following.at, why=following.window or "quiet")
            return
        taken = uow.all(queries.CLAIM_TOGETHER, **which, run=run["id"])
        told = self._told(uow, channel, taken, {user_id: person})
        self._sending.drop(uow, [each["id"] for each in taken if each["notification_id"] not in told])
        if told:
            ids = [each["id"] for each in taken if each["notification_id"] in told]
            self._sending.send(uow, channel, f"digest.{run['id']}", person, told, ids)

    def find_waiting(self, uow: UnitOfWork, args: Mapping[str, Any]) -> None:
        """Hand in a digest for everybody for whom a window has ended."""
        user, channel = args.get("after", (_FIRST, ""))
        found = uow.all(
            queries.WAITING,
            until=uow.now,
            overdue=uow.now - GRACE,
            after_user=user,
            after_channel=channel,
            most=PAGE,
        )
        for each in found:
            given = {**each, "window_end": each["window_end"].isoformat()}
            key = f"{each['user_id']}:{each['channel']}"
            self._ctx.jobs.enqueue(uow, "digest", given, dedup_key=key)
        if len(found) == PAGE:
            after = [found[-1]["user_id"], found[-1]["channel"]]
            self._ctx.jobs.enqueue(uow, "find_waiting", {"after": after})

    def forget(self, uow: UnitOfWork, _args: Mapping[str, Any]) -> None:
        """Forget which windows of half a year ago have ended."""
        uow.execute(queries.FORGET_RUNS, until=uow.now - timedelta(days=180))

    def _told(
        self, uow: UnitOfWork, channel: str, taken: Sequence[Row], known: Mapping[str, Person]
    ) -> dict[str, Row]:
        """What may still be told of what was taken, by notification; with `space`, where it was.

        What somebody has read, or has switched off meanwhile, is told no more; nor is what is of no use.
        """
        muted = mutes(uow, known)
        rows = {row["id"]: row for row in uow.all(SAID, ids=[each["notification_id"] for each in taken])}
        due_here = [
            rows[each["notification_id"]]
            for each in taken
            if each["expires_at"] is None or each["expires_at"] > uow.now
        ]
        wanted = [
            row
            for row in due_here
            if known[row["user_id"]].wants(row, channel, muted) and (row["critical"] or not _was_read(row))
        ]
        spaces = self._readable.among(uow, wanted)
        return {row["id"]: {**row, "space": spaces[row["id"]]} for row in wanted if row["id"] in spaces}


def _was_read(row: Row) -> bool:
    """Whether somebody has seen it; what the application does not show counts as read from the start."""
    return bool(row["in_app"] and row["read"])


def _held(uow: UnitOfWork, row: Row, due_at: datetime, person: Person) -> datetime | None:
    """Until when something is held that is late and would disturb now."""
    if row["critical"] or row["priority"] == "high" or uow.now - due_at <= GRACE:
        return None
    return held_until(uow.now, person.habits)
