"""Who is in a project, in which role."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
    invalid,
    tenancy,
)

from . import queries
from .events import MEMBER_REMOVED, MEMBER_UPDATED, PROJECT_UPDATED, project_payload
from .lifecycle import unarchived
from .models import Project, ProjectMember
from .service import ProjectService


class MemberService:
    """Members of projects; there is always exactly one owner.

    Arguments:
        ctx: of the plugin.
        projects: adds members.
    """

    def __init__(self, ctx: Context, projects: ProjectService) -> None:
        self._ctx = ctx
        self._projects = projects

    def page(self, reader: Reader, project_id: str, query: Mapping[str, Any]) -> Page:
        """The members of a project."""
        return queries.MEMBERS.page(reader, query, {"role": query["role"]}, project_id=project_id)

    def add(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Row:
        """Add a member of the workspace.

        Raises:
            Forbidden: the role may do more than the caller, or the caller makes an approver of themselves.
            Conflict: the user is in the project already, or the project is archived.
            ValidationFailed: the user is not in the workspace.
        """
        self._may_give(uow, project_id, body["role"])
        _check_own_approval(uow, body["user_id"], body)
        unarchived(uow.get(Project, project_id))
        member = self._projects.add_member(
            uow, project_id, body["user_id"], body["role"], is_approver=body["is_approver"]
        )
        return self._shown(uow, member)

    def join(self, uow: UnitOfWork, project_id: str) -> Row:
        """Let the caller join a public project.

        Raises:
            NotFound: the project is private.
            Forbidden: it is private, and the caller owns the workspace.
            Conflict: the caller is in it already, be it private or not.
        """
        caller = str(uow.scope.principal.user_id)
        private = self._projects.get(uow, project_id).visibility != "public"
        if private and not self._projects.is_member(uow, project_id, caller):
            if self._ctx.access.role(uow, project_id) is None:
                raise NotFound
            raise Forbidden("Only public projects are joined: add yourself as a member")
        unarchived(uow.get(Project, project_id))
        return self._shown(uow, self._projects.add_member(uow, project_id, caller, "member"))

    def change(self, uow: UnitOfWork, project_id: str, user_id: str, body: Mapping[str, Any]) -> Row:
        """Give a member another role, or make them an approver.

        Raises:
            Forbidden: the role may do more than the caller, or the caller makes an approver of themselves.
            Conflict: the member is the owner, who can only hand over, or the project is archived.
        """
        if "role" in body:
            self._may_give(uow, project_id, body["role"])
        _check_own_approval(uow, user_id, body)
        unarchived(uow.get(Project, project_id))
        member = self._load(uow, project_id, user_id)
        if "role" in body:
            self._not_owner(member)
        update = uow.update(ProjectMember, member, body)
        if update.changes:
            payload = {"project_id": project_id, "user_id": user_id, "role": update.row["role"]}
            uow.publish(MEMBER_UPDATED, project_id, payload, changes=update.changes, container_id=project_id)
        return self._shown(uow, update.row)

    def remove(self, uow: UnitOfWork, project_id: str, user_id: str) -> None:
        """Remove a member, or leave.

        Raises:
            Forbidden: somebody else is removed without the right to it.
            Conflict: the member is the owner.
        """
        if user_id != uow.scope.principal.user_id:
            self._ctx.access.authorize(uow, "projects.remove_members", container_id=project_id)
        self._take_out(uow, self._not_owner(self._load(uow, project_id, user_id)))

    def transfer(self, uow: UnitOfWork, project_id: str, body: Mapping[str, Any]) -> Row:
        """Make another member the owner.

        Raises:
            Forbidden: an admin gives their own project away; above the workspace's owner is nobody.
            ValidationFailed: the new owner is not in the workspace.
        """
        if self._ctx.access.role(uow, project_id) is None:
            raise NotFound
        project = uow.get(Project, project_id)
        own = project["owner_id"] == uow.scope.principal.user_id
        if own and uow.scope.workspace_role != "owner":
            raise Forbidden("Another admin of the workspace hands your project over")
        heir = body["new_owner_id"]
        if heir != project["owner_id"] or not self._projects.is_member(uow, project_id, heir):
            if not tenancy.is_member(uow, heir):
                raise invalid("new_owner_id", "Not a member of the workspace.", "not_a_member")
            self._hand_over(uow, project, heir, body["reason"], keep=body["keep_old_as"] != "none")
        return self._projects.show(uow, project_id)

    def leave_all(self, uow: UnitOfWork, user_id: str, heir: str, until: datetime) -> None:
        """Take somebody who left the workspace out of its projects, those in the trash too.

        Arguments:
            heir: becomes the owner of what they owned; they themselves, if it is theirs by now.
            until: when they left; what they became a member of since then is of another stay.
        """
        for member in uow.all(queries.MEMBERSHIPS, user_id=user_id, until=until):
            project = uow.get(Project, member["project_id"], trashed=True)
            if member["role"] == "owner":
                self._hand_over(uow, project, heir, "The owner left the workspace.", keep=False)
            else:
                self._take_out(uow, member)

    def _hand_over(self, uow: UnitOfWork, project: Row, heir: str, reason: str, *, keep: bool) -> None:
        """Make somebody the owner; the former one stays as a member, or leaves.

        An owner who left the workspace and came back can be the heir: then the project is theirs again.
        """
        project_id = project["id"]
        if heir == project["owner_id"]:
            uow.update(ProjectMember, self._load(uow, project_id, heir), {"joined_at": uow.now})
            return
        if not self._projects.is_member(uow, project_id, heir):
            self._projects.add_member(uow, project_id, heir, "manager")
        former = self._load(uow, project_id, project["owner_id"])
        if keep:
            uow.update(ProjectMember, former, {"role": "member"})
        else:
            uow.remove(ProjectMember, former)
        uow.update(ProjectMember, self._load(uow, project_id, heir), {"role": "owner"})
        update = uow.update(Project, project, {"owner_id": heir})
        changes = {**update.changes, "reason": {"old": None, "new": reason}}
        payload = project_payload(update.row)
        uow.publish(PROJECT_UPDATED, project_id, payload, changes=changes, container_id=project_id)

    def _may_give(self, uow: UnitOfWork, project_id: str, role: str) -> None:
        """Nobody gives a role that may do more than the one they have, or may take (security.md 2.8).

        Raises:
            Forbidden: as said; `details.permissions` names what is more.
        """
        access = self._ctx.access
        held = [str(access.role(uow, project_id))]
        if self._projects.get(uow, project_id).visibility == "public" and access.may(
            uow, "projects.join", container_id=project_id
        ):
            held.append("member")
        if more := access.beyond(role, held):
            details = {"field": "role", "permissions": more}
            raise Forbidden(f"The role {role} may do more than yours", details=details)

    def _take_out(self, uow: UnitOfWork, member: Row) -> None:
        uow.remove(ProjectMember, member)
        project_id = member["project_id"]
        payload = {"project_id": project_id, "user_id": member["user_id"], "role": member["role"]}
        uow.publish(MEMBER_REMOVED, project_id, payload, container_id=project_id)

    def _load(self, uow: UnitOfWork, project_id: str, user_id: str) -> Row:
        member = uow.one(queries.MEMBER, project_id=project_id, user_id=user_id)
        if member is None or not (member["counts"] or member["role"] == "owner"):
            raise NotFound("The user is not a member of the project")
        return member

    def _not_owner(self, member: Row) -> Row:
        if member["role"] == "owner":
            raise Conflict("The owner must hand the project over first", details={"role": "owner"})
        return member

    def _shown(self, reader: Reader, member: Row) -> Row:
        shown = reader.one(queries.SHOWN_MEMBER, project_id=member["project_id"], user_id=member["user_id"])
        assert shown is not None
        return shown


def _check_own_approval(uow: UnitOfWork, user_id: str, body: Mapping[str, Any]) -> None:
    """Nobody makes an approver of themselves: strict mode wants two pairs of eyes (modules.md 3.5).

    Raises:
        Forbidden: as said.
    """
    if body.get("is_approver") and user_id == uow.scope.principal.user_id:
        raise Forbidden("Somebody else makes you an approver", details={"field": "is_approver"})
