"""From issues to tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from pronaflow_integrations.api import Connections
from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Conflict,
    Context,
    IdType,
    JobType,
    NotFound,
    Reader,
    Row,
    Schedule,
    Scope,
    UnitOfWork,
    ValidationFailed,
    unscoped,
)
from pronaflow_tasks.api import CLOSED, Tasks

from .github import Refused, changed, pages
from .models import Link

SOURCE = "github"
TITLE, LABEL, PROBLEM = 255, 50, 300
"""Longest texts, in characters."""
LABELS = 50
"""Tags of a task."""

OF_PROJECT = select(Link.__table__).where(
    Link.workspace_id == SCOPE_WORKSPACE, Link.project_id == bindparam("project_id", type_=IdType())
)
_NEXT = unscoped(
    "every hour the links of all workspaces are gone through",
    select(Link.id, Link.workspace_id)
    .where(Link.id > bindparam("after", type_=IdType()))
    .order_by(Link.id)
    .limit(100),
)
_FIRST = "00000000-0000-0000-0000-000000000000"
_UNFIT = (Conflict, ValidationFailed, NotFound, KeyError, TypeError, ValueError)
"""What keeps one issue from becoming a task, or changing it: a rule of the project, or that it is none."""


class Sync:
    """The work in the background.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def jobs(self) -> list[JobType]:
        """One link, and all of them every hour."""
        hourly = (Schedule("41 * * * *"),)
        return [
            JobType("sync", self.run, mode="external"),
            JobType("sync_all", self.run_all, mode="external", schedules=hourly),
        ]

    def run_all(self, _reader: Reader, _args: Mapping[str, Any]) -> None:
        """Hand in a job for each link whose workspace has the plugin."""
        after = _FIRST
        while due := self._after(after):
            for row in due:
                with self._ctx.db.write(Scope.system(row["workspace_id"]), origin="system") as uow:
                    if uow.is_on("github_sync", row["workspace_id"]):
                        self._ctx.jobs.enqueue(uow, "sync", {"link_id": row["id"]}, dedup_key=row["id"])
            after = due[-1]["id"]

    def run(self, reader: Reader, args: Mapping[str, Any]) -> Row | None:
        """Take what has changed, a page in a transaction; what it comes to is the job's result.

        Raises:
            Retry: GitHub asks for patience; what was taken so far stays.
        """
        with self._ctx.db.read(reader.scope) as fresh:
            try:
                link = fresh.get(Link, args["link_id"])
            except NotFound:
                return None
            token = self._ctx.services.require(Connections).access_token(fresh, link["created_by"], SOURCE)
        taken = 0
        problems: list[str] = []
        try:
            for found in pages(self._ctx, link["repository"], token, link["since"]):
                issues = [issue for issue in found if "pull_request" not in issue]
                with self._ctx.db.write(reader.scope, origin="import") as uow:
                    current = uow.get(Link, link["id"], lock=True)
                    if current["repository"] != link["repository"]:
                        return None  # it was linked with another one meanwhile, which has a job of its own
                    fresh_ones, wrong = self._take(uow, link, issues)
                    latest = max((changed(issue) for issue in found), default=current["since"])
                    values = {"since": latest, "issues": current["issues"] + fresh_ones}
                    uow.update(Link, current, values)
                taken, problems = taken + len(issues), problems + wrong
                self._ctx.jobs.progress(taken)
        except Refused as error:
            problems.append(str(error))
        except NotFound:
            return None  # unlinked meanwhile
        with self._ctx.db.write(reader.scope, origin="system") as uow:
            problem = "; ".join(problems)[:PROBLEM] or None
            uow.update(Link, uow.get(Link, link["id"], lock=True), {"synced_at": uow.now, "problem": problem})
        return {"issues": taken, "problem": problem}

    def _after(self, link_id: str) -> list[Row]:
        with self._ctx.db.read(Scope.system()) as reader:
            return reader.all(_NEXT, after=link_id)

    def _take(self, uow: UnitOfWork, link: Row, issues: Sequence[Any]) -> tuple[int, list[str]]:
        """Make and change tasks; how many are new, and what went wrong."""
        tasks, made, problems = self._ctx.services.require(Tasks), 0, []
        names = {f"{link['project_id']}/{link['repository']}#{issue['number']}": issue for issue in issues}
        known = tasks.find_external(uow, SOURCE, names)
        for name, issue in names.items():
            task = known.get(name)
            try:
                with uow.savepoint():
                    if task is None:
                        values = {**_content(issue), **_origin(issue), "project_id": link["project_id"]}
                        values |= {"created_by": link["created_by"], "external": (SOURCE, name, {})}
                        tasks.create(uow, values)
                        made += 1
                    elif task["lifecycle"] == "active":
                        tasks.update(uow, task["id"], {**_content(issue), **_progress(issue, task)})
            except _UNFIT as error:
                problems.append(f"issue {issue['number']}: {error}")
        return made, problems


def _content(issue: Any) -> Row:
    """What GitHub has the say about."""
    labels = [label if isinstance(label, str) else str(label["name"]) for label in issue["labels"]]
    address = str(issue["html_url"])
    return {
        "title": _plain(issue["title"])[:TITLE] or f"Issue {issue['number']}",
        "description": "\n\n".join(filter(None, [_plain(issue["body"] or ""), address])),
        "tags": sorted({_plain(label)[:LABEL] for label in labels} - {""})[:LABELS],
    }


def _origin(issue: Any) -> Row:
    """Of a new task: when it came up, and whether it is done already."""
    values: Row = {"created_at": datetime.fromisoformat(issue["created_at"])}
    if issue["state"] == "closed":
        values |= _closed(issue)
    return values


def _progress(issue: Any, task: Row) -> Row:
    """Of a task that there is: that it was closed or opened again; in between it is the project's."""
    if issue["state"] == "closed":
        return {} if task["status"] in CLOSED else _closed(issue)
    return {"status": "todo"} if task["status"] in CLOSED else {}


def _closed(issue: Any) -> Row:
    if issue.get("state_reason") == "not_planned":
        return {"status": "cancelled"}
    return {"status": "completed", "completed_at": datetime.fromisoformat(issue["closed_at"])}


def _plain(text: Any) -> str:
    """A text without what no database stores."""
    return str(text).replace("\0", "").strip()
