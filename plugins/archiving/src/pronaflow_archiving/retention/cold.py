"""Cold storage: old events in files of compressed JSON lines, out of the database and still exportable.

One file and the deletion of its events are one transaction, so that a run which is killed has moved a row
entirely or not at all; the next run goes on. Files hold what the ledger holds, ids and no addresses: those
stay in the database, where a person is forgotten at once.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

import orjson

from pronaflow_kernel.api import (
    Context,
    JobType,
    Reader,
    Row,
    Schedule,
    Scope,
    UnitOfWork,
    audit_row,
    let_go_of_events,
    oldest_events,
)

from . import queries
from .models import ColdFile

AT_ONCE = 5_000
"""Events of a file; as many are in memory while it is read."""
NAME = "Deleted User"
_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
_MOVE = "move_to_cold_storage"


class ColdStorage:
    """Moves events, and reads them again.

    Arguments:
        ctx: of the plugin; at_once: events of a file.
    """

    def __init__(self, ctx: Context, at_once: int = AT_ONCE) -> None:
        self._ctx, self._at_once = ctx, at_once

    def job(self) -> JobType:
        """The daily run."""
        return JobType(
            _MOVE, self._run, mode="external", queue="reports", schedules=(Schedule("41 3 * * *"),)
        )

    def _run(self, reader: Reader, _args: Mapping[str, Any]) -> None:
        for rule in reader.all(queries.MOVING):
            before = reader.clock.now() - timedelta(days=rule["cold_after_days"])
            while self._move(Scope.system(rule["workspace_id"]), before):
                pass

    def _move(self, scope: Scope, before: datetime) -> bool:
        """Move a file full of events; whether there may be more."""
        with self._ctx.db.read(scope) as reader:
            rows = oldest_events(reader, before, self._at_once)
        if not rows:
            return False
        stored = self._ctx.files.put(io.BytesIO(_packed(rows)))
        with self._ctx.db.write(scope, origin="system") as uow:
            self._ctx.files.keep(uow, stored)
            kept = {"file_key": stored.key, "size": stored.size, "sha256": stored.sha256}
            span = {"first_at": rows[0]["occurred_at"], "last_at": rows[-1]["occurred_at"]}
            uow.insert(ColdFile, {**kept, **span, "rows": len(rows)})
            gone = let_go_of_events(uow, [row["id"] for row in rows])
            if gone != len(rows):
                raise RuntimeError("other events were there a moment ago: another run moves them, too")
        return len(rows) == self._at_once

    def entries(
        self, scope: Scope, view: Any, asked: Mapping[str, Any], filters: Mapping[str, Any]
    ) -> Iterator[Row]:
        """Entries of the audit trail that were moved, newest first.

        Arguments:
            view, asked: as the export was asked for; filters: what they mean for the ledger.
        """
        with self._ctx.db.read(scope) as reader:
            span = {"start": filters["start"], "end": filters["end"]}
            named = {} if view == "workspace" else {"named": filters["workspace_id"]}
            files = reader.all(queries.FILES[view], **span, **named)
            seen = self._ctx.audit.visible(reader) if view == "workspace" and files else None
        fits = partial(
            _fits, filters=filters, seen=seen, owner=scope.principal.user_id if view == "own" else None
        )
        for file in files:
            rows = [row for row in reversed(self._read(file["file_key"])) if fits(row)]
            yield from self._complete(scope, rows)

    def forget(self, uow: UnitOfWork, user_id: str) -> int:
        """Take a person's names out of the files of their workspaces, and delete files of workspaces that go.

        Returns:
            How many files were written anew.
        """
        files = uow.all(queries.OF_USER, user_id=user_id)
        if not files:
            return 0
        words, alone = self._ctx.personal_data.traces(uow, user_id)
        replaced = _replacing(words)
        scope, written = uow.scope, 0
        for file in files:
            uow.enter(replace(scope, workspace_id=file["workspace_id"]))
            if file["workspace_id"] in alone:
                uow.remove(ColdFile, file)
                self._ctx.files.forget(uow, file["file_key"])
            else:
                written += self._rewrite(uow, file, replaced)
        uow.enter(scope)
        return written

    def _rewrite(self, uow: UnitOfWork, file: Row, replaced: Callable[[str], str]) -> int:
        text = gzip.decompress(self._bytes(file["file_key"])).decode()
        lines = [replaced(line) for line in text.splitlines(keepends=True)]
        if "".join(lines) == text:
            return 0
        stored = self._ctx.files.put(io.BytesIO(gzip.compress("".join(lines).encode(), mtime=0)))
        self._ctx.files.keep(uow, stored)
        uow.update(ColdFile, file, {"file_key": stored.key, "size": stored.size, "sha256": stored.sha256})
        self._ctx.files.forget(uow, file["file_key"])
        return 1

    def _read(self, key: str) -> list[Row]:
        return [orjson.loads(line) for line in gzip.decompress(self._bytes(key)).splitlines()]

    def _bytes(self, key: str) -> bytes:
        with self._ctx.files.open(key) as stream:
            return stream.read()

    def _complete(self, scope: Scope, rows: list[Row]) -> Iterator[Row]:
        """Rows in the words of audit logs, with what the database still knows of who acted from where."""
        ids = sorted({row["caller_id"] for row in rows if row["caller_id"]})
        callers: dict[str, Row] = {}
        if ids:
            with self._ctx.db.read(scope) as reader:
                callers = {row["id"]: row for row in reader.all(queries.CALLERS, ids=ids)}
        for row in rows:
            caller = callers.get(row["caller_id"], {})
            yield audit_row({**row, "user_email": caller.get("email"), "ip_address": caller.get("ip")})


def _packed(rows: Iterable[Row]) -> bytes:
    return gzip.compress(b"".join(orjson.dumps(row, option=_LINE) for row in rows), mtime=0)


def _fits(row: Row, filters: Mapping[str, Any], seen: frozenset[str] | None, owner: str | None) -> bool:
    """Whether a row of a file is one that the filters leave."""
    row["occurred_at"] = datetime.fromisoformat(row["occurred_at"])
    columns = {
        "user_id": "user_id",
        "workspace_id": "workspace_id",
        "resource_id": "aggregate_id",
        "aggregate_type": "aggregate_type",
    }
    wanted = all(filters[name] in (None, row[column]) for name, column in columns.items())
    wanted = wanted and (filters["types"] is None or row["type"] in filters["types"])
    wanted = wanted and (filters["start"] is None or row["occurred_at"] >= filters["start"])
    wanted = wanted and (filters["end"] is None or row["occurred_at"] < filters["end"])
    wanted = wanted and (owner is None or row["user_id"] == owner)
    return wanted and (seen is None or row["container_id"] is None or row["container_id"] in seen)


def _replacing(words: Iterable[str]) -> Callable[[str], str]:
    """Puts another name in place of these in a line; of a workspace's own events alone, where names stand.

    A mail address is nothing else anywhere; a short user name may be a word of the language.
    """
    spelled = sorted({orjson.dumps(word).decode()[1:-1] for word in words if word}, key=len, reverse=True)
    every = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in spelled), re.IGNORECASE)
    mails = re.compile("|".join(re.escape(word) for word in spelled if "@" in word) or r"(?!)", re.IGNORECASE)

    def replaced(line: str) -> str:
        own = cast("Row", orjson.loads(line))["aggregate_type"] == "Workspace"
        return (every if own else mails).sub(NAME, line)

    return replaced
