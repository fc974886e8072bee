"""Projects made from other ones and from templates (modules.md 3.1), each in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pronaflow_kernel.api import Answer, Conflict, Context, Row, UnitOfWork, invalid

from ..api import Counts, TaskCounts
from ..events import MEMBER_ADDED
from ..models import Project, ProjectMember
from ..service import ProjectService
from ..templates.service import TemplateService
from ..templates.structure import empty
from . import queries
from .content import Content, length
from .workdays import WorkDays

MOST_TASKS = 10_000
"""That a project may have to be cloned with them, all in one transaction."""

_COPIED = (
    "description",
    "project_type",
    "priority",
    "risk_level",
    "visibility",
    "governance_mode",
    "settings",
)
"""What a clone takes over of the project itself; its money and its life cycle are its own."""


class CopyService:
    """Makes projects from what there is.

    Arguments:
        ctx: of the plugin.
        projects: makes the project itself.
        templates: finds templates.
        content: makes what is in it.
    """

    def __init__(
        self, ctx: Context, projects: ProjectService, templates: TemplateService, content: Content
    ) -> None:
        self._ctx = ctx
        self._projects = projects
        self._templates = templates
        self._content = content

    def clone(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Answer:
        """Copy a project that the caller sees.

        Arguments:
            body: as `Clone` loads it.

        Raises:
            Forbidden: the caller may not create projects.
            Conflict: it has too many tasks to be copied at once.
        """
        self._may_create(uow)
        source, days = uow.get(Project, project_id), self._content.days(uow)
        if body["copy_tasks"]:
            self._check_size(uow, project_id)
        structure = self._content.describe(uow, source, with_tasks=body["copy_tasks"], days=days)
        values = {name: source[name] for name in _COPIED}
        values["name"] = body["new_name"] or f"Copy of {source['name']}"[:150]
        if not (body["copy_structure"] or body["copy_tasks"]):
            structure = {**empty(), "duration_days": structure["duration_days"]}
        made = self._make(uow, values, structure, days, body["start_date"])
        if body["copy_members"]:
            self._take_members(uow, project_id, made)
        return Answer(self._projects.show(uow, made["id"]), "The project was copied")

    def from_template(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Answer:
        """Make a project from a template that the caller sees.

        Arguments:
            body: as `FromTemplate` loads it.

        Raises:
            Forbidden: the caller may not create projects.
            NotFound: there is no such template.
            ValidationFailed: the workspace named is not that of the template.
        """
        self._projects.may_create(uow)
        template = self._templates.show(uow, body["template_id"])
        if body["workspace_id"] not in (None, template["workspace_id"]):
            raise invalid("workspace_id", "The template is in another workspace.", "other_workspace")
        values = {"name": body["project_name"]}
        made = self._make(uow, values, template["structure"], self._content.days(uow), body["start_date"])
        warnings = []
        if body["copy_members"] and not self._take_members_of(uow, template["source_project_id"], made):
            warnings.append("There is no project that you see whose members the template could bring.")
        shown = self._projects.show(uow, made["id"])
        return Answer(shown, "The project was made from the template", warnings)

    def _may_create(self, uow: UnitOfWork) -> None:
        self._ctx.access.authorize(uow, "projects.create")
        self._projects.may_create(uow)

    def _check_size(self, uow: UnitOfWork, project_id: str) -> None:
        source = self._ctx.services.get(TaskCounts, uow)
        count = source.counts(uow, [project_id]).get(project_id, Counts()).total if source else 0
        if count > MOST_TASKS:
            raise Conflict(
                f"The project has {count} tasks; at most {MOST_TASKS} are copied at once",
                details={"tasks_count": count},
            )

    def _make(
        self,
        uow: UnitOfWork,
        values: Mapping[str, Any],
        structure: Mapping[str, Any],
        days: WorkDays,
        start: date | None,
    ) -> Row:
        """A project of the caller's with what a structure says, from a day on."""
        start = start or uow.now.date()
        span = length(structure)
        end = None if span is None else days.day(start, span - 1)
        made = self._projects.create(uow, {**values, "start_date": start, "end_date": end})
        self._content.fill(uow, made, structure, days, start)
        return made

    def _take_members_of(self, uow: UnitOfWork, project_id: str | None, made: Row) -> bool:
        """`_take_members` of a project that may be gone, or not the caller's to see; whether it is not."""
        if project_id is None or self._ctx.access.role(uow, project_id) is None:
            return False
        self._take_members(uow, project_id, made)
        return True

    def _take_members(self, uow: UnitOfWork, project_id: str, made: Row) -> None:
        """Add the members of one project to a new one; its owner manages what is another's now."""
        rows = [
            {
                "project_id": made["id"],
                "user_id": member["user_id"],
                "role": "manager" if member["role"] == "owner" else member["role"],
                "joined_at": uow.now,
            }
            for member in uow.all(queries.MEMBERS, project_id=project_id)
            if member["user_id"] != made["owner_id"]
        ]
        for row in uow.insert_many(ProjectMember, rows):
            payload = {name: row[name] for name in ("project_id", "user_id", "role")}
            uow.publish(MEMBER_ADDED, made["id"], payload, container_id=made["id"])
