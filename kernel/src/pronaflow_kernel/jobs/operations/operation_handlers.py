"""What the routes of jobs do."""

from __future__ import annotations

from ...persistence.uow import Reader, Row, UnitOfWork
from ...web.answers import Answer, Page
from . import operations
from .models import CANCELLED


def list_jobs(reader: Reader, query: Row) -> Page:
    """List the jobs that you have started in a workspace; its owners and admins see those of all.

    Jobs that began by themselves, because something happened or a time came, are not among them.
    """
    return operations.page(reader, query)


def get_job(reader: Reader, job_id: str) -> Row:
    """Show how far a job is, and how it ended.

    Ask again with `If-None-Match` while `status` is `waiting` or `running`, once a second at most: progress
    is not written more often.
    """
    return operations.get(reader, job_id)


def cancel_job(uow: UnitOfWork, job_id: str) -> Answer:
    """Cancel a job: one that waits is taken out, one that runs is asked to stop.

    A job that runs ends as `cancelled` when it next tells how far it is; one that tells nothing more goes on
    to its end. What it has done until then is not undone. Cancelling again changes nothing; for a job that
    has ended in another way the answer is 409.
    """
    row = operations.cancel(uow, job_id)
    stopped = row["status"] == CANCELLED
    return Answer(row, "The job is cancelled" if stopped else "The job was asked to stop")
