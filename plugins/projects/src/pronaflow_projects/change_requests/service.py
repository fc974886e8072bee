"""Rules of change requests (modules.md 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    Context,
    Forbidden,
    NotFound,
    Page,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    load,
)

from ..governance import STRICT
from ..lifecycle import writable
from ..models import Project
from ..schemas import check_dates
from ..service import ProjectService
from . import queries
from .events import CREATED, UPDATED, payload_of
from .lists import NewLists
from .machine import check_open
from .models import ChangeRequest
from .moving import move
from .schemas import WISH

_TOLD = ("title", "scope")
"""Fields whose changes events tell; the others hold words of people, or money."""


class ChangeRequestService:
    """Change requests of projects.

    Arguments:
        ctx: of the plugin.
        projects: applies what is approved.
    """

    def __init__(self, ctx: Context, projects: ProjectService) -> None:
        self._ctx = ctx
        self._projects = projects

    def page(self, reader: Reader, project_id: str, query: Mapping[str, Any]) -> Page:
        """The change requests of a project."""
        filters = {name: query[name] for name in ("status", "scope", "created_by")}
        page = queries.REQUESTS.page(reader, query, filters, project_id=project_id)
        return replace(page, rows=[self._show(reader, request) for request in page.rows])

    def get(self, reader: Reader, project_id: str, request_id: str) -> Row:
        """One of them.

        Raises:
            NotFound: it is none of this project.
        """
        return self._show(reader, self._load(reader, project_id, request_id))

    def create(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Row:
        """Ask for a change, or draft it.

        Raises:
            Conflict: the project is finished or archived.
            ValidationFailed: the project cannot be as asked for.
            Forbidden: the caller asks for a budget and does not see it.
        """
        project = writable(uow.get(Project, project_id), on_hold=True)
        wishes = self._checked(uow, project, body["requested_changes"])
        values = {**body, "requested_changes": wishes, "project_id": project_id}
        values["created_by"] = uow.scope.principal.user_id
        self._ctx.hooks.check_change(uow, "change_request", None, values)
        request = uow.insert(ChangeRequest, values)
        uow.publish(CREATED, request["id"], payload_of(request), container_id=project_id)
        return self._show(uow, request)

    def update(self, uow: UnitOfWork, project_id: str, request_id: str, body: Mapping[str, Any]) -> Row:
        """Word a request anew, submit a draft, or tell that what was approved is done.

        Raises:
            Forbidden: somebody else asks for it.
            Conflict: it was decided on.
            InvalidRequest: it cannot move so.
            ValidationFailed: as in `create`.
        """
        request = self._load(uow, project_id, request_id)
        if request["created_by"] != uow.scope.principal.user_id:
            raise Forbidden("Only who asks for a change words it")
        changes = {name: value for name, value in body.items() if name != "status"}
        if changes:
            check_open(request)
            project = writable(uow.get(Project, project_id), on_hold=True)
            if "requested_changes" in changes:
                changes["requested_changes"] = self._checked(uow, project, changes["requested_changes"])
            request = self._word(uow, request, changes)
        wanted = body.get("status", request["status"])
        if wanted != request["status"]:
            done = {"implemented_at": uow.now} if wanted == "implemented" else {}
            request = move(uow, request, wanted, done)
        return self._show(uow, request)

    def withdraw(self, uow: UnitOfWork, project_id: str, request_id: str) -> Row:
        """Cancel a request, as who asks for it or who runs the project.

        Raises:
            Forbidden: the caller is neither.
            InvalidRequest: it was decided on.
        """
        request = self._load(uow, project_id, request_id)
        if request["created_by"] != uow.scope.principal.user_id:
            self._ctx.access.authorize(uow, "projects.update", container_id=project_id)
        return self._show(uow, move(uow, request, "cancelled"))

    def discard(self, uow: UnitOfWork, request_id: str) -> None:
        """`withdraw`, whatever the path says."""
        self.withdraw(uow, uow.get(ChangeRequest, request_id)["project_id"], request_id)

    def decide(self, uow: UnitOfWork, project_id: str, request_id: str, body: Mapping[str, Any]) -> Row:
        """Approve a request, which applies what it asks for at once, or reject it.

        Raises:
            Forbidden: the caller does not decide on it.
            InvalidRequest: it waits for no decision.
            Conflict: the project has changed so that it cannot be as asked for.
        """
        request = self._load(uow, project_id, request_id)
        project = uow.get(Project, project_id, lock=True)
        self._check_approver(uow, project, request)
        decided = {
            "reviewer_id": uow.scope.principal.user_id,
            "reviewer_notes": body["reviewer_notes"],
            "reviewed_at": uow.now,
        }
        request = move(uow, request, "approved" if body["approved"] else "rejected", decided)
        if body["approved"] and request["requested_changes"]:
            self._apply(uow, project_id, request["requested_changes"])
            request = move(uow, request, "implemented", {"implemented_at": uow.now})
        return self._show(uow, request)

    def _check_approver(self, uow: UnitOfWork, project: Row, request: Row) -> None:
        """In simple mode managers decide, also on what they ask for; in strict mode others than who asks.

        Raises:
            Forbidden: as said, or the caller does not see the budget that is asked for.
        """
        if "budget" in request["requested_changes"]:
            self._ctx.access.authorize(uow, "projects.money", container_id=project["id"])
        if project["governance_mode"] != STRICT:
            self._ctx.access.authorize(uow, "projects.update", container_id=project["id"])
            return
        if request["created_by"] == uow.scope.principal.user_id:
            raise Forbidden("In strict mode somebody else decides than who asks")
        if uow.scope.workspace_role in ("owner", "admin"):
            return
        if not uow.value(queries.APPROVER, project_id=project["id"]):
            raise Forbidden("In strict mode the workspace's admins and the project's approvers decide")

    def _apply(self, uow: UnitOfWork, project_id: str, wishes: Mapping[str, Any]) -> None:
        """Make the project as asked for; the approval stands for what strict mode demands."""
        try:
            changes: dict[str, Any] = dict(load(WISH, wishes))
            lists = changes.pop("new_task_lists", None)
            self._projects.update(uow, project_id, changes, approved=True)
        except ValidationFailed as refusal:
            words = "The project has changed since, and cannot be as asked for"
            raise Conflict(words, details=refusal.details) from refusal
        if lists:
            self._lists(uow).make_lists(uow, project_id, lists)

    def _lists(self, uow: UnitOfWork) -> NewLists:
        """Who makes task lists.

        Raises:
            Conflict: nobody does here.
        """
        service = self._ctx.services.get(NewLists, uow)
        if service is None:
            raise Conflict(
                "Nobody keeps task lists here", details={"field": "requested_changes.new_task_lists"}
            )
        return service

    def _checked(self, uow: UnitOfWork, project: Row, wishes: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked for, to be stored."""
        if "budget" in wishes:
            self._ctx.access.authorize(uow, "projects.money", container_id=project["id"])
        if "new_task_lists" in wishes:
            self._lists(uow)
        start, end = (wishes.get(name, project[name]) for name in ("start_date", "end_date"))
        check_dates(start, end, field="requested_changes.end_date")
        stored: dict[str, Any] = WISH.dump(wishes)
        return stored

    def _word(self, uow: UnitOfWork, request: Row, changes: Mapping[str, Any]) -> Row:
        if any(request[name] != value for name, value in changes.items()):
            self._ctx.hooks.check_change(uow, "change_request", request, changes)
        update = uow.update(ChangeRequest, request, changes)
        if update.changes:
            told = {name: update.changes[name] for name in _TOLD if name in update.changes}
            payload, where = payload_of(update.row), request["project_id"]
            uow.publish(UPDATED, request["id"], payload, changes=told, container_id=where)
        return update.row

    def _load(self, reader: Reader, project_id: str, request_id: str) -> Row:
        request = reader.one(queries.ONE, project_id=project_id, id=request_id)
        if request is None:
            raise NotFound(f"Change request {request_id} was not found")
        return request

    def _show(self, reader: Reader, request: Row) -> Row:
        """A row as shown, its wishes in an order that no database decides."""
        wishes, where = dict(sorted(request["requested_changes"].items())), request["project_id"]
        if "budget" in wishes and not self._ctx.access.may(reader, "projects.money", container_id=where):
            wishes["budget"] = None
        approved = request["status"] in ("approved", "implemented")
        decided_at = request["reviewed_at"] if approved else None
        return {**request, "requested_changes": wishes, "approved_at": decided_at}
