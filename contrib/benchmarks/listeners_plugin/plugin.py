"""A plugin that announces facts and listens to them in every mode; the benchmarks of the bus run it.

Two listeners write a row an event, one reaches out of the database (here to nothing, so that the bus alone is
measured), and one reads in batches and keeps a sum. Each notes in a file how long after its publication
an event was done: a line `<listener> <milliseconds>`. Where it writes, that is after its commit.
"""

import os
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import fields
from sqlalchemy import bindparam, update
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api

Base = api.model_base("listeners")
MODES = {"keep": "db", "mark": "db", "tell": "external", "total": "batch"}
"""The listeners in the order in which they join, and what they are."""


class Heard(Base, api.Identified, api.InWorkspace):
    """An event that a listener heard of."""

    __tablename__ = "listeners__heard"

    event_id: Mapped[str] = mapped_column(api.IdType)
    listener: Mapped[str]


class Total(Base):
    """How many events a listener heard of."""

    __tablename__ = "listeners__total"

    listener: Mapped[str] = mapped_column(primary_key=True)
    heard: Mapped[int]


class Payload(api.Schema):
    """Payload of the event."""

    thing_id = api.Id()
    text = fields.String()


NOTED = api.EventType("fact.noted", "Thing", Payload, summary="Something was noted about a thing.")
COUNT = update(Total).where(Total.listener == "total").values(heard=Total.heard + bindparam("more"))


class FactIn(api.Schema):
    """What is announced."""

    thing_ids = fields.List(api.Id(), required=True)


blp = api.Blueprint("listeners", url_prefix="/api/v1/facts", tag="Facts")


@blp.endpoint("POST", "", permission="facts.write", target=api.WORKSPACE, body=FactIn, status=201)
def note_fact(uow: api.UnitOfWork, body: Any) -> api.Answer:
    """Announce a fact about each of some things."""
    for thing_id in body["thing_ids"]:
        announce(uow, thing_id)
    return api.Answer(message="Noted")


def announce(uow: api.UnitOfWork, thing_id: str) -> None:
    """Publish an event of the size that events of tasks have."""
    uow.publish(NOTED, thing_id, {"thing_id": thing_id, "text": "What happened to the thing, and why. " * 3})


@dataclass(frozen=True)
class Settings:
    """The listeners of the benchmarks."""

    number: int = api.setting(4, "How many listen.", least=1, most=4)
    notes: str = api.setting("", "File in which they note how long events take; empty for none.")


class ListenersPlugin(api.Plugin):
    """Table of contents."""

    def setup(self, ctx: api.Context) -> None:
        super().setup(ctx)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._notes = os.open(ctx.settings.notes, flags) if ctx.settings.notes else None

    @api.hookimpl
    def provide_settings(self) -> Any:
        return Settings

    @api.hookimpl
    def provide_models(self) -> Any:
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Any:
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_event_types(self) -> Any:
        return [NOTED]

    @api.hookimpl
    def provide_blueprints(self) -> Any:
        return [blp]

    @api.hookimpl
    def provide_subscribers(self) -> Any:
        does = {"db": self._write, "external": self._tell, "batch": self._sum}
        some = list(MODES.items())[: self.ctx.settings.number]
        return [
            api.Subscriber(name, (NOTED.name,), partial(does[mode], name), mode, ordered=name == "mark")
            for name, mode in some
        ]

    def _write(self, name: str, uow: api.UnitOfWork, event: api.Event) -> None:
        uow.insert(Heard, {"event_id": event.id, "listener": name})
        uow.after_commit(partial(self._note, name, [event]))

    def _tell(self, name: str, _reader: Any, event: api.Event) -> None:
        self._note(name, [event])

    def _sum(self, name: str, uow: api.UnitOfWork, events: list[api.Event]) -> None:
        uow.execute(COUNT, more=len(events))
        uow.after_commit(partial(self._note, name, events))

    def _note(self, name: str, events: list[api.Event]) -> None:
        if self._notes is None:
            return
        now = self.ctx.clock.now()
        lines = [f"{name} {(now - event.recorded_at).total_seconds() * 1000:.3f}\n" for event in events]
        os.write(self._notes, "".join(lines).encode())
