"""What people think of plugins."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType, Timestamped, User

from ..models import Base


class Rating(Base, Timestamped):
    """One to five stars of one user for one plugin."""

    __tablename__ = "marketplace__rating"

    plugin_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    rating: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (Index("ix_marketplace__rating_user", "user_id"),)
