"""What somebody may still be told when it is sent: time has passed since it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pronaflow_kernel.api import Context, Row, Scope, UnitOfWork

from . import queries

Outsiders = Callable[[str], bool]
"""From a type of notification to whether it is also for people who are not in the workspace."""


class Readable:
    """Leaves out what became unreadable, by the rules for whoever reads: nothing else may tell of it.

    Arguments:
        ctx: of the plugin.
        outsiders: which types are for people outside.
    """

    def __init__(self, ctx: Context, outsiders: Outsiders) -> None:
        self._ctx, self._outsiders = ctx, outsiders

    def among(self, uow: UnitOfWork, rows: Sequence[Row]) -> dict[str, str]:
        """Of notifications those that may be told, each with the name of its project, else of its workspace.

        Left out is what happened in a workspace that is in the trash, or where this plugin or the one that
        tells is off; whom it no longer reaches (`Access.audience`); and what is about something in the trash.

        Arguments:
            rows: of `Notification`.
        """
        spaces: dict[str | None, list[Row]] = {}
        for row in rows:
            spaces.setdefault(row["workspace_id"], []).append(row)
        named = {each["id"]: each["name"] for each in uow.all(queries.WORKSPACES, ids=_known(spaces))}
        found: dict[str, str] = {}
        for workspace_id, here in spaces.items():
            if workspace_id is None or workspace_id in named:
                with _in(uow, workspace_id):
                    told = list(self._here(uow, workspace_id, here))
                    containers = {row["container_id"] for row in told} - {None}
                    titles = self._ctx.trash.container_titles(uow, containers)
                here_named = named.get(workspace_id or "", "")
                found |= {row["id"]: titles.get(row["container_id"], here_named) for row in told}
        return found

    def _here(self, uow: UnitOfWork, workspace_id: str | None, rows: Sequence[Row]) -> Iterator[Row]:
        if workspace_id is not None:
            rows = [row for row in rows if self._is_on(uow, row["provider"], workspace_id)]
            trashed = _trashed(uow, rows)
            rows = [row for row in rows if row["about_id"] not in trashed]
        for (container_id, outside), each in self._places(rows).items():
            users = {row["user_id"] for row in each}
            told = self._ctx.access.audience(uow, users, container_id, outsiders=outside)
            yield from (row for row in each if row["user_id"] in told)

    def _is_on(self, uow: UnitOfWork, provider: str, workspace_id: str) -> bool:
        needed = {self._ctx.plugin_id, provider} - {"core"}
        return all(uow.is_on(plugin_id, workspace_id) for plugin_id in needed)

    def _places(self, rows: Sequence[Row]) -> Mapping[tuple[str | None, bool], list[Row]]:
        places: dict[tuple[str | None, bool], list[Row]] = {}
        for row in rows:
            places.setdefault((row["container_id"], self._outsiders(row["type"])), []).append(row)
        return places


def _known(spaces: Mapping[str | None, object]) -> list[str]:
    return [workspace_id for workspace_id in spaces if workspace_id is not None]


def _trashed(uow: UnitOfWork, rows: Sequence[Row]) -> set[str]:
    return {found["resource_id"] for found in uow.all(queries.TRASHED, ids=[r["about_id"] for r in rows])}


@contextmanager
def _in(uow: UnitOfWork, workspace_id: str | None) -> Iterator[None]:
    """Work in another workspace for a while."""
    before = uow.scope
    uow.enter(Scope.system(workspace_id))
    try:
        yield
    finally:
        uow.enter(before)
