"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pronaflow_kernel.testing import LEFT_OUT, Party, Unsupplied, after


def _beside(party: Party) -> dict[str, Any]:
    """A place before another task; a task that is before one is said to be behind none."""
    return {"before_task_id": party.id_of("task:second"), "after_task_id": LEFT_OUT}


def _daily(party: Party) -> dict[str, Any]:
    """A rule of which nothing excludes another part."""
    absent = ("weekdays", "day_of_month", "rrule", "end_date", "count")
    return {"pattern": "daily", "timezone": "UTC", **dict.fromkeys(absent, LEFT_OUT)}


def _further(party: Party) -> dict[str, Any]:
    """Another task each time that one was linked, as far as the caller may make some: twice is refused."""
    with suppress(Unsupplied):
        return {"depends_on_task_id": party.id_of(f"task:{party.kept.get('tasks_create_dependency', 0) + 2}")}
    return {}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "tasks_move_task": _beside,
    "tasks_list_comment_versions": after("tasks_edit_comment"),
    "tasks_set_recurrence": _daily,
    "tasks_get_recurrence": after("tasks_set_recurrence"),
    "tasks_stop_recurrence": after("tasks_set_recurrence"),
    "tasks_create_dependency": _further,
    "tasks_get_timer": after("tasks_start_timer"),
    "tasks_stop_timer": after("tasks_start_timer"),
}
"""Values by operation id."""
