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

from . import notices, personal_data, routes
from .activity import routes as activity_routes
from .activity.service import ActivityService
from .api import Projects
from .archiving import Archiving
from .change_requests import routes as change_request_routes
from .change_requests.events import CHANGE_REQUEST_EVENTS
from .change_requests.models import ChangeRequest
from .change_requests.service import ChangeRequestService
from .containers import ProjectContainers
from .copying import routes as copying_routes
from .copying.content import Content
from .copying.service import CopyService
from .events import PROJECT_EVENTS
from .health import routes as health_routes
from .health.events import HEALTH_CHANGED
from .health.service import HealthService
from .members import MemberService
from .models import Base, Project
from .service import ProjectService
from .settings import routes as settings_routes
from .settings.events import SETTINGS_CHANGED
from .settings.service import SettingsService
from .templates import routes as template_routes
from .templates.events import TEMPLATE_EVENTS
from .templates.models import ProjectTemplate
from .templates.service import TemplateService


class ProjectsPlugin(Plugin):
    """Table of contents."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.projects = ProjectService(ctx)
        self.members = MemberService(ctx, self.projects)
        self.archiving = Archiving(ctx)
        self.change_requests = ChangeRequestService(ctx, self.projects)
        self.settings = SettingsService(ctx)
        content = Content(ctx)
        self.templates = TemplateService(ctx, content)
        self.copies = CopyService(ctx, self.projects, self.templates, content)

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
        """A project is its own container; change requests are in one, templates in none."""
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
                archive=self.archiving.archive,
                unarchive=self.archiving.unarchive,
                finished=self.archiving.finished,
            ),
            Resource(
                "change_request",
                ChangeRequest,
                "title",
                "project_id",
                parents={"project_id": "project"},
                permissions={
                    "read": "projects.read",
                    "update": "projects.request",
                    "delete": "projects.request",
                },
                trash=self.change_requests.discard,
            ),
            Resource(
                "project_template",
                ProjectTemplate,
                "name",
                url="/projects/templates/{id}",
                permissions={
                    "read": "projects.read_templates",
                    "update": "projects.save_templates",
                    "delete": "projects.save_templates",
                },
                trash=self.templates.delete,
            ),
        ]

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """Events: events.py."""
        return (*PROJECT_EVENTS, SETTINGS_CHANGED, HEALTH_CHANGED, *CHANGE_REQUEST_EVENTS, *TEMPLATE_EVENTS)

    @hookimpl
    def provide_notification_types(self) -> Sequence[Mapping[str, Any]]:
        """What people are told: notices.py."""
        return notices.notification_types()

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
        return [
            routes.build(self.projects, self.members),
            settings_routes.build(self.settings),
            template_routes.build(self.templates),
            copying_routes.build(self.copies),
            activity_routes.build(ActivityService(self.ctx)),
            change_request_routes.build(self.change_requests),
            health_routes.build(HealthService(self.ctx)),
        ]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)
