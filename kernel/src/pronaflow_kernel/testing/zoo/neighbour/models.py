"""Pebbles, and which of them the plugin has heard of."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api

Base = api.model_base("neighbour")


class Pebble(api.Record, Base):
    """A title, no more."""

    __tablename__ = "neighbour__pebble"

    title: Mapped[str]


class Heard(api.InWorkspace, Base):
    """Written by the subscriber, so that a lost delivery shows."""

    __tablename__ = "neighbour__heard"

    pebble_id: Mapped[str] = mapped_column(ForeignKey(Pebble.id, ondelete="CASCADE"), primary_key=True)
