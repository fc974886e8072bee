"""Which workspace holds the demonstration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, Json, Workspace, model_base

Base = model_base("importer")


class Demo(Base):
    """The demonstration workspace; at most one row.

    `complete` once its last day is loaded; `user_ids` are the people made for it, who go with it.
    """

    __tablename__ = "importer__demo"

    workspace_id: Mapped[str] = mapped_column(
        IdType, ForeignKey(Workspace.id, ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime]
    complete: Mapped[bool]
    user_ids: Mapped[list[str]] = mapped_column(Json)
