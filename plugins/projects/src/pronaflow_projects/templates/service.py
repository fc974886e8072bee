"""Rules of templates of projects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Context,
    Forbidden,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    folded,
    invalid,
    literal,
)

from ..copying.content import Content
from ..models import Project
from . import queries
from .events import TEMPLATE_CREATED, TEMPLATE_DELETED, TEMPLATE_UPDATED, template_payload
from .models import ProjectTemplate
from .structure import MOST_PHASES, MOST_TASKS, empty, tasks_of

MOST_SIZE = 4 * 2**20
"""Of a structure as JSON, in characters."""

_UNTOLD = ("name_folded", "structure")
"""Columns whose changes are not told: one is derived, the other large."""


class TemplateService:
    """Templates of the scope's workspace.

    Arguments:
        ctx: of the plugin.
        content: describes what is in a project.
    """

    def __init__(self, ctx: Context, content: Content) -> None:
        self._ctx = ctx
        self._content = content

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The templates that the caller sees."""
        search = query["search"]
        filters = {
            "is_public": query["is_public"],
            "search": f"%{literal(folded(search))}%" if search else None,
        }
        return queries.TEMPLATES.page(reader, query, filters)

    def show(self, reader: Reader, template_id: str) -> Row:
        """A template with its structure.

        Raises:
            NotFound: there is none that the caller sees.
        """
        found = reader.one(queries.TEMPLATE, id=template_id)
        if found is None:
            raise NotFound
        return found

    def create(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Save a template.

        Arguments:
            body: as `TemplateCreate` loads it.

        Raises:
            ValidationFailed: the project does not exist or is not the caller's to see, or is too large.
            Forbidden: the caller may not change the project (modules.md 3.4: clone to template).
        """
        source = body["from_project_id"]
        structure = body.get("structure") or empty()
        if source is not None:
            structure = self._described(uow, source)
        row = {
            "name": body["name"],
            "name_folded": folded(body["name"]),
            "description": body.get("description"),
            "is_public": body.get("is_public", False),
            "structure": _of_fair_size(structure, "structure" if source is None else "from_project_id"),
            "source_project_id": source,
            "created_by": uow.scope.principal.user_id,
        }
        self._ctx.hooks.check_change(uow, "project_template", None, row)
        made = uow.insert(ProjectTemplate, row)
        uow.publish(TEMPLATE_CREATED, made["id"], template_payload(made))
        return made

    def update(self, uow: UnitOfWork, template_id: str, body: Mapping[str, Any]) -> Row:
        """Change a template; a structure replaces the one that was there.

        Raises:
            Forbidden: somebody else made it, and the caller does not run the workspace.
            NotFound: there is none that the caller sees.
        """
        template = self._managed(uow, template_id)
        changes = dict(body)
        if "structure" in changes:
            _of_fair_size(changes["structure"], "structure")
        if "name" in changes:
            changes["name_folded"] = folded(changes["name"])
        if any(template[name] != value for name, value in changes.items()):
            self._ctx.hooks.check_change(uow, "project_template", template, changes)
        update = uow.update(ProjectTemplate, template, changes)
        if update.changes:
            public = template["is_public"] or update.row["is_public"]
            told = {k: v for k, v in update.changes.items() if k not in _UNTOLD} if public else {}
            uow.publish(TEMPLATE_UPDATED, template_id, template_payload(update.row), changes=told)
        return update.row

    def delete(self, uow: UnitOfWork, template_id: str) -> None:
        """Delete a template; the projects made from it stay as they are.

        Raises:
            Forbidden, NotFound: as in `update`.
        """
        template = self._managed(uow, template_id)
        self._ctx.hooks.check_change(uow, "project_template", template, {"lifecycle": "trashed"})
        uow.remove(ProjectTemplate, template)
        uow.publish(TEMPLATE_DELETED, template_id, template_payload(template))

    def _managed(self, uow: UnitOfWork, template_id: str) -> Row:
        template = self.show(uow, template_id)
        own = template["created_by"] == uow.scope.principal.user_id
        if not own and uow.scope.workspace_role not in ("owner", "admin"):
            raise Forbidden("Only who saved a template and admins change it")
        return template

    def _described(self, uow: UnitOfWork, project_id: str) -> dict[str, Any]:
        """The structure of a project that the caller may make a template of."""
        try:
            self._ctx.access.authorize(uow, "projects.update", container_id=project_id)
            project = uow.get(Project, project_id)
        except NotFound:
            raise invalid("from_project_id", "There is no such project.", "not_found") from None
        structure = self._content.describe(uow, project, with_tasks=True)
        phases, tasks = len(structure["phases"]), sum(1 for _ in tasks_of(structure))
        if phases > MOST_PHASES or tasks > MOST_TASKS:
            words = f"Has {phases} lists and {tasks} tasks; a template has {MOST_PHASES} and {MOST_TASKS}."
            raise invalid("from_project_id", words, "too_large")
        return structure


def _of_fair_size(structure: dict[str, Any], field: str) -> dict[str, Any]:
    """A structure that is not too large to be kept.

    Raises:
        ValidationFailed: it is.
    """
    if len(json.dumps(structure, ensure_ascii=False)) > MOST_SIZE:
        raise invalid(field, f"Is larger than {MOST_SIZE // 2**20} MiB.", "too_large")
    return structure
