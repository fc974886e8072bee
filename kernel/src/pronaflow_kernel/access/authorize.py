"""`authorize`: the one place that decides who may do what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from ..errors import Conflict, Forbidden, NotFound, Unauthorized
from .audience import audience
from .containers import Containers
from .permissions import Permission

if TYPE_CHECKING:
    from ..persistence.uow import Reader


class Objector(Protocol):
    """Asks the plugins for objections (hook `check_permission`); raises what they raise."""

    def __call__(self, reader: Reader, permission: str, container_id: str | None) -> None:
        """Raise to refuse."""
        ...


class Archived(Protocol):
    """Tells the resource type of a container that is in the archive; None of any other."""

    def __call__(self, reader: Reader, container_id: str) -> str | None:
        """Asked once a container and request."""
        ...


class Access:
    """Decides from roles, token scopes, the archive and the plugins' objections.

    Arguments:
        permissions: all permissions by name.
        containers: the service of the plugin that owns containers; None without one, and then the
            workspace role decides.
        objections: asked last.
        active: from a plugin's id and a workspace to whether it is on there.
    """

    def __init__(
        self,
        permissions: Mapping[str, Permission],
        containers: Containers | None,
        objections: Objector | None,
        active: Callable[[str, str | None], bool] = lambda plugin_id, workspace_id: True,
    ) -> None:
        self.permissions = permissions
        self.containers = containers
        self.objections = objections
        self.archived: Archived | None = None
        self.owners: dict[str, str] = {}
        """Whose the permissions are, by name; the kernel's own are left out."""
        self._active = active

    def authorize(
        self, reader: Reader, name: str, *, container_id: str | None = None, trashed: bool = False
    ) -> None:
        """Refuse unless the caller has the permission here.

        Arguments:
            reader: in the scope of the request.
            name: of the permission.
            container_id: where; None for the workspace, or outside one.
            trashed: whether a container in the trash counts as there.

        Raises:
            Unauthorized: nobody is signed in.
            NotFound: the caller may not see the place.
            Forbidden: the caller may see it but not do this.
            Conflict: the place is in the archive, where nothing changes (ADR 049).
        """
        scope, permission = reader.scope, self.permissions[name]
        principal = scope.principal
        if not principal.signed_in:
            raise Unauthorized
        if principal.scopes is not None and permission.scope not in principal.scopes:
            words = f"The token lacks the scope {permission.scope}"
            raise Forbidden(words, details={"required_scope": permission.scope})
        owner = self.owners.get(name)
        if owner is not None and not self._active(owner, scope.workspace_id):
            raise Forbidden(f"The plugin {owner} is switched off")
        if principal.kind == "system":
            return
        if permission.system and not principal.is_system_admin:
            raise Forbidden("Only system administrators may do this")
        if not self._granted(reader, permission, container_id, trashed):
            if container_id is not None and self.role(reader, container_id, trashed=trashed) is None:
                raise NotFound
            raise Forbidden(f"Your role does not allow: {permission.summary.lower()}")
        if container_id is not None and permission.changes:
            self._refuse_archived(reader, container_id, trashed)
        if self.objections is not None:
            self.objections(reader, name, container_id)

    def offered(self, workspace_id: str | None) -> list[Permission]:
        """The permissions of all that is on, or is on in a workspace."""
        return [
            permission
            for name, permission in self.permissions.items()
            if name not in self.owners or self._active(self.owners[name], workspace_id)
        ]

    def may(self, reader: Reader, name: str, *, container_id: str | None = None) -> bool:
        """Whether `authorize` would pass."""
        try:
            self.authorize(reader, name, container_id=container_id)
        except (Conflict, Forbidden, NotFound, Unauthorized):
            return False
        return True

    def role(self, reader: Reader, container_id: str, *, trashed: bool = False) -> str | None:
        """The caller's role in a container, asked once a request; None: not visible.

        Arguments:
            trashed: whether one in the trash counts as there.
        """
        scope = reader.scope
        if scope.principal.kind == "system":
            return "owner"
        if trashed and self.containers is not None:
            return self.containers.role(reader, container_id, trashed=True)
        if container_id not in scope.container_roles:
            found = self.containers.role(reader, container_id) if self.containers else scope.workspace_role
            scope.container_roles[container_id] = found
        return scope.container_roles[container_id]

    def audience(
        self,
        reader: Reader,
        user_ids: Collection[str],
        container_id: str | None = None,
        *,
        outsiders: bool = False,
    ) -> set[str]:
        """Who of some users may be told of something; one statement, and one more for a container.

        In a workspace these are its members, of them those who see the container; outside of one everybody.
        Accounts that are not active are left out.

        Arguments:
            reader: in the scope where it happened.
            container_id: in which it happened; None for the workspace, or outside one.
            outsiders: whether it is also for people who are not in the workspace, such as invitations.
        """
        return audience(reader, self.containers, user_ids, container_id, outsiders)

    def beyond(self, role: str, held: Iterable[str]) -> list[str]:
        """What a container role may do and none of some others: who holds only these may not give it.

        A role is given only by who holds every permission in it (security.md 2.8).

        Returns:
            names of permissions, sorted.
        """
        mine = frozenset(held)
        return sorted(
            name
            for name, permission in self.permissions.items()
            if role in permission.container and mine.isdisjoint(permission.container)
        )

    def _refuse_archived(self, reader: Reader, container_id: str, trashed: bool) -> None:
        """The one place at which the archive is only read.

        Raises:
            Conflict: the container is in it; words and details say how it comes back.
        """
        if self.archived is None:
            return
        known = reader.scope.archived
        if container_id not in known:
            known[container_id] = self.archived(reader, container_id)
        if (kind := known[container_id]) is None:
            return
        if self.role(reader, container_id, trashed=trashed) is None:
            return  # Whoever may not see it does not hear of it here.
        raise Conflict(
            f"The {kind.replace('_', ' ')} is in the archive and can only be read: bring it back first",
            details={
                "reason": "archived",
                f"{kind}_status": "archived",
                "resource_type": kind,
                "resource_id": container_id,
            },
        )

    def _granted(
        self, reader: Reader, permission: Permission, container_id: str | None, trashed: bool
    ) -> bool:
        if container_id is not None and permission.container:
            role = self.role(reader, container_id, trashed=trashed)
            if role is None:
                raise NotFound
            return role in permission.container
        if permission.workspace:
            if reader.scope.workspace_role is None:
                raise NotFound
            return reader.scope.workspace_role in permission.workspace
        return not permission.container
