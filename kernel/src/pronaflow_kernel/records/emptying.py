"""Deleting for good what was in the trash for long enough: records, workspaces (modules.md 2.3, 3.6, 8.8).

Records go little by little, after the midnight of their workspace that follows the end of their time there.
Which midnight was the last one is reckoned anew each quarter of an hour, since that is how zones differ: what
was interrupted or missed is done by the next run, and nothing needs to be remembered. A workspace goes whole,
by the keys of what is in it; its files are left to the daily search for those that nobody keeps.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from ..events.erasure import forget_words
from ..jobs.types import JobType, Schedule
from ..persistence.scope import Scope
from ..persistence.types import UtcDateTime
from ..persistence.uow import Reader
from ..preferences.locales import timezones
from ..preferences.preferences import LOCALE
from ..tenancy.models import Workspace
from ..tenancy.rule import unscoped
from ..tenancy.service import purge_workspace
from .models import TrashItem
from .policy import RETENTION

if TYPE_CHECKING:
    from ..kernel import Kernel

log = logging.getLogger("pronaflow.trash")

AT_ONCE = 100
"""Records of one transaction; on SQLite all writers wait for it."""

FIRST = "00000000-0000-0000-0000-000000000000"
"""Less than every id."""

_WHY = "the time in the trash is over whose ever it was"
_BEFORE = bindparam("before", type_=UtcDateTime())
_DUE = (Workspace.lifecycle == "trashed", Workspace.trashed_at <= _BEFORE)

_WORKSPACES = unscoped(_WHY, select(Workspace.id).where(*_DUE).order_by(Workspace.id))
_WITH_RECORDS = unscoped(
    _WHY,
    select(TrashItem.workspace_id)
    .where(TrashItem.expires_at <= bindparam("now", type_=UtcDateTime()))
    .distinct(),
)


def trash_jobs(kernel: Kernel) -> list[JobType]:
    """What is done about the trash in the background."""

    def empty(_reader: Reader, _args: Mapping[str, Any]) -> None:
        now = kernel.clock.now()
        with kernel.db.read(Scope.system()) as reader:
            workspaces = [row["id"] for row in reader.all(_WORKSPACES, before=now - RETENTION)]
            places = [row["workspace_id"] for row in reader.all(_WITH_RECORDS, now=now)]
        for workspace_id in workspaces:
            _purge(kernel, workspace_id)
        for workspace_id in set(places) - set(workspaces):
            _empty(kernel, workspace_id)

    return [JobType("empty_trash", empty, mode="external", schedules=(Schedule("*/15 * * * *"),))]


def last_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the day that it is in a time zone."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _zone(kernel: Kernel, reader: Reader) -> ZoneInfo:
    """The time zone of the reader's workspace."""
    named = kernel.preferences.policy(reader, LOCALE).values.get("timezone")
    return ZoneInfo(named) if named in timezones() else kernel.preferences.default_locale().timezone


def _purge(kernel: Kernel, workspace_id: str) -> None:
    """Delete a workspace, unless somebody restored it meanwhile."""
    with kernel.db.write(Scope.system(workspace_id), origin="system") as uow:
        row = uow.get(Workspace, workspace_id, trashed=True, lock=True)
        if row["lifecycle"] != "trashed" or row["trashed_at"] > uow.now - RETENTION:
            return
        purge_workspace(uow, row)
        # Nobody could reach those words any more, not even to erase them: who was a member is forgotten too.
        forget_words(uow, [workspace_id])
    log.info("Workspace %s was deleted for good", workspace_id)


def _empty(kernel: Kernel, workspace_id: str) -> None:
    """Delete the records of a workspace whose time was over at its last midnight, unless it keeps all."""
    with kernel.db.read(Scope.system(workspace_id)) as reader:
        if not kernel.trash.policy(reader).purges:
            return
        before = last_midnight(kernel.clock.now(), _zone(kernel, reader))
    after: str | None = FIRST
    while after is not None:
        with kernel.db.write(Scope.system(workspace_id), origin="system") as uow:
            after = kernel.trash.purge_expired(uow, before, after, AT_ONCE)
