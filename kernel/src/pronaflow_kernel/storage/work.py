"""Removing files that nobody needs: at once what was forgotten, once a day what was left behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, bindparam, delete, exists, select

from ..jobs.types import JobType, Schedule
from ..persistence.scope import Scope
from ..persistence.types import UtcDateTime
from ..persistence.uow import Reader
from ..tenancy.rule import unscoped
from .files import DELETE
from .models import KeptFile

if TYPE_CHECKING:
    from ..kernel import Kernel

log = logging.getLogger("pronaflow.files")

PATIENCE = timedelta(days=1)
"""How long after it was put a file may still be kept; far longer than any transaction."""

AT_ONCE = 500
"""Files that are looked at together."""

_WHY = "whether a file is kept does not depend on whose it is"
_KEPT = unscoped(_WHY, select(KeptFile.key).where(KeptFile.key.in_(bindparam("found", expanding=True))))


def file_jobs(kernel: Kernel) -> list[JobType]:
    """What is done about files in the background."""

    def delete_one(_reader: Reader, args: Mapping[str, Any]) -> None:
        kernel.store.delete(args["key"])

    def remove_orphans(_reader: Reader, _args: Mapping[str, Any]) -> None:
        before = kernel.clock.now() - PATIENCE
        loosened = sum(_loosen(kernel, statement, before) for statement in loosening(kernel))
        removed = sum(1 for _ in _orphans(kernel, before))
        cleared = kernel.store.clear(before)
        if loosened or removed or cleared:
            log.info("Files: %d rows, %d files and %d unfinished ones removed", loosened, removed, cleared)

    daily = Schedule("37 2 * * *")
    return [
        JobType(DELETE, delete_one, mode="external"),
        JobType("remove_orphaned_files", remove_orphans, mode="external", schedules=(daily,)),
    ]


def loosening(kernel: Kernel) -> Iterator[Any]:
    """Statements that delete the rows of files to which no table of their plugin refers.

    Only plugins that run are asked: the files of one that failed, is switched off, or was removed without its
    data stay. One that is off may have no tables any more, and its code still in this process.
    """
    for plugin_id, contribution in kernel.contributions.items():
        if not kernel.switches.active(plugin_id):
            continue
        models: MetaData | None = contribution.models
        columns = [
            column
            for table in (models.tables.values() if models is not None else ())
            for column in table.columns
            if any(key.target_fullname == f"{KeptFile.__tablename__}.key" for key in column.foreign_keys)
        ]
        if columns:
            yield _loosening(plugin_id, columns)


def _loosening(plugin_id: str, columns: list[Any]) -> Any:
    table = KeptFile.__table__
    old = (
        select(table.c.key)
        .where(
            table.c.plugin_id == plugin_id,
            table.c.bundled.is_(False),
            table.c.created_at <= bindparam("before", type_=UtcDateTime()),
            *(~exists().where(column == table.c.key) for column in columns),
        )
        .limit(AT_ONCE)
    )
    return unscoped(_WHY, delete(KeptFile).where(KeptFile.key.in_(old)))


def _loosen(kernel: Kernel, statement: Any, before: datetime) -> int:
    total, gone = 0, AT_ONCE
    while gone == AT_ONCE:
        with kernel.db.write(Scope.system(), origin="system") as uow:
            gone = uow.execute(statement, before=before)
        total += gone
    return total


def _orphans(kernel: Kernel, before: datetime) -> Iterator[str]:
    """Delete what the store has and no row keeps; yields the keys."""
    keys = kernel.store.keys(before)
    while found := list(islice(keys, AT_ONCE)):
        with kernel.db.read(Scope.system()) as reader:
            kept = {row["key"] for row in reader.all(_KEPT, found=found)}
        for key in found:
            if key not in kept:
                kernel.store.delete(key)
                yield key
