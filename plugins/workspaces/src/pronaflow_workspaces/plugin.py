"""What the plugin consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    EventType,
    Permission,
    Plugin,
    Reader,
    Resource,
    Subscriber,
    UnitOfWork,
    hookimpl,
    load_permissions,
    setting,
)

from . import hookspecs, notices, personal_data
from .api import Tags, WorkspaceSettings
from .events import EVENTS
from .logs import routes as log_routes
from .models import Base
from .routes import build
from .schemas.settings import check_timezone
from .service.answers import Answers
from .service.invitations import Invitations
from .service.members import Members
from .service.settings import SettingsService
from .service.workspaces import Workspaces
from .tags import routes as tag_routes
from .tags.events import TAG_EVENTS
from .tags.models import Tag
from .tags.service import TagService


@dataclass(frozen=True)
class WorkspacesSettings:
    """Workspaces and invitations."""

    invitation_ttl_hours: int = setting(48, "How long an invitation is valid, in hours.", least=1, most=8760)
    default_timezone: str = setting(
        "UTC", "Time zone of a workspace that has set none, such as Europe/Berlin.", check=check_timezone
    )


class WorkspacesPlugin(Plugin):
    """Module 2: workspaces, members, invitations, settings, tags."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.settings = SettingsService(ctx)
        self.workspaces = Workspaces(ctx, self.settings)
        self.members = Members(ctx)
        self.invitations = Invitations(ctx, self.settings)
        self.answers = Answers(ctx)
        self.tags = TagService(ctx)

    @hookimpl
    def provide_hookspecs(self) -> ModuleType:
        """What other plugins are asked: hookspecs.py."""
        return hookspecs

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
        """`events.py` and `tags/events.py`."""
        return (*EVENTS, *TAG_EVENTS)

    @hookimpl
    def provide_resources(self) -> Sequence[Resource]:
        """Tags; workspaces themselves are the kernel's."""
        acts = {
            "read": "workspaces.read",
            "update": "workspaces.change_tags",
            "delete": "workspaces.change_tags",
        }
        return [Resource("tag", Tag, "name", permissions=acts, trash=self.tags.discard)]

    @hookimpl
    def provide_notification_types(self) -> Sequence[Mapping[str, Any]]:
        """What people are told: notices.py."""
        return notices.notification_types()

    @hookimpl
    def provide_subscribers(self) -> Sequence[Subscriber]:
        """Who registers through the link of an invitation joins: service/answers.py."""
        return [Subscriber("arrival", ("user.registered", "user.verified"), self.answers.arrived)]

    @hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """`api.py`."""
        return {WorkspaceSettings: self.settings, Tags: self.tags}

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """`routes/`, `tags/routes.py` and `logs/routes.py`."""
        blueprints = build(self.workspaces, self.members, self.invitations, self.answers, self.settings)
        return [*blueprints, tag_routes.build(self.tags), log_routes.build(self.ctx.ledger)]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> None:
        """Personal data: personal_data.py."""
        personal_data.erase(uow, user_id)
