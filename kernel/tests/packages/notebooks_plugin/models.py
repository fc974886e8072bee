"""Notebooks, their pages, and what people sign with."""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api

Base = api.model_base("notebooks")


class Notebook(Base, api.Record):
    """A container; a private one is its keeper's alone."""

    __tablename__ = "notebooks__notebook"

    name: Mapped[str] = mapped_column(String(100))
    visibility: Mapped[str] = mapped_column(String(10), default="public")
    kept_by: Mapped[str | None] = mapped_column(api.IdType)

    __table_args__ = (UniqueConstraint("workspace_id", "id"),)


class Page(Base, api.Record):
    """A text; `byline` is a copy of its author's user name."""

    __tablename__ = "notebooks__page"

    notebook_id: Mapped[str] = mapped_column(api.IdType)
    title: Mapped[str] = mapped_column(String(100))
    text: Mapped[str | None] = mapped_column(Text)
    written_by: Mapped[str | None] = mapped_column(api.IdType)
    byline: Mapped[str | None] = mapped_column(String(50))

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "notebook_id"], [Notebook.workspace_id, Notebook.id], ondelete="CASCADE"
        ),
        UniqueConstraint("workspace_id", "id"),
        Index("ix_notebooks__page_list", "workspace_id", "notebook_id", "created_at", "id"),
    )


class Heard(Base, api.InWorkspace):
    """Pages that the subscriber has heard of."""

    __tablename__ = "notebooks__heard"

    page_id: Mapped[str] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"), primary_key=True)


class Signature(Base):
    """What somebody puts under pages, in whatever workspace."""

    __tablename__ = "notebooks__signature"

    user_id: Mapped[str] = mapped_column(ForeignKey(api.User.id, ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(String(200))
