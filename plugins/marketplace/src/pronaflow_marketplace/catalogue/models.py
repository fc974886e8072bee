"""What is counted of a plugin."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ..models import Base


class Tally(Base):
    """How often a plugin is installed, and what people think of it; counted anew with each change."""

    __tablename__ = "marketplace__tally"

    plugin_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    install_count: Mapped[int] = mapped_column(default=0)
    rating_count: Mapped[int] = mapped_column(default=0)
    rating_sum: Mapped[int] = mapped_column(default=0)
