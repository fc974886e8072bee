"""What the plugin consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    EventType,
    Permission,
    Plugin,
    Reader,
    UnitOfWork,
    hookimpl,
    load_permissions,
    setting,
)

from . import personal_data
from .api import WorkspaceSettings
from .events import EVENTS
from .models import Base
from .routes import build
from .schemas.settings import check_timezone
from .service.invitations import Invitations
from .service.members import Members
from .service.settings import SettingsService
from .service.workspaces import Workspaces


@dataclass(frozen=True)
class WorkspacesSettings:
    """Workspaces and invitations."""

    invitation_ttl_hours: int = setting(48, "How long an invitation is valid, in hours.", least=1, most=8760)
    default_timezone: str = setting(
        "UTC", "Time zone of a workspace that has set none, such as Europe/Berlin.", check=check_timezone
    )


class WorkspacesPlugin(Plugin):
    """Module 2: workspaces, members, invitations, settings."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.settings = SettingsService(ctx)
        self.workspaces = Workspaces(ctx, self.settings)
        self.members = Members(ctx)
        self.invitations = Invitations(ctx, self.settings)

    @hookimpl
    def provide_settings(self) -> type[WorkspacesSettings]:
        """The section `[workspaces]`."""
        return WorkspacesSettings

    @hookimpl
    def provide_models(self) -> MetaData:
        """`models.py`."""
        metadata: MetaData = Base.metadata
        return metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """`events.py`."""
        return EVENTS

    @hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """`api.py`."""
        return {WorkspaceSettings: self.settings}

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """`routes/`."""
        return build(self.workspaces, self.members, self.invitations, self.settings)

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> None:
        """Personal data: personal_data.py."""
        personal_data.erase(uow, user_id)
