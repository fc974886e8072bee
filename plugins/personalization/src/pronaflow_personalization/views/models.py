"""The saved views."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import Identified, IdType, Timestamped, User, Versioned, Workspace

from ..models import Base


class SavedView(Base, Identified, Versioned, Timestamped):
    """How somebody looks at a list: filters, order, columns.

    `user_id` is who made it. One that is `shared` is seen by the members of the workspace, and where it is
    about a container by those who see that. `is_default` and `position` are its owner's.
    """

    __tablename__ = "personalization__saved_view"

    workspace_id: Mapped[str] = mapped_column(IdType, ForeignKey(Workspace.id, ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"))
    container_id: Mapped[str | None] = mapped_column(IdType)
    resource: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    filters: Mapped[dict[str, Any]]
    sort: Mapped[list[Any]]
    columns: Mapped[list[Any]]
    shared: Mapped[bool] = mapped_column(default=False)
    is_default: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (
        Index("ix_personalization__saved_view_list", "workspace_id", "resource", "position"),
        Index("ix_personalization__saved_view_user_id", "user_id"),
    )
