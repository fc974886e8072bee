"""What the kernel stores about plugins: who is on where, and how they fare in each running process."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ..models import CoreBase
from ..persistence.base import Identified, Versioned
from ..persistence.types import Id, Json
from ..tenancy.models import Workspace


class PluginSwitch(Versioned, CoreBase):
    """Whether a plugin is on for the whole server; no row means on.

    `version` also grows with each switch of the plugin in a workspace, so that processes know when to read
    those again.
    """

    __tablename__ = "core__plugin_switch"

    plugin_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime]


class WorkspacePlugin(CoreBase):
    """Whether a plugin is on in a workspace; no row means what the `scope` of its manifest says."""

    __tablename__ = "core__workspace_plugin"

    workspace_id: Mapped[str] = mapped_column(
        Id, ForeignKey(Workspace.id, ondelete="CASCADE"), primary_key=True
    )
    plugin_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime]


class ServerProcess(Identified, CoreBase):
    """A running process, what it is (`server` or `worker`), and how the plugins' code fares in it."""

    __tablename__ = "core__process"

    role: Mapped[str] = mapped_column(String(20), default="server")
    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    figures: Mapped[list[Any]] = mapped_column(Json)
