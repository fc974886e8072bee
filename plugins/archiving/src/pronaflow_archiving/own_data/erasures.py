"""Forgetting somebody at the wish of an administrator, with a certificate of what was done.

The request is a row; a job does it in one transaction, so that a server that is killed in the middle has done
nothing, and does it when it runs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Download,
    JobType,
    KernelError,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
)

from . import queries
from .events import ERASURE_ENDED, ERASURE_REQUESTED
from .models import DONE, REFUSED, WAITING, ErasureRequest

URL = "/api/v1/compliance/erasures"
_ERASE = "erase"


class Erasures:
    """Takes requests and does them.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def begin(self, uow: UnitOfWork, user_id: str) -> Row:
        """Have somebody forgotten.

        Raises:
            NotFound: there is no such account, or it is forgotten already.
        """
        person = uow.one(queries.PERSON, user_id=user_id)
        if person is None or person["status"] == "deleted":
            raise NotFound(f"User {user_id} was not found")
        values = {"user_id": user_id, "asked_by": uow.scope.principal.user_id, "status": WAITING}
        ends = {"problem": None, "certificate": None, "created_at": uow.now, "finished_at": None}
        row = uow.insert(ErasureRequest, {**values, **ends})
        _tell(uow, ERASURE_REQUESTED, row)
        self._ctx.jobs.enqueue(uow, _ERASE, {"erasure_id": row["id"]})
        return shown(row)

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """What the caller asked for."""
        page = queries.ERASURES.page(reader, query)
        for row in page.rows:
            shown(row)
        return page

    def get(self, reader: Reader, erasure_id: str) -> Row:
        """One of them.

        Raises:
            NotFound: there is none, or somebody else asked for it.
        """
        row = reader.one(queries.ERASURE, id=erasure_id)
        if row is None:
            raise NotFound(f"Erasure {erasure_id} was not found")
        return shown(row)

    def certificate(self, reader: Reader, erasure_id: str) -> Download:
        """What was done.

        Raises:
            NotFound: as `get`.
            Conflict: it is not done, or was refused.
        """
        row = self.get(reader, erasure_id)
        if row["certificate"] is None:
            raise Conflict(f"There is no certificate: the erasure is {row['status']}")
        whole = {"erasure_id": row["id"], "asked_by": row["asked_by"], **row["certificate"]}
        content = orjson.dumps(whole, option=orjson.OPT_INDENT_2)
        return Download(f"erasure_{row['id']}.json", "application/json", content, size=len(content))

    def jobs(self) -> list[JobType]:
        """Doing it."""
        return [JobType(_ERASE, self._erase)]

    def _erase(self, uow: UnitOfWork, args: Mapping[str, Any]) -> None:
        row = uow.one(queries.OPEN, id=args["erasure_id"])
        if row is None or row["status"] != WAITING:
            return
        ended: dict[str, Any] = {"status": DONE, "finished_at": uow.now}
        try:
            with uow.savepoint():
                ended["certificate"] = self._ctx.personal_data.erase(uow, row["user_id"], "operator")
        except KernelError as error:
            if error.status >= 500:
                raise  # a plugin failed, and may do better when it is tried again
            ended |= {"status": REFUSED, "problem": error.message}
        _tell(uow, ERASURE_ENDED, uow.update(ErasureRequest, row, ended).row)


def shown(row: Row) -> Row:
    """A row with the address of its certificate."""
    row["certificate_url"] = f"{URL}/{row['id']}/certificate" if row["certificate"] else None
    return row


def _tell(uow: UnitOfWork, event: Any, row: Row) -> None:
    payload = {"user_id": row["user_id"], "erasure_id": row["id"], "status": row["status"]}
    uow.publish(event, row["user_id"], payload)
