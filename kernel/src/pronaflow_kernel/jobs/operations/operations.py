"""The jobs that people wait for, as they see them: list, look, cancel.

Everybody sees the own ones, admins and owners of a workspace all of it. What a job says in words, and what
it answers, may tell of a project that only its members know; that is shown to whoever started it and nobody
else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, or_, select

from ...errors import Conflict, NotFound
from ...persistence.listing import Listing
from ...persistence.scope import SCOPE_ROLE, SCOPE_USER, SCOPE_WORKSPACE
from ...persistence.types import Id
from ...persistence.uow import Reader, Row, UnitOfWork
from ...records.resources import Resource
from ...web.answers import Page
from ..models import LEASED, Job
from .models import CANCELLED, RUNNING, WAITING, Operation
from .reports import KEPT

MANAGERS = ("owner", "admin")
"""Workspace roles that see and cancel the jobs of all."""

_OWN = ("title", "message", "result", "error")
"""Columns that are shown to whoever started a job."""

_MINE = Operation.user_id == SCOPE_USER
_SEEN = select(
    *(column for column in Operation.__table__.c if column.name not in _OWN),
    *(case((_MINE, Operation.__table__.c[name])).label(name) for name in _OWN),
).where(Operation.workspace_id == SCOPE_WORKSPACE, or_(_MINE, SCOPE_ROLE.in_(MANAGERS)))
_ONE = _SEEN.where(Operation.id == bindparam("id", type_=Id()))
_LIST = Listing(
    _SEEN,
    id=Operation.id,
    filters={"status": Operation.status == bindparam("status"), "kind": Operation.kind == bindparam("kind")},
    sorts={"created_at": Operation.created_at},
    default="-created_at",
)
_TAKE_OUT = delete(Job).where(
    Job.workspace_id == SCOPE_WORKSPACE,
    and_(Job.operation_id == bindparam("operation", type_=Id()), Job.state != LEASED),
)


def _refuse(uow: UnitOfWork, row_id: str) -> None:
    raise Conflict("A job is cancelled, not deleted; its row goes a week after its end")


JOB = Resource("job", Operation, title="title", url="/api/v1/jobs/{id}", trash=_refuse)
"""What the kernel must know of jobs to find the workspace of one."""


def page(reader: Reader, query: Mapping[str, Any]) -> Page:
    """Those of the workspace that the caller may see.

    Arguments:
        query: of a page, with `status` and `kind`.
    """
    return _LIST.page(reader, query, {name: query[name] for name in ("status", "kind")})


def get(reader: Reader, job_id: str) -> Row:
    """One of them.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    row = reader.one(_ONE, id=job_id)
    if row is None:
        raise NotFound
    return row


def cancel(uow: UnitOfWork, job_id: str) -> Row:
    """Take a job out that waits, or ask one to stop that runs; once more changes nothing.

    Raises:
        NotFound: as `get`.
        Conflict: it has ended.
        StaleRow: it changed at this moment.
    """
    row = get(uow, job_id)
    if row["status"] == WAITING:
        ended = {"status": CANCELLED, "cancel_asked": False}
        ended |= {"finished_at": uow.clock.now(), "expires_at": uow.clock.now() + KEPT}
        row = uow.update(Operation, row, ended).row
        uow.execute(_TAKE_OUT, operation=job_id)
    elif row["status"] == RUNNING:
        row = uow.update(Operation, row, {"cancel_asked": True}).row
    elif row["status"] != CANCELLED:
        raise Conflict(f"The job has {row['status']}: only one that waits or runs can be cancelled")
    return row
