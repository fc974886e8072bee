"""Jobs that people wait for over HTTP, under `/api/v1/jobs`."""

from __future__ import annotations

from ...web.blueprint import Blueprint
from ...web.targets import WORKSPACE, in_path
from .operation_handlers import cancel_job, get_job, list_jobs
from .operation_schemas import JobOut, JobQuery


def build() -> Blueprint:
    """The blueprint under `/api/v1/jobs`."""
    summary = "Work in the background that somebody waits for: how far it is, how it ended, and stopping it"
    blp = Blueprint("core", url_prefix="/api/v1/jobs", tag="Jobs", summary=summary, name="jobs")
    blp.endpoint(
        "GET", "", permission="jobs.read", target=WORKSPACE, query=JobQuery, returns=JobOut, many=True
    )(list_jobs)
    one = in_path("job")
    blp.endpoint("GET", "/<id:job_id>", permission="jobs.read", target=one, returns=JobOut, resource="job")(
        get_job
    )
    blp.endpoint(
        "POST", "/<id:job_id>/cancel", permission="jobs.cancel", target=one, returns=JobOut, resource="job"
    )(cancel_job)
    return blp
