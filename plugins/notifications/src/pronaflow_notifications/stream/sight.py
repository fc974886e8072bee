"""Who sees which event of a workspace, by the rules of its ledger and not by rules of the stream's own.

As in the event log, those see it who are shown its container in lists, and outside of all containers owners
and admins of the workspace. What is not public stays here, whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pronaflow_kernel.api import Context, Row, Scope

from .connection import Connection

ADMINS = frozenset({"owner", "admin"})
"""Workspace roles that see what happens outside of containers."""

_PEOPLE = frozenset({"User", "Session"})
"""What happens to these may end somebody's stream: the kernel's aggregates of sign-ins and memberships."""


class Sight:
    """Remembers who sees which container, until anything happens to the container or to members.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._known: dict[str | None, dict[str, dict[str, bool]]] = {}

    def heed(self, row: Row) -> None:
        """Forget what an event may have changed."""
        here = self._known.get(row["workspace_id"])
        if here is None:
            return
        if row["container_id"] is None:
            self.forget(row["workspace_id"])
        elif row["aggregate_id"] == row["container_id"]:
            here.pop(row["container_id"], None)

    def forget(self, workspace_id: str | None) -> None:
        """Forget who sees what in a workspace."""
        self._known.pop(workspace_id, None)

    @staticmethod
    def people(row: Row) -> set[str]:
        """Whose session or membership an event is about; without anybody in most cases."""
        if row["aggregate_type"] == "Workspace":
            return {row["user_id"]} - {None}
        if row["aggregate_type"] not in _PEOPLE:
            return set()
        named = row["payload"].get("user_id") if isinstance(row["payload"], Mapping) else None
        return {row["aggregate_id"], named, row["user_id"]} - {None}

    def among(self, connections: Sequence[Connection], row: Row) -> list[Connection]:
        """Those of some streams whose readers see an event."""
        here = [each for each in connections if each.scope.workspace_id == row["workspace_id"]]
        if not here or not row["public"] or row["workspace_id"] is None:
            return []
        container_id = row["container_id"]
        if container_id is None:
            return [each for each in here if each.scope.workspace_role in ADMINS]
        known = self._known.setdefault(str(row["workspace_id"]), {}).setdefault(container_id, {})
        people = {str(each.user_id): str(each.scope.workspace_role) for each in here}
        if unknown := {user_id: role for user_id, role in people.items() if user_id not in known}:
            with self._ctx.db.read(Scope.system(row["workspace_id"])) as reader:
                shown = self._ctx.ledger.public.shown_to(reader, container_id, unknown)
            known.update({user_id: user_id in shown for user_id in unknown})
        return [each for each in here if known[str(each.user_id)]]
