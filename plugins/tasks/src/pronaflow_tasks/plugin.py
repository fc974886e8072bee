"""Tasks: what this plugin brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Row,
    Subscriber,
    UnitOfWork,
    hookimpl,
    load_permissions,
)
from pronaflow_projects.api import TaskCounts

from . import personal_data, routes
from .api import Tasks
from .comments import CommentService
from .counters import CounterCounts
from .departures import Departures
from .events import EVENT_TYPES
from .lists import ListService
from .models import METADATA, Comment, Task, TaskList
from .objections import check_project
from .places import PlaceService
from .reads import TaskReads
from .service import TaskService


class TasksPlugin(Plugin):
    """Table of contents."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.tasks = TaskService(ctx)
        self.places = PlaceService(ctx)
        self.lists = ListService(ctx, self.places)
        self.comments = CommentService(ctx)

    @hookimpl
    def provide_models(self) -> MetaData:
        """Tables: models.py."""
        return METADATA

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """Permissions: permissions.toml."""
        return load_permissions(__package__)

    @hookimpl
    def provide_resources(self) -> Sequence[Resource]:
        """All of them are in a project."""
        return [
            Resource(
                "task",
                Task,
                "title",
                "project_id",
                url="/tasks/{id}",
                search=("title", "description"),
                permissions={
                    "read": "tasks.read",
                    "update": "tasks.update",
                    "delete": "tasks.delete",
                    "restore": "tasks.delete",
                },
                trash=self.places.delete,
                restore=self.places.restore,
            ),
            Resource(
                "task_list",
                TaskList,
                "name",
                "project_id",
                url="/tasks/lists/{id}",
                permissions={
                    "read": "tasks.read",
                    "update": "tasks.lists",
                    "delete": "tasks.delete_lists",
                    "restore": "tasks.lists",
                },
                trash=self.lists.discard,
            ),
            Resource(
                "comment",
                Comment,
                "content",
                "project_id",
                url="/tasks/comments/{id}",
                search=("content",),
                permissions={"read": "tasks.read", "update": "tasks.comment", "delete": "tasks.comment"},
                trash=self.comments.delete,
            ),
        ]

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """Events: events.py."""
        return EVENT_TYPES

    @hookimpl
    def provide_subscribers(self) -> Sequence[Subscriber]:
        """Who leaves the workspace leaves open work: departures.py."""
        departures = Departures(self.ctx, self.tasks)
        return [Subscriber("departure", ("workspace.member.removed",), departures.departed)]

    @hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """`Tasks` for other plugins, `TaskCounts` for projects."""
        return {Tasks: self.tasks, TaskCounts: CounterCounts()}

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """Routes: routes.py."""
        reads = TaskReads(self.ctx)
        return [routes.build(self.tasks, reads, self.places, self.lists, self.comments)]

    @hookimpl
    def check_change(
        self, uow: UnitOfWork, resource: str, row: Row | None, changes: Mapping[str, Any]
    ) -> None:
        """Objections to changes of projects: objections.py."""
        if resource == "project" and row is not None:
            check_project(uow, row, changes, self.tasks)

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Personal data: personal_data.py."""
        return personal_data.collect(reader, user_id)
