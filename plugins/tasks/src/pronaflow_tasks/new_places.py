"""Where new tasks go: their numbers, keys, ranks and lists."""

from __future__ import annotations

from collections.abc import Sequence

from pronaflow_kernel.api import Row, UnitOfWork
from pronaflow_projects.api import ProjectInfo

from . import counters, queries
from .counters import Delta
from .lists.lookup import make_default_list, refuse_list
from .ranks import STEP


class Places:
    """Numbers, keys, ranks and lists for the new tasks of a project.

    The counter row comes first: whoever holds it is alone with the project's lists and keys. What is not used
    of what was taken there is given back, so that keys have no gaps.

    Arguments:
        uow: the unit of work.
        project: theirs.
        tasks: for which there are to be places.
    """

    def __init__(self, uow: UnitOfWork, project: ProjectInfo, tasks: Sequence[Row]) -> None:
        self._uow, self._project = uow, project
        self._taken = _delta(tasks)
        counted = counters.add(uow, project.id, self._taken)
        self._number = counted["last_number"] - len(tasks)
        self._rank = counted["last_rank"] - len(tasks) * STEP
        self._default = counted["default_list_id"]
        wanted = {task["task_list_id"] for task in tasks} - {None, self._default}
        rows = uow.all(queries.LISTS_AMONG, ids=sorted(wanted)) if wanted else []
        self._lists = {row["id"]: row for row in rows}
        self.statuses = {task["status"] for task in tasks}

    def check(self, task: Row) -> None:
        """Refuse a task whose list takes none.

        Raises:
            ValidationFailed: the list is not the project's.
            Conflict: the list is archived.
        """
        list_id = task["task_list_id"]
        if list_id not in (None, self._default):
            refuse_list(self._lists.get(list_id), self._project.id)

    def assign(self, tasks: Sequence[Row]) -> None:
        """Give tasks their places, and give back what the others would have had."""
        used = _delta(tasks)
        if used != self._taken:
            counters.add(self._uow, self._project.id, used - self._taken)
        default = self._default
        if default is None and any(task["task_list_id"] is None for task in tasks):
            default = make_default_list(self._uow, self._project.id)
        for step, task in enumerate(tasks, start=1):
            task["project_id"] = self._project.id
            task["number"] = self._number + step
            task["key"] = f"{self._project.key}-{task['number']}"
            task["rank"] = self._rank + step * STEP
            task["task_list_id"] = task["task_list_id"] or default


def _delta(tasks: Sequence[Row]) -> Delta:
    """What new tasks take from the counters."""
    count = len(tasks)
    return sum((Delta.of(task["status"]) for task in tasks), Delta(numbers=count, places=count))
