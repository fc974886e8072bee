"""Rules of projects. Nothing here commits; whoever opened the unit of work does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from pronaflow_kernel.api import (
    Answer,
    Conflict,
    Context,
    Forbidden,
    NotFound,
    Page,
    Reader,
    Row,
    StaleRow,
    UnitOfWork,
    Update,
    folded,
    invalid,
    literal,
    tenancy,
)
from pronaflow_workspaces.api import WorkspaceSettings, tag_norm

from . import governance, lifecycle, queries
from .api import ProjectInfo, TaskCounts
from .change_requests.moving import cancel_pending
from .counts import Counts
from .events import (
    MEMBER_ADDED,
    PROJECT_CREATED,
    PROJECT_DELETED,
    PROJECT_RESTORED,
    PROJECT_STATUS_CHANGED,
    PROJECT_UPDATED,
    project_payload,
)
from .health.service import HealthService
from .lifecycle import unarchived, writable
from .models import Project, ProjectMember
from .schemas import MONEY, check_dates
from .settings.values import of as settings_of
from .tags import service as tags

_NUMBERS = ((3, range(2, 1000)), (2, range(1000, 10_000)), (1, range(10_000, 100_000)))
"""How many letters of a name stand before which numbers, so that a key has at most six characters."""

_INFO = tuple(ProjectInfo.__dataclass_fields__)


class ProjectService:
    """Projects; fulfils the Protocol `Projects`.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._health = HealthService(ctx)
        self._tags = tags.ProjectTags(ctx)

    # What other plugins use

    def get(self, reader: Reader, project_id: str) -> ProjectInfo:
        """See `api.Projects`."""
        return _info(reader.get(Project, project_id))

    def find_key(self, reader: Reader, key: str) -> ProjectInfo | None:
        """See `api.Projects`."""
        project = reader.one(queries.BY_KEY, key=key)
        return None if project is None else _info(project)

    def editable(self, uow: UnitOfWork, project_id: str, *, comments: bool = False) -> ProjectInfo:
        """See `api.Projects`."""
        project = uow.one(queries.SHARED, id=project_id)
        if project is None:
            raise NotFound("The project was not found")
        info = _info(project)
        if comments and project["status"] == "completed" and info.settings.allow_comments_after_done:
            unarchived(project)
        else:
            writable(project)
        return info

    def is_member(self, reader: Reader, project_id: str, user_id: str) -> bool:
        """See `api.Projects`."""
        found = reader.one(queries.MEMBER, project_id=project_id, user_id=user_id)
        return found is not None and bool(found["counts"])

    def add_member(
        self, uow: UnitOfWork, project_id: str, user_id: str, role: str, *, is_approver: bool = False
    ) -> Row:
        """See `api.Projects`.

        Arguments:
            is_approver: whether they decide on change requests in strict mode.
        """
        if not tenancy.is_member(uow, user_id):
            raise invalid("user_id", "Not a member of the workspace.", "not_a_member")
        found = uow.one(queries.MEMBER, project_id=project_id, user_id=user_id)
        if found is not None and (found["counts"] or found["role"] == "owner"):
            raise Conflict("The user is a member of the project already", details={"user_id": user_id})
        values = {"role": role, "is_approver": is_approver, "joined_at": uow.now}
        if found is None:
            row = uow.insert(ProjectMember, {"project_id": project_id, "user_id": user_id, **values})
        else:
            row = uow.update(ProjectMember, found, values).row
        payload = {"project_id": project_id, "user_id": user_id, "role": role}
        uow.publish(MEMBER_ADDED, project_id, payload, container_id=project_id)
        return row

    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """See `api.Projects`."""
        given = {name: value for name, value in values.items() if name not in ("workspace_id", "key")}
        check_dates(given.get("start_date"), given.get("end_date"))
        given["status"] = given.get("status") or lifecycle.first(given.get("governance_mode"))
        owner = given.setdefault("owner_id", uow.scope.principal.user_id)
        if owner is None:
            raise invalid("owner_id", "A project needs an owner.", "required")
        given["key"] = self._key(uow, values.get("key"), given["name"])
        self._ctx.hooks.check_change(uow, "project", None, given)
        names = given.pop("tags", ())
        project = self._insert(uow, given, chosen=bool(values.get("key")))
        if names:
            self._tags.replace(uow, project["id"], names)
        uow.insert(
            ProjectMember,
            {"project_id": project["id"], "user_id": owner, "role": "owner", "joined_at": uow.now},
        )
        uow.publish(PROJECT_CREATED, project["id"], project_payload(project), container_id=project["id"])
        return project

    def _insert(self, uow: UnitOfWork, values: Mapping[str, Any], *, chosen: bool) -> Row:
        """Insert a project.

        Arguments:
            chosen: whether somebody wants just this key.

        Raises:
            StaleRow: another project took the key meanwhile, and a further attempt finds another one.
        """
        try:
            return uow.insert(Project, {**values, "name_folded": folded(values["name"])})
        except IntegrityError as error:
            if chosen:
                raise
            raise StaleRow(f"the key {values['key']} was free a moment ago") from error

    def may_create(self, uow: UnitOfWork) -> None:
        """Hold members to what the workspace decided about new projects (modules.md 2.4).

        Raises:
            Forbidden: only admins may create projects here.
        """
        if uow.scope.workspace_role == "member":
            settings = self._ctx.services.require(WorkspaceSettings).settings(uow)
            if not settings.members_can_create_projects:
                raise Forbidden("Only admins may create projects in this workspace")

    # Reads

    def show(self, reader: Reader, project_id: str) -> Row:
        """A project with counts and health, and with its money where the caller may see it.

        Raises:
            NotFound: there is none.
        """
        project = reader.one(queries.SHOWN, id=project_id)
        if project is None:
            raise NotFound("The project was not found")
        project |= self._health.measure(reader, project, sees_money=self._sees_money(project))
        return self._shown(project, project.pop("counts"))

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The projects that the caller sees."""
        search = query["search"]
        filters = {
            "status": query["status"],
            "priority": query["priority"],
            "owner_id": query["owner_id"],
            "tag": None if query["tag"] is None else tag_norm(query["tag"]),
            "search": f"%{literal(folded(search))}%" if search else None,
            "lifecycle": None if query["include_archived"] else "active",
        }
        page = queries.PROJECTS.page(reader, query, filters)
        source = self._ctx.services.get(TaskCounts, reader)
        counts = source.counts(reader, [row["id"] for row in page.rows]) if source and page.rows else {}
        for row in page.rows:
            self._shown(row, counts.get(row["id"], Counts()))
        return page

    def _sees_money(self, project: Row) -> bool:
        return project["role"] in self._ctx.access.permissions["projects.money"].container

    def _shown(self, project: Row, count: Counts) -> Row:
        """A row completed by counts; its money is taken away where the caller may not see it."""
        project["tasks_count"], project["tasks_completed"] = count.total, count.completed
        project["progress"] = count.progress
        project["tasks_open"] = count.open
        project["tags"] = tags.shown(project["tags"])
        if not self._sees_money(project):
            project |= dict.fromkeys(MONEY)
        if project["lifecycle"] == "archived":
            project["status"] = "archived"
        return project

    # Changes

    def update(
        self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any], *, approved: bool = False
    ) -> Answer:
        """Merge a patch into a project; a status in it goes through the machine.

        Arguments:
            approved: whether a change request asked for it that was approved.

        Raises:
            Conflict: the project is finished or archived, the key is taken, or strict mode wants a change
                request.
            ValidationFailed: `completion_date` or `cancellation_reason` without the move that it belongs to.
        """
        project = unarchived(uow.get(Project, project_id, lock=True))
        moved = lifecycle.move(project, body, uow.now.date()) if "status" in body else {}
        lifecycle.check_traces(project, body, moved)
        changes = {k: v for k, v in body.items() if k not in ("status", *lifecycle.TRACES)} | moved
        if changes and not moved:
            writable(project, on_hold=True)
        if not approved:
            governance.check_direct(project, changes)
        check_dates(
            changes.get("start_date", project["start_date"]), changes.get("end_date", project["end_date"])
        )
        if MONEY & changes.keys():
            self._ctx.access.authorize(uow, "projects.money", container_id=project_id)
        if changes.get("key", project["key"]) != project["key"]:
            changes["key"] = self._key(uow, changes["key"], project["name"])
        self._write(uow, project, changes)
        return self._answer(uow, project_id, moved)

    def set_status(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Answer:
        """Move a project in its life cycle; one completed in simple mode with open tasks brings a warning.

        Raises:
            InvalidRequest: the machine has no such move.
            Conflict: the project is archived, or a plugin objects, e.g. open tasks in strict mode.
        """
        project = unarchived(uow.get(Project, project_id, lock=True))
        changes = lifecycle.move(project, body, uow.now.date())
        if changes:
            self._write(uow, project, changes, context={"open_tasks": body.get("open_tasks", "keep")})
        return self._answer(uow, project_id, changes)

    def _answer(self, reader: Reader, project_id: str, moved: Mapping[str, Any]) -> Answer:
        """The project after a move, with what looks wrong about it (modules.md 3.3)."""
        project = self.show(reader, project_id)
        warned = moved.get("status") == "completed" and project["tasks_open"]
        return Answer(
            project, warnings=[f"Completed with open tasks: {project['tasks_open']}"] if warned else []
        )

    def _write(
        self,
        uow: UnitOfWork,
        project: Row,
        changes: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
    ) -> Update:
        retagged = None
        if "tags" in changes:
            retagged = self._tags.replace(uow, project["id"], changes["tags"])
        differing = {n: value for n, value in changes.items() if n != "tags" and project[n] != value}
        asked = {**differing, "tags": retagged["new"]} if retagged else differing
        if asked:
            self._ctx.hooks.check_change(uow, "project", project, {**asked, **(context or {})})
        columns: Row = {"name_folded": folded(differing["name"])} if "name" in differing else {}
        if retagged:
            # Tags too give the project a new version.
            project, columns = {**project, "updated_at": None}, {**columns, "updated_at": uow.now}
        update = uow.update(Project, project, {**differing, **columns})
        if update.changes:
            payload, where = project_payload(update.row), project["id"]
            told = {name: change for name, change in update.changes.items() if name not in columns}
            if retagged:
                told["tags"] = retagged
            uow.publish(PROJECT_UPDATED, where, payload, changes=told, container_id=where)
            if "status" in told:
                only = {name: told[name] for name in ("status", *lifecycle.TRACES) if name in told}
                uow.publish(PROJECT_STATUS_CHANGED, where, payload, changes=only, container_id=where)
            if told.get("governance_mode", {}).get("new") == "simple":
                cancel_pending(uow, where)
        return update

    def delete(self, uow: UnitOfWork, project_id: str) -> None:
        """Move a project to the trash; what is in it disappears with it and comes back with it."""
        project = self._ctx.trash.put(uow, "project", uow.get(Project, project_id))
        uow.publish(PROJECT_DELETED, project_id, project_payload(project), container_id=project_id)

    def restore(self, uow: UnitOfWork, project_id: str) -> Row:
        """Bring a project back from the trash.

        Raises:
            Conflict: it is not there.
            NotFound: there is none that the caller sees.
            Forbidden: the caller could not have deleted it.
        """
        # Before anything looks at the row: a version that does not match would tell that there is one.
        found = uow.one(queries.ANY_ROLE, id=project_id)
        if found is None or found["role"] is None:
            raise NotFound
        project = self._ctx.trash.restore(uow, "project", project_id)
        self._ctx.access.authorize(uow, "projects.delete", container_id=project_id)
        uow.publish(PROJECT_RESTORED, project_id, project_payload(project), container_id=project_id)
        return self.show(uow, project_id)

    def _key(self, uow: UnitOfWork, wanted: str | None, name: str) -> str:
        """The wanted key, or a free one made from the name: WEBS, WEB2 … WEB999, WE1000 … W99999.

        Raises:
            Conflict: the wanted key is taken, or all that the name can be made into.
        """
        stem = wanted or _stem(name)
        for letters, numbers in _NUMBERS:
            start = stem if wanted else stem[:letters]
            taken = {row["key"] for row in uow.all(queries.KEYS_LIKE, stem=f"{start}%")}
            if stem not in taken:
                return stem
            if wanted:
                break
            free = next((key for n in numbers if (key := f"{start}{n}") not in taken), None)
            if free:
                return free
        raise Conflict(f"The key {stem} is taken in this workspace", details={"field": "key"})


def _info(project: Row) -> ProjectInfo:
    return ProjectInfo(
        **{**{name: project[name] for name in _INFO}, "settings": settings_of(project["settings"])}
    )


def _stem(name: str) -> str:
    """The first letters of a name as a key: "Website" is WEBS, "Q3 plan" Q3P."""
    letters = re.sub(r"[^A-Z0-9]", "", name.upper().encode("ascii", "ignore").decode()).lstrip("0123456789")
    return (letters + "PRJ")[:4] if len(letters) < 2 else letters[:4]
