"""A plugin that keeps a record of its own: what was asked, what was stored, who heard of it and how often."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from marshmallow import fields
from sqlalchemy import insert

from pronaflow_kernel import api

from . import deaths
from .models import Base, Effect, Mark, Track

VERSION = "FAULTS_VERSION"
"""Environment variable: the version of the event's payload that this code knows; 1 without it."""

SLOW = 0.05
"""Seconds that a slow handler takes."""

_EFFECT = insert(Effect)


class MarkIn(api.Schema):
    """What may be asked."""

    track_id = api.Id(required=True)
    act = fields.String(load_default="plain")


class TrackOut(api.Schema):
    """What is shown of a track."""

    id = api.Id()


class MarkOut(api.Schema):
    """What is shown of a mark."""

    id = api.Id()


class MarkPayload(api.Schema):
    """What the event tells."""

    mark_id = api.Id()
    number = fields.Integer()
    act = fields.String()


class RenamedPayload(api.Schema):
    """The same in version 2."""

    mark_id = api.Id()
    place = fields.Integer()
    act = fields.String()


FIRST = api.EventType("mark.made", "Track", MarkPayload, summary="A mark was made.")
SECOND = api.EventType(
    "mark.made",
    "Track",
    RenamedPayload,
    version=2,
    summary="A mark was made.",
    upcast={1: lambda old: {"mark_id": old["mark_id"], "place": old["number"], "act": old["act"]}},
)


def made() -> api.EventType:
    """The event type as this process knows it."""
    return SECOND if os.environ.get(VERSION) == "2" else FIRST


blp = api.Blueprint("faults", url_prefix="/api/v1/faults", tag="Faults")
_HERE: dict[str, Any] = {"permission": "faults.write", "target": api.WORKSPACE, "status": 201}


@blp.endpoint("POST", "/tracks", returns=TrackOut, **_HERE)
def make_track(uow: api.UnitOfWork) -> api.Row:
    """Begin a track."""
    return uow.insert(Track, {"count": 0})


@blp.endpoint("POST", "/marks", body=MarkIn, returns=MarkOut, **_HERE)
def make_mark(uow: api.UnitOfWork, body: Any) -> api.Row:
    """Make a mark and tell of it."""
    track = uow.get(Track, body["track_id"], lock=True)
    number = track["count"] + 1
    uow.update(Track, track, {"count": number})
    mark = uow.insert(Mark, {"track_id": track["id"], "number": number})
    payload = {"mark_id": mark["id"], "number": number, "act": body["act"]}
    type_ = made()
    uow.publish(type_, track["id"], payload if type_ is FIRST else SECOND.upcast[1](payload))
    deaths.meet("written")
    return mark


def write(name: str, uow: api.UnitOfWork, event: api.Event) -> None:
    """Write down in the database that a subscriber heard."""
    uow.execute(_EFFECT, subscriber=name, event_id=event.id)
    deaths.meet(name)


def write_all(uow: api.UnitOfWork, events: Sequence[api.Event]) -> None:
    """The same in a batch."""
    for event in events:
        write("batch", uow, event)


def call(_reader: api.Reader, event: api.Event) -> None:
    """Reach out: a line of a file is what another machine would have been sent."""
    deaths.meet("before_call")
    line = f"{event.id} {event.payload['mark_id']}\n".encode()
    file = os.open(deaths.folder() / "calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, line)
    os.close(file)
    deaths.meet("after_call")


def loiter(uow: api.UnitOfWork, event: api.Event) -> None:
    """Take long where the event says so."""
    if event.payload["act"] == "slow":
        time.sleep(SLOW)
    write("slow", uow, event)


def take_along(uow: api.UnitOfWork, event: api.Event) -> None:
    """Take the process along where the event says so."""
    if (way := deaths.WAYS.get(event.payload["act"])) is not None:
        way()
    write("fragile", uow, event)


SOON = api.Backoff(base=0.1, cap=1.0)
HEARS = partial(api.Subscriber, events=("mark.made",), backoff=SOON)


class FaultsPlugin(api.Plugin):
    """Table of contents."""

    def setup(self, ctx: api.Context) -> None:
        """Be ready to die."""
        super().setup(ctx)
        deaths.install()

    @api.hookimpl
    def provide_models(self) -> Any:
        """Tables."""
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Any:
        """Permissions."""
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_event_types(self) -> Any:
        """Events."""
        return [made()]

    @api.hookimpl
    def provide_subscribers(self) -> Any:
        """A subscriber of each mode and order, and those that make trouble."""
        return [
            HEARS("ordered", run=partial(write, "ordered"), ordered=True),
            HEARS("unordered", run=partial(write, "unordered")),
            HEARS("external", run=call, mode="external"),
            HEARS("batch", run=write_all, mode="batch"),
            HEARS("slow", run=loiter),
            HEARS("fragile", run=take_along, max_attempts=3),
        ]

    @api.hookimpl
    def provide_blueprints(self) -> Any:
        """Routes."""
        return [blp]
