"""Tasks: what this plugin brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    EventType,
    JobType,
    Permission,
    Plugin,
    Reader,
    Resource,
    Row,
    Schedule,
    Subscriber,
    UnitOfWork,
    hookimpl,
    load_permissions,
)
from pronaflow_projects.api import NewLists, ProjectContent, TaskCounts, TaskStatuses, Workloads

from . import notices, personal_data, routes
from .api import Tasks
from .attached import AttachedFields
from .attachments import routes as file_routes
from .attachments.events import FILE_EVENTS
from .attachments.models import TaskFile
from .attachments.service import FileService
from .bulk.service import BulkService
from .checklists.events import SUBTASK_EVENTS
from .checklists.models import Subtask
from .checklists.service import ChecklistService
from .comments.events import COMMENT_EVENTS
from .comments.models import Comment
from .comments.service import CommentService
from .counters import CounterCounts
from .custom_fields import routes as custom_field_routes
from .custom_fields.events import FIELD_EVENTS
from .custom_fields.field import CustomFieldsField
from .custom_fields.models import CustomField
from .custom_fields.service import CustomFieldService
from .departures import Departures
from .dependencies.events import DEPENDENCY_EVENTS
from .dependencies.models import Dependency
from .dependencies.service import DependencyService
from .events import EVENT_TYPES
from .lists.service import ListService
from .models import METADATA, Task, TaskList
from .objections import check_project
from .people.assignees import AssigneeService
from .people.events import PEOPLE_EVENTS
from .people.field import AssigneeField
from .people.service import WatcherService
from .places import PlaceService
from .reads import TaskReads
from .recurrence.events import RECURRENCE_EVENTS
from .recurrence.series import Series
from .recurrence.service import RecurrenceService
from .reminders.events import REMINDER_EVENTS
from .reminders.service import Reminders
from .service import TaskService
from .structure.service import TaskContent
from .tags.field import TagField
from .timekeeping import routes as time_routes
from .timekeeping.events import TIME_EVENTS
from .timekeeping.models import TimeEntry
from .timekeeping.service import TimeService
from .timekeeping.timers import TimerService
from .words import Statuses
from .workload import TaskWorkload


class TasksPlugin(Plugin):
    """Table of contents."""

    def setup(self, ctx: Context) -> None:
        """Build the services."""
        super().setup(ctx)
        self.attached = AttachedFields([TagField(ctx), AssigneeField(), CustomFieldsField()])
        self.files = FileService(ctx)
        self.watchers = WatcherService(ctx)
        self.custom_fields = CustomFieldService(ctx)
        self.time = TimeService(ctx)
        self.comments = CommentService(ctx, self.watchers)
        self.tasks = TaskService(ctx, self.attached, self.comments)
        self.checklists = ChecklistService(ctx, self.tasks)
        self.dependencies = DependencyService(ctx)
        self.places = PlaceService(ctx, self.tasks, self.attached, self.dependencies)
        self.lists = ListService(ctx, self.places)
        self.series = Series(ctx, self.tasks)

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
                parents={"project_id": "project", "task_list_id": "task_list"},
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
                parents={"project_id": "project"},
                permissions={
                    "read": "tasks.read",
                    "update": "tasks.lists",
                    "delete": "tasks.delete_lists",
                    "restore": "tasks.lists",
                },
                trash=self.lists.discard,
                restore=self.lists.restore,
                purge=self.lists.purge,
            ),
            Resource(
                "subtask",
                Subtask,
                "title",
                "project_id",
                url="/tasks/subtasks/{id}",
                permissions={
                    "read": "tasks.read",
                    "update": "tasks.checklists",
                    "delete": "tasks.checklists",
                },
                trash=self.checklists.delete,
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
            Resource(
                "file",
                TaskFile,
                "name",
                "project_id",
                url="/files/{id}",
                permissions={"read": "tasks.read", "update": "tasks.attach", "delete": "tasks.attach"},
                trash=self.files.delete,
            ),
            Resource(
                "dependency",
                Dependency,
                "dependency_type",
                "project_id",
                url="/tasks/dependencies/{id}",
                permissions={"read": "tasks.read", "update": "tasks.update", "delete": "tasks.update"},
                trash=self.dependencies.delete,
            ),
            Resource(
                "time_entry",
                TimeEntry,
                "date",
                "project_id",
                url="/time-entries/{id}",
                permissions={
                    "read": "tasks.see_all_time",
                    "update": "tasks.log_time",
                    "delete": "tasks.log_time",
                },
                trash=self.time.delete,
            ),
            Resource(
                "custom_field",
                CustomField,
                "name",
                "project_id",
                permissions={
                    "read": "tasks.read",
                    "update": "tasks.custom_fields",
                    "delete": "tasks.custom_fields",
                },
                trash=self.custom_fields.discard,
            ),
        ]

    @hookimpl
    def provide_event_types(self) -> Sequence[EventType]:
        """Events: events.py."""
        return (
            *EVENT_TYPES,
            *PEOPLE_EVENTS,
            *SUBTASK_EVENTS,
            *COMMENT_EVENTS,
            *FILE_EVENTS,
            *DEPENDENCY_EVENTS,
            *RECURRENCE_EVENTS,
            *FIELD_EVENTS,
            *TIME_EVENTS,
            *REMINDER_EVENTS,
        )

    @hookimpl
    def provide_notification_types(self) -> Sequence[Mapping[str, Any]]:
        """What people are told: notices.py."""
        return notices.notification_types()

    @hookimpl
    def provide_subscribers(self) -> Sequence[Subscriber]:
        """Who leaves leaves open work (departures.py); what is completed may repeat."""
        departures = Departures(self.ctx, self.tasks, self.checklists)
        return [
            Subscriber("departure", ("workspace.member.removed",), departures.departed),
            Subscriber("leave_project", ("project.member.removed",), departures.left),
            Subscriber("repeat", ("task.completed",), self.series.completed),
        ]

    @hookimpl
    def provide_jobs(self) -> Sequence[JobType]:
        """Each hour, for midnight comes at another hour in each zone: recurrence/, reminders/."""
        hourly = (Schedule("1 * * * *"),)
        return [
            JobType("repeat_due", self.series.come_due, mode="external", schedules=hourly),
            JobType("remind", Reminders(self.ctx).run, mode="external", schedules=hourly),
        ]

    @hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """`Tasks` for other plugins, the rest for projects."""
        return {
            Tasks: self.tasks,
            TaskCounts: CounterCounts(),
            TaskStatuses: Statuses(),
            ProjectContent: TaskContent(self.ctx, self.tasks, self.attached),
            NewLists: self.lists,
            Workloads: TaskWorkload(),
        }

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """Routes: routes.py."""
        reads = TaskReads(self.ctx, self.attached)
        return [
            routes.build(
                self.tasks,
                reads,
                self.places,
                self.lists,
                self.comments,
                AssigneeService(self.tasks, reads),
                self.watchers,
                self.checklists,
                self.dependencies,
                RecurrenceService(self.ctx, self.tasks, reads),
                BulkService(self.ctx, self.tasks, self.places, reads),
            ),
            custom_field_routes.build(self.custom_fields),
            file_routes.build(self.files),
            time_routes.build(self.time, TimerService(self.ctx, self.time)),
        ]

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
