"""What tokens were used for."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKeyConstraint, Index, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel.api import IdType

from ..models import Base


class TokenUsage(Base):
    """Requests by a token in one hour (UTC) to one route, by the first digit of the answer's status."""

    __tablename__ = "integrations__token_usage"

    workspace_id: Mapped[str] = mapped_column(IdType)
    token_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    method: Mapped[str] = mapped_column(String(10), primary_key=True)
    route: Mapped[str] = mapped_column(String(200), primary_key=True)
    status_class: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    requests: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "token_id"],
            ["integrations__api_token.workspace_id", "integrations__api_token.id"],
            ondelete="CASCADE",
        ),
        Index("ix_integrations__token_usage_day", "day"),
    )
