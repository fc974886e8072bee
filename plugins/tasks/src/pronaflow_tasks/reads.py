"""What lists of tasks and single tasks show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pronaflow_kernel.api import Context, Listing, NotFound, Page, Reader, Row, invalid
from pronaflow_workspaces.api import tag_norm

from . import counters, queries
from .attached import AttachedFields
from .custom_fields.filters import Asked, asked
from .dependencies.queries import links_of, on_task
from .lists.lookup import project_of_list
from .people.field import present
from .rules import day
from .schemas import searchable
from .timekeeping.spans import with_hours


class TaskReads:
    """Reads of tasks.

    Arguments:
        ctx: of the plugin.
        attached: fields that live in tables of their own.
    """

    def __init__(self, ctx: Context, attached: AttachedFields) -> None:
        self._ctx = ctx
        self._attached = attached
        self._in_project = queries.in_project(counters.in_project)
        self._in_project_by_custom = queries.in_project_by_custom(counters.in_project)
        self._in_list = queries.in_list()

    def show(self, reader: Reader, task_id: str) -> Row:
        """One task with everything that is known of it, in one statement.

        Raises:
            NotFound: there is none.
        """
        task = reader.one(self._one, id=task_id)
        if task is None:
            raise NotFound(f"Task {task_id} was not found")
        self._attached.show(task)
        task["dependencies"] = links_of(task["dependencies"])
        return _shown(task)

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The tasks that a query asks for: of a project, of a list, or of all visible projects.

        Raises:
            ValidationFailed: a search without any word, an unknown sort.
            NotFound: the list is in the trash.
        """
        custom = asked(reader, query)
        listing, params, filters = self._asked(reader, query, custom)
        now = reader.clock.now()
        page = listing.page(reader, custom.entered(query), filters, **params, now=now, today=now.date())
        page = custom.left(page)
        if not page.rows:
            # A list in the trash has no tasks: only what is empty has to be looked for.
            if "list_id" in params and not reader.all(queries.LISTS_AMONG, ids=[params["list_id"]]):
                raise NotFound(f"Task list {params['list_id']} was not found")
            return page
        self._attached.show_all(reader, page.rows)
        for task in page.rows:
            _shown(task)
        return page

    def ids(self, reader: Reader, query: Mapping[str, Any], most: int) -> list[str]:
        """Ids of the tasks that a query asks for, so many at most.

        Raises:
            NotFound: the caller does not see the project or the list.
            ValidationFailed: as in `page`.
        """
        custom = asked(reader, query)
        listing, params, filters = self._asked(reader, query, custom)
        project_id = params.get("project_id")
        if "list_id" in params:
            project_id = project_of_list(reader, params["list_id"])
        if project_id is not None:
            self._ctx.access.authorize(reader, "tasks.read", container_id=project_id)
        now = reader.clock.now()
        wanted = {**custom.entered(query), "page": 1, "page_size": most, "cursor": None}
        page = listing.page(reader, wanted, filters, **params, now=now, today=now.date())
        return [row["id"] for row in page.rows]

    def _asked(
        self, reader: Reader, query: Mapping[str, Any], custom: Asked
    ) -> tuple[Listing, dict[str, Any], dict[str, Any]]:
        """The listing for a query, its binds and its filters."""
        filters = _filters(reader, query) | custom.filters
        if query["project_id"] is not None:
            listing = self._in_project if custom.sort is None else self._in_project_by_custom
            return listing, {"project_id": query["project_id"], **custom.params}, filters
        if query["task_list_id"] is not None:
            return self._in_list, {"list_id": filters.pop("task_list_id")}, filters
        return self._in_workspace, {}, filters

    # Built at the first request, when the owner of the containers is known.

    @cached_property
    def _in_workspace(self) -> Listing:
        return queries.in_workspace(self._visible, counters.among(self._visible))

    @cached_property
    def _one(self) -> Any:
        links = on_task(self._visible).label("dependencies")
        return queries.one(self._attached).add_columns(links)

    @cached_property
    def _visible(self) -> Any:
        assert self._ctx.access.containers is not None
        return self._ctx.access.containers.visible()


def _shown(task: Row) -> Row:
    """A selected row, completed in place by what the schemas show beside its columns."""
    task["is_recurring"] = task["recurrence_id"] is not None
    return with_hours(present(task))


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
    filters["tag"] = None if query["tag"] is None else tag_norm(query["tag"])
    if query["overdue"] is not None:
        filters["overdue" if query["overdue"] else "not_overdue"] = True
    return filters
