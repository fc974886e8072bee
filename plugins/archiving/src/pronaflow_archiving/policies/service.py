"""What workspaces decide about archive and trash, and the archive filling by itself (modules.md 8.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Conflict,
    Context,
    IdType,
    JobType,
    LedgerQuery,
    NotFound,
    Reader,
    Row,
    Schedule,
    Scope,
    StaleRow,
    TrashPolicy,
    UnitOfWork,
    Workspace,
    switched_on,
    unscoped,
)

from .events import POLICY_UPDATED
from .models import ArchivePolicy

FIRST = "00000000-0000-0000-0000-000000000000"
"""Less than every id."""

_POLICY = select(ArchivePolicy.__table__).where(ArchivePolicy.workspace_id == SCOPE_WORKSPACE)
_ENABLED = unscoped(
    "the daily job looks after all workspaces that want it",
    select(ArchivePolicy.workspace_id, ArchivePolicy.inactive_days)
    .join(Workspace, Workspace.id == ArchivePolicy.workspace_id)
    .where(
        ArchivePolicy.is_enabled,
        Workspace.lifecycle == "active",
        switched_on("archiving", ArchivePolicy.__table__.c.workspace_id, scope="system"),
        ArchivePolicy.workspace_id > bindparam("after", type_=IdType()),
    )
    .order_by(ArchivePolicy.workspace_id)
    .limit(500),
)
_FIELDS = ("is_enabled", "inactive_days", "trash_retention_days", "auto_purge_enabled")
_DEFAULTS: dict[str, Any] = dict(zip(_FIELDS, (False, 180, 30, True), strict=True))


class PolicyService:
    """Policies of workspaces.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def show(self, reader: Reader) -> Row:
        """What the workspace decides; the defaults where it has decided nothing."""
        row = reader.one(_POLICY)
        return row or {"workspace_id": reader.scope.workspace_id, "updated_at": None, **_DEFAULTS}

    def set(self, uow: UnitOfWork, body: Mapping[str, Any]) -> Row:
        """Decide anew; what is in the trash already stays as long as it was promised then."""
        values = {name: body[name] for name in _FIELDS}
        row = uow.one(_POLICY)
        if row is None:
            if values == _DEFAULTS:
                return self.show(uow)
            stored = uow.insert(ArchivePolicy, values)
            changes = {n: {"old": _DEFAULTS[n], "new": v} for n, v in values.items() if v != _DEFAULTS[n]}
        else:
            update = uow.update(ArchivePolicy, row, values)
            stored, changes = update.row, update.changes
        if changes:
            payload = {"workspace_id": stored["workspace_id"], **values}
            uow.publish(POLICY_UPDATED, stored["workspace_id"], payload, changes=changes)
        return stored

    def trash(self, reader: Reader) -> TrashPolicy | None:
        """See the hook `pick_trash_policy`."""
        row = reader.one(_POLICY)
        if row is None:
            return None
        return TrashPolicy(timedelta(days=row["trash_retention_days"]), row["auto_purge_enabled"])

    # What comes by itself

    def job(self) -> JobType:
        """The daily job."""
        return JobType("auto_archive", self.run, mode="external", schedules=(Schedule("37 1 * * *"),))

    def run(self, _reader: Reader, _args: Mapping[str, Any]) -> None:
        """Archive what is done with and rests, in every workspace that wants it.

        Each one in a transaction of its own: what is archived is not found again after an interruption.
        """
        after = FIRST
        while True:
            with self._ctx.db.read(Scope.system()) as reader:
                places = reader.all(_ENABLED, after=after)
            for place in places:
                self._archive_idle(place["workspace_id"], place["inactive_days"])
            if len(places) < 500:
                return
            after = places[-1]["workspace_id"]

    def _archive_idle(self, workspace_id: str, days: int) -> None:
        before = self._ctx.clock.now() - timedelta(days=days)
        reason = f"Nothing happened in it for {days} days."
        scope = Scope.system(workspace_id)
        for kind in self._ctx.archive.containers:
            with self._ctx.db.read(scope) as reader:
                if self._ctx.trash.kind(reader, kind.name) is None:
                    continue
                found = self._ctx.archive.finished(reader, kind.name, before)
                idle = [each for each in found if not self._happened(reader, each, before)]
            for container_id in idle:
                try:
                    with self._ctx.db.write(scope, origin="system") as uow:
                        self._ctx.archive.archive(uow, kind.name, container_id, reason)
                except (Conflict, NotFound, StaleRow) as error:
                    self._ctx.log.info("%s %s is not archived: %s", kind.name, container_id, error)

    def _happened(self, reader: Reader, container_id: str, since: datetime) -> bool:
        """Whether anything happened in a container since an instant."""
        query = LedgerQuery().load({"page_size": 1, "from": since.isoformat()})
        return bool(self._ctx.ledger.in_container(reader, container_id, query).rows)
