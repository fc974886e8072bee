"""Projects: what this plugin brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel.api import (
    Blueprint,
    Containers,
    Context,
    Event,
    EventType,
    Permission,
    Plugin,
    Reader,
    Resource,
    Subscriber,
    UnitOfWork,
    Workspace,
    hookimpl,
    load_permissions,
    tenancy,
)

from . import personal_data, routes
from .api import Projects
from .containers import ProjectContainers
from .events import PROJECT_EVENTS
from .members import MemberService
from .models import Base, Project
from .service import ProjectService


class ProjectsPlugin(Plugin):
    """Table of contents."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.projects = ProjectService(ctx)
        self.members = MemberService(ctx, self.projects)

    @hookimpl
    def provide_models(self) -> MetaData:
        """Tables: models.py."""
        return Base.metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """Permissions: permissions.toml."""
        return load_permissions(__package__)

    @hookimpl
    def provide_resources(self) -> Sequence[Resource]:
        """A project is its own container."""
        return [
            Resource(
                "project",
                Project,
                "name",
                "id",
                url="/projects/{id}",
                search=("name", "key", "description"),
                permissions={
                    "read": "projects.read",
                    "update": "projects.update",
                    "delete": "projects.delete",
                    "restore": "projects.restore",
                },
                trash=self.projects.delete,
                restore=self.projects.restore,
            )
        ]

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """Events: events.py."""
        return PROJECT_EVENTS

    @hookimpl
    def provide_subscribers(self) -> Sequence[Subscriber]:
        """Who leaves the workspace leaves its projects."""
        return [Subscriber("departure", ("workspace.member.removed",), self._departed)]

    def _departed(self, uow: UnitOfWork, event: Event) -> None:
        heir = event.payload["reassign_to"]
        if heir is None or not tenancy.is_member(uow, heir):
            heir = uow.get(Workspace, str(event.workspace_id))["owner_id"]
        self.members.leave_all(uow, event.payload["user_id"], heir, event.occurred_at)

    @hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """`Projects` for other plugins, `Containers` for the kernel."""
        return {Projects: self.projects, Containers: ProjectContainers(self.ctx)}

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """Routes: routes.py."""
        return [routes.build(self.projects, self.members)]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)
