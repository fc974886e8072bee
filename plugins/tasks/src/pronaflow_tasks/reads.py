"""What lists of tasks and single tasks show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pronaflow_kernel.api import Context, Listing, NotFound, Page, Reader, Row, invalid

from . import counters, queries, tags
from .rules import day
from .schemas import searchable


class TaskReads:
    """Reads of tasks.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._in_project = queries.in_project(counters.in_project)
        self._in_list = queries.in_list()

    def show(self, reader: Reader, task_id: str) -> Row:
        """One task with everything that is known of it, in one statement.

        Raises:
            NotFound: there is none.
        """
        task = reader.one(queries.TASK, id=task_id)
        if task is None:
            raise NotFound(f"Task {task_id} was not found")
        return shown(task, tags.split(task["tags"]))

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The tasks that a query asks for: of a project, of a list, or of all visible projects.

        Raises:
            ValidationFailed: a search without any word, an unknown sort.
            NotFound: the list is in the trash.
        """
        listing, params, filters = self._asked(reader, query)
        now = reader.clock.now()
        page = listing.page(reader, query, filters, **params, now=now, today=now.date())
        if not page.rows:
            # A list in the trash has no tasks: only what is empty has to be looked for.
            if "list_id" in params and not reader.all(queries.LISTS_AMONG, ids=[params["list_id"]]):
                raise NotFound(f"Task list {params['list_id']} was not found")
            return page
        names = tags.names_of(reader, [task["id"] for task in page.rows])
        for task in page.rows:
            shown(task, names.get(task["id"], []))
        return page

    def _asked(
        self, reader: Reader, query: Mapping[str, Any]
    ) -> tuple[Listing, dict[str, Any], dict[str, Any]]:
        """The listing for a query, its binds and its filters."""
        filters = _filters(reader, query)
        if query["project_id"] is not None:
            return self._in_project, {"project_id": query["project_id"]}, filters
        if query["task_list_id"] is not None:
            return self._in_list, {"list_id": filters.pop("task_list_id")}, filters
        return self._in_workspace, {}, filters

    @cached_property
    def _in_workspace(self) -> Listing:
        """Built at the first request, when the owner of the containers is known."""
        assert self._ctx.access.containers is not None
        visible = self._ctx.access.containers.visible()
        return queries.in_workspace(visible, counters.among(visible))


def shown(task: Row, tag_names: list[str]) -> Row:
    """A selected row, completed in place by what the schemas show beside its columns."""
    person = {
        "user_id": task["assigned_to"],
        "username": task.pop("assignee_username"),
        "full_name": task.pop("assignee_full_name"),
    }
    task["assignee"] = None if task["assigned_to"] is None else person
    task["tags"] = tag_names
    task["subtasks_count"] = 0
    task["dependencies"] = []
    return task


def _filters(reader: Reader, query: Mapping[str, Any]) -> dict[str, Any]:
    """Filter values as the listing takes them; None where a filter is not set.

    Raises:
        ValidationFailed: a search without any word.
    """
    if query["search"] is not None and not searchable(query["search"]):
        raise invalid("search", "Asks for no word.")
    filters = {name: query[name] for name in ("task_list_id", "status", "priority", "is_milestone", "search")}
    for name in ("assigned_to", "created_by"):
        filters[name] = reader.scope.principal.user_id if query[name] == "me" else query[name]
    for name in ("due_date_from", "due_date_to"):
        filters[name] = day(query[name])
    filters["tag"] = None if query["tag"] is None else tags.norm(query["tag"])
    if query["overdue"] is not None:
        filters["overdue" if query["overdue"] else "not_overdue"] = True
    return filters
