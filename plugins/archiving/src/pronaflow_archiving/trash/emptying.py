"""Emptying the trash because somebody wants it: a job that goes on where it was when it is interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import (
    Context,
    Discard,
    Id,
    JobType,
    NotFound,
    Principal,
    Reader,
    Row,
    Schema,
    Scope,
    tenancy,
)

from .queries import FIRST
from .service import TrashService

AT_ONCE = 100
"""Records of one transaction; on SQLite all writers wait for it."""


class EmptyArgs(Schema):
    """Who wants it, and when they did."""

    user_id = Id(required=True)
    before = fields.String(required=True)


class Emptying:
    """Deletes for good what somebody sees in the trash.

    Arguments:
        ctx: of the plugin; trash: knows what they see, and may delete.
    """

    def __init__(self, ctx: Context, trash: TrashService) -> None:
        self._ctx, self._trash = ctx, trash

    def job(self) -> JobType:
        """What it is handed in as."""
        return JobType("empty_trash", self.run, mode="external", args=EmptyArgs)

    def run(self, reader: Reader, args: Mapping[str, Any]) -> Row:
        """Delete it; the answer is how much went, and how much stays because others decide about it.

        What was deleted before an interruption is not there any more, so that a further attempt goes on.

        Raises:
            Discard: they run the workspace no longer.
        """
        scope = self._scope(reader, args["user_id"])
        before = datetime.fromisoformat(args["before"])
        with self._ctx.db.read(scope) as look:
            total = int(look.value(self._trash.seen.count, before=before))
        purged, looked, after = 0, 0, FIRST
        while True:
            with self._ctx.db.write(scope) as uow:
                items = uow.all(self._trash.seen.some, before=before, after=after, most=AT_ONCE)
                managed: dict[str, bool] = {}
                mine = [item for item in items if self._trash.purgeable(uow, item, managed)]
                purged += self._ctx.trash.purge_all(uow, mine)
            looked += len(items)
            self._ctx.jobs.progress(min(looked, total), total)
            if len(items) < AT_ONCE:
                return {"purged": purged, "kept": looked - purged}
            after = items[-1]["id"]

    def _scope(self, reader: Reader, user_id: str) -> Scope:
        try:
            role = tenancy.member(reader, user_id)["role"]
        except NotFound:
            role = None
        if role not in self._ctx.access.permissions["archiving.empty_trash"].workspace:
            raise Discard("Whoever wanted the trash to be emptied does not run the workspace any more")
        return Scope(Principal("user", user_id), reader.scope.workspace_id, role)
