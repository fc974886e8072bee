"""What it means for a project to have tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pronaflow_kernel.api import Context, UnitOfWork
from pronaflow_workspaces.api import Tags, tag_norm

from . import queries
from .models import ProjectTag


class ProjectTags:
    """Links projects with tags of the catalogue, which are made on first use.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._services = ctx.services

    def replace(self, uow: UnitOfWork, project_id: str, names: Iterable[str]) -> dict[str, Any] | None:
        """Give a project these tags and no others; `{"old": …, "new": …}`, None where nothing differs.

        Raises:
            ValidationFailed: some are for other kinds of things.
        """
        before = {row["id"]: row["name"] for row in uow.all(queries.OF_PROJECT, project_id=project_id)}
        found = self._services.require(Tags).resolve(uow, sorted(set(names)), "project")
        after = {tag["id"]: tag["name"] for tag in found.values()}
        if before.keys() == after.keys():
            return None
        if gone := sorted(before.keys() - after.keys()):
            uow.execute(queries.UNLINK, project_id=project_id, ids=gone)
        new = sorted(after.keys() - before.keys())
        uow.insert_many(ProjectTag, [{"project_id": project_id, "tag_id": tag_id} for tag_id in new])
        return {"old": in_order(before.values()), "new": in_order(after.values())}


def shown(texts: str | None) -> list[str]:
    """The names that `queries.NAMES` selected."""
    return in_order(texts.split(queries.SEPARATOR)) if texts else []


def in_order(names: Iterable[str]) -> list[str]:
    """Names as they are shown."""
    return sorted(names, key=tag_norm)
