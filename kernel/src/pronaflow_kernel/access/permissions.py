"""Permissions: what a route demands and which roles grant it.

Each distribution lists its permissions in one data file, `permissions.toml`, from which the reference page
is made:

    ["tasks.create"]
    summary = "Create tasks"
    scope = "write:tasks"
    container = ["owner", "manager", "planner", "member"]

What concerns the whole installation says `system = true` in place of roles. A container in the archive is
only read: of permissions whose scope does not begin with `read:`, those with `archived = true` hold there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

WORKSPACE_ROLES = ("owner", "admin", "member", "viewer")
"""Roles in a workspace (modules.md 2.4)."""

CONTAINER_ROLES = ("owner", "manager", "planner", "member", "viewer", "admin")
"""Roles in a container (modules.md 3.4); `admin` is a workspace admin who is not a member of it."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One right.

    Arguments:
        name: `<plugin>.<verb>`, e.g. `tasks.update`.
        summary: one sentence.
        scope: what an API token needs for it, e.g. `write:tasks`.
        workspace: workspace roles that have it where the workspace decides.
        container: container roles that have it where a container decides.
        system: whether only system administrators have it, whatever their roles.
        archived: whether it holds in a container that is in the archive, although it is none to read.

    A permission without any role that is not `system` is for every signed-in user.
    """

    name: str
    summary: str
    scope: str
    workspace: frozenset[str] = frozenset()
    container: frozenset[str] = frozenset()
    system: bool = False
    archived: bool = False

    @property
    def changes(self) -> bool:
        """Whether it lets somebody change what is in a container, which one in the archive refuses."""
        return not self.archived and not self.scope.startswith("read:")


class PermissionFileError(ValueError):
    """A permission file is wrong; the plugin that brings it fails."""


def load_permissions(package: str) -> list[Permission]:
    """The permissions in `permissions.toml` of a package.

    Raises:
        PermissionFileError: an unknown key or role, or roles beside `system`.
    """
    text = files(package).joinpath("permissions.toml").read_text(encoding="utf-8")
    return [_permission(name, entry) for name, entry in tomllib.loads(text).items()]


def _permission(name: str, entry: dict[str, object]) -> Permission:
    known = {"summary", "scope", "workspace", "container", "system", "archived"}
    if unknown := entry.keys() - known:
        raise PermissionFileError(f"permission {name}: unknown key {', '.join(sorted(unknown))}")
    if missing := {"summary", "scope"} - entry.keys():
        raise PermissionFileError(f"permission {name}: missing {', '.join(sorted(missing))}")
    system, archived = _flag(name, entry, "system"), _flag(name, entry, "archived")
    if system and entry.keys() & {"workspace", "container"}:
        raise PermissionFileError(f"permission {name}: system = true leaves no place for roles")
    return Permission(
        name,
        str(entry["summary"]),
        str(entry["scope"]),
        _roles(name, entry.get("workspace", ()), WORKSPACE_ROLES),
        _roles(name, entry.get("container", ()), CONTAINER_ROLES),
        system,
        archived,
    )


def _flag(name: str, entry: dict[str, object], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise PermissionFileError(f"permission {name}: {key} must be true or false")
    return value


def _roles(name: str, value: object, known: Iterable[str]) -> frozenset[str]:
    roles = frozenset(value) if isinstance(value, (list, tuple)) else frozenset({str(value)})
    if unknown := roles - set(known):
        raise PermissionFileError(f"permission {name}: unknown role {', '.join(sorted(unknown))}")
    return roles
