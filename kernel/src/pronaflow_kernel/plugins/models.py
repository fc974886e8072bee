"""The operator's switches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ..models import CoreBase


class PluginSwitch(CoreBase):
    """Whether a plugin is on for the whole server; no row means on."""

    __tablename__ = "core__plugin_switch"

    plugin_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime]
