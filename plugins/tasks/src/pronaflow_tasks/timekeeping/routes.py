"""Time entries and timers over HTTP (modules.md 4.1)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import (
    WORKSPACE,
    Answer,
    Blueprint,
    Page,
    Reader,
    Row,
    UnitOfWork,
    in_body,
    in_path,
    in_query,
)

from .schemas import (
    TaskTimeQuery,
    TimeEntryCreate,
    TimeEntryOut,
    TimeEntryPatch,
    TimeQuery,
    TimerOut,
    TimerStart,
    TimerStarted,
    TimerStopped,
)
from .service import TimeService
from .timers import TimerService

TASK = in_path("task")
ENTRY = in_path("time_entry", "entry_id")
ONE: dict[str, Any] = {"returns": TimeEntryOut, "resource": "time_entry"}


def build(time: TimeService, timers: TimerService) -> Blueprint:
    """Time that people spend on tasks."""
    summary = "What tasks have taken, and timers that measure it"
    blp = Blueprint("tasks", url_prefix="/api/v1", tag="Time", summary=summary, name="tasks_time")
    _add_of_task(blp, time)
    _add_entries(blp, time)
    _add_timers(blp, timers)
    return blp


def _add_of_task(blp: Blueprint, service: TimeService) -> None:
    @blp.endpoint(
        "GET",
        "/tasks/<id:task_id>/time-entries",
        permission="tasks.read_time",
        target=TASK,
        query=TaskTimeQuery,
        many=True,
        **ONE,
    )
    def list_task_time(reader: Reader, task_id: str, query: Any) -> Page:
        """List the time spent on a task.

        Your own; everybody's if you run the project or the workspace. `pagination` tells `total_seconds` and
        `billable_seconds` of the whole list.
        """
        return service.page_of_task(reader, task_id, query)

    @blp.endpoint(
        "POST",
        "/tasks/<id:task_id>/time-entries",
        permission="tasks.log_time",
        target=TASK,
        body=TimeEntryCreate,
        status=201,
        **ONE,
    )
    def log_time(uow: UnitOfWork, task_id: str, body: Any) -> Answer:
        """Log time that you spent on a task.

        A day takes 24 hours of yours in a workspace; `warnings` tell of more than 12.
        """
        entry, warnings = service.create(uow, task_id, body)
        return Answer(entry, warnings=warnings)


def _add_entries(blp: Blueprint, service: TimeService) -> None:
    @blp.endpoint(
        "GET",
        "/time-entries",
        permission="tasks.read_time",
        target=in_query(("task", "task_id"), ("project", "project_id")),
        query=TimeQuery,
        many=True,
        **ONE,
    )
    def list_time_entries(reader: Reader, query: Any) -> Page:
        """List time entries: your sheet, or what you may see of a project, a task or somebody else.

        `pagination` tells `total_seconds` and `billable_seconds` of the whole list.
        """
        return service.page(reader, query)

    @blp.endpoint("GET", "/time-entries/<id:entry_id>", permission="tasks.read_time", target=ENTRY, **ONE)
    def get_time_entry(reader: Reader, entry_id: str) -> Row:
        """Get a time entry."""
        return service.show(reader, entry_id)

    @blp.endpoint(
        "PATCH",
        "/time-entries/<id:entry_id>",
        permission="tasks.log_time",
        target=ENTRY,
        body=TimeEntryPatch(partial=True),
        **ONE,
    )
    def update_time_entry(uow: UnitOfWork, entry_id: str, body: Any) -> Answer:
        """Change a time entry of yours, or of anybody if you run the project."""
        entry, warnings = service.update(uow, entry_id, body)
        return Answer(entry, warnings=warnings)

    @blp.endpoint("DELETE", "/time-entries/<id:entry_id>", permission="tasks.log_time", target=ENTRY)
    def delete_time_entry(uow: UnitOfWork, entry_id: str) -> Answer:
        """Delete a time entry of yours, or of anybody if you run the project."""
        service.delete(uow, entry_id)
        return Answer(message="Time entry deleted")


def _add_timers(blp: Blueprint, timers: TimerService) -> None:
    @blp.endpoint(
        "GET",
        "/time-tracking/timer",
        permission="tasks.read_time",
        target=WORKSPACE,
        returns=TimerOut,
    )
    def get_timer(reader: Reader) -> Row | None:
        """Get your running timer in a workspace; `data` is null where none runs."""
        return timers.current(reader)

    @blp.endpoint(
        "POST",
        "/time-tracking/timer/start",
        permission="tasks.log_time",
        target=in_body(("task", "task_id")),
        body=TimerStart,
        returns=TimerStarted,
        status=201,
    )
    def start_timer(uow: UnitOfWork, body: Any) -> Answer:
        """Start a timer; the one that runs for you in the workspace is stopped, and its time is logged."""
        return timers.start(uow, body)

    @blp.endpoint(
        "POST",
        "/time-tracking/timer/stop",
        permission="tasks.timer",
        target=WORKSPACE,
        returns=TimerStopped,
    )
    def stop_timer(uow: UnitOfWork) -> Answer:
        """Stop your timer and log its time, an entry for each day of the workspace's zone.

        At most 24 hours are counted, and no more than the day has left.
        """
        return timers.stop(uow)
