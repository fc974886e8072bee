"""Muting types of notifications, channels and projects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pronaflow_kernel.api import Context, NotFound, Page, Reader, Row, UnitOfWork, invalid, new_id

from ..types import Types
from . import queries


class MuteService:
    """The caller's mutes.

    Arguments:
        ctx: of the plugin.
        types: all types of notifications, once they are known.
        channels: names of all channels, once they are known.
    """

    def __init__(
        self, ctx: Context, types: Callable[[], Types], channels: Callable[[], Collection[str]]
    ) -> None:
        self._ctx, self._types, self._channels = ctx, types, channels

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The mutes, oldest first."""
        return queries.MUTES.page(reader, query)

    def put(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """Mute something; what is muted already stays so.

        Raises:
            ValidationFailed: no such type, channel or project.
        """
        self._check(uow, values)
        kind, channel, project_id = values["type"], values["channel"], values["project_id"]
        rule = "|".join(part or "*" for part in (kind, channel, project_id))
        row = {
            "id": new_id(),
            "user_id": _caller(uow),
            "workspace_id": uow.scope.workspace_id if project_id else None,
            "type": kind,
            "channel": channel,
            "container_id": project_id,
            "rule": rule,
            "created_at": uow.now,
        }
        uow.connection.execute(queries.PUT[uow.dialect], row)
        return uow.all(queries.BY_RULE, rule=rule)[0]

    def remove(self, uow: UnitOfWork, mute_id: str) -> None:
        """Hear of it again.

        Raises:
            NotFound: the caller has no such mute.
        """
        if not uow.execute(queries.REMOVE, id=mute_id):
            raise NotFound(f"Mute {mute_id} was not found")

    def _check(self, uow: UnitOfWork, values: Mapping[str, Any]) -> None:
        known: dict[str, Collection[str]] = {
            "type": sorted(self._types().by_name),
            "channel": sorted({"in_app", *self._channels()}),
        }
        for name, words in known.items():
            if values[name] is not None and values[name] not in words:
                raise invalid(name, f"Must be one of: {', '.join(words)}.", "unknown")
        project_id = values["project_id"]
        if project_id is None:
            return
        if self._ctx.access.containers is None or self._ctx.access.role(uow, project_id) is None:
            words = "Is no project of this workspace that you see; say its workspace in `workspace_id`."
            raise invalid("project_id", words, "unknown")


def _caller(reader: Reader) -> str:
    user_id = reader.scope.principal.user_id
    if user_id is None:
        raise NotFound("Only people have mutes")
    return user_id
