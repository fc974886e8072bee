"""What is written: marks on tracks, and what became of the events that tell of them."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api

Base = api.model_base("faults")


class Track(Base, api.Record):
    """Counts its marks; the aggregate whose events must stay in order."""

    __tablename__ = "faults__track"

    count: Mapped[int]


class Mark(Base, api.Identified, api.InWorkspace):
    """The row of a change; `number` counts the marks of its track from 1 and stands in the event too."""

    __tablename__ = "faults__mark"

    track_id: Mapped[str] = mapped_column(api.IdType)
    number: Mapped[int]


class Effect(Base):
    """What a subscriber wrote for an event; `place` grows, which tells the order in which it did."""

    __tablename__ = "faults__effect"

    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    subscriber: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(api.IdType)
