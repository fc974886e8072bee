"""Where a request is aimed: the workspace and container that `authorize` must look at.

A route declares its target; the workspace then comes from the record named in the path or body, else from
`workspace_id` in body or query, else from `X-Workspace-Id`, else from the credential, else it is the
caller's first one (architecture.md 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

from flask import Request
from sqlalchemy import bindparam, select

from ..errors import NotFound, Problem, ValidationFailed
from ..ids import as_id
from ..persistence.scope import SCOPE_USER
from ..persistence.types import Id
from ..persistence.uow import Reader
from ..records.resources import Resource, locate_statement
from ..tenancy.models import Membership, Workspace
from ..tenancy.rule import unscoped


@dataclass(frozen=True, slots=True)
class Target:
    """What a route acts on.

    Arguments:
        source: `path`, `body`, `query`, `workspace`, `anywhere`, `overseen` or `nowhere`.
        names: pairs of resource name and the key that holds its id; the first one present counts.
        required: whether a body or query must name one of them.
        within: a key of the path, and the column of the record that must hold the id under it.
        kind: a key that holds the name of the resource type, where the one pair of `names` leaves it empty.
    """

    source: str
    names: tuple[tuple[str, str], ...] = ()
    required: bool = False
    within: str | None = None
    kind: str | None = None


NOWHERE = Target("nowhere")
"""The route concerns the caller alone."""

WORKSPACE = Target("workspace")
"""The route concerns a workspace that the path does not name."""

ANYWHERE = Target("anywhere")
"""The route concerns the caller alone, and shows what holds in a workspace where the request names one."""

OVERSEEN = Target("overseen")
"""A workspace, as `WORKSPACE`, but none for somebody who is in none. An administrator of the system stands in
the one that they name, whether they are in it or not, else in none. Who may do what, the route decides."""


def in_path(resource: str, key: str | None = None, *, within: str | None = None) -> Target:
    """The record named in the path.

    Arguments:
        key: `<resource>_id` unless given.
        within: `project_id`, where the path names the record's project too: both as key and as column.
            Below another project there is no such record, whatever the caller may do with it.
    """
    return Target("path", ((resource, key or f"{resource}_id"),), required=True, within=within)


def in_body(*names: tuple[str, str], required: bool = True) -> Target:
    """The record named in the JSON body, under the first present of these keys."""
    return Target("body", names, required)


def of_kind_in_body(kind: str, key: str) -> Target:
    """The record named in the JSON body, where the body names its resource type, too.

    Arguments:
        kind: key of the name of the resource type; key: of the record's id.
    """
    return Target("body", (("", key),), required=True, kind=kind)


def in_query(*names: tuple[str, str], required: bool = False) -> Target:
    """The record named in the query; without one, the workspace."""
    return Target("query", names, required)


@dataclass(frozen=True, slots=True)
class Unnamed:
    """The body or query does not name the record that the route needs; validation must say so."""

    fields: tuple[str, ...]
    words: str = "Missing data for required field."
    code: str = "required"

    def refuse(self) -> ValidationFailed:
        """The 422 for it."""
        return ValidationFailed([Problem(self.fields[0], self.words, self.code)])


def resolve(
    target: Target,
    reader: Reader,
    request: Request,
    path: Mapping[str, Any],
    body: Callable[[], Any],
    resources: Mapping[str, Resource],
    is_on: Callable[[str], bool],
) -> str | Unnamed | None:
    """Narrow the reader's scope to the target's workspace and answer the container's id.

    Arguments:
        is_on: whether the route's plugin is on in a workspace; of those that the caller did not name, the
            first one of these counts.

    Raises:
        NotFound: the record or workspace does not exist or is not the caller's.
    """
    if target.source == "nowhere":
        return None
    if target.source == "anywhere" and _named_workspace(reader, request, body) is None:
        return None
    if target.source == "overseen":
        _enter_overseen(reader, _named_workspace(reader, request, body), is_on)
        return None
    if target.source in ("workspace", "anywhere"):
        _enter_workspace(reader, _named_workspace(reader, request, body), is_on)
        return None
    holder = _holder(target, request, path, body)
    found = _named_record(target, holder)
    if found is not None and target.kind is not None and found[0] not in ("workspace", *resources):
        return Unnamed((target.kind,), "There is no such resource type.", "unknown")
    if found is not None:
        return _enter_record(reader, *found, resources, target.within, path)
    if target.required or any(key in holder for _, key in target.names):
        return Unnamed(tuple(key for _, key in target.names))
    _enter_workspace(reader, _named_workspace(reader, request, body), is_on)
    return None


def worded(
    target: Target,
    request: Request,
    path: Mapping[str, Any],
    body: Callable[[], Any],
    error: NotFound,
) -> NotFound:
    """A refusal without words of its own, in those that a record which does not exist is refused in.

    Otherwise who may not see a record could tell it from none.
    """
    found = named_record(target, request, path, body)
    return error if found is None or error.message != NotFound.default_message else _missing(*found)


def named_record(
    target: Target, request: Request, path: Mapping[str, Any], body: Callable[[], Any]
) -> tuple[str, str] | None:
    """Resource and id of the record that a request names, as its target says; None where it names none."""
    return _named_record(target, _holder(target, request, path, body))


def named_in_path(target: Target, path: Mapping[str, Any]) -> tuple[str, str] | None:
    """Resource and id of the record that a route's path leads to; None where it leads to none."""
    return _named_record(target, path) if target.source == "path" else None


def _holder(
    target: Target, request: Request, path: Mapping[str, Any], body: Callable[[], Any]
) -> Mapping[str, Any]:
    """What holds the ids that the target names."""
    if target.source not in ("path", "query", "body"):
        return {}
    holder = path if target.source == "path" else request.args if target.source == "query" else body()
    return holder if isinstance(holder, Mapping) else {}


def _named_record(target: Target, holder: Mapping[str, Any]) -> tuple[str, str] | None:
    """Resource and id of the first record that is named."""
    if target.kind is not None:
        named = holder.get(target.kind)
        pairs = [(named, key) for _, key in target.names if isinstance(named, str)]
    else:
        pairs = list(target.names)
    ids = ((resource, as_id(holder.get(key))) for resource, key in pairs)
    return next(((resource, record_id) for resource, record_id in ids if record_id is not None), None)


def _missing(resource: str, record_id: str) -> NotFound:
    return NotFound(f"{resource.replace('_', ' ').capitalize()} {record_id} was not found")


_MINE = unscoped(
    "the caller's own memberships tell which workspaces there are to choose from",
    select(Membership.workspace_id, Membership.role)
    .join(Workspace, Workspace.id == Membership.workspace_id)
    .where(Membership.user_id == SCOPE_USER, Membership.is_active, Workspace.lifecycle == "active"),
)
_ORDERED = _MINE.order_by(Membership.joined_at, Membership.workspace_id)
_FIRST = _ORDERED.limit(1)
_NAMED = _MINE.where(Membership.workspace_id == bindparam("id", type_=Id()))


def _enter_record(
    reader: Reader,
    resource: str,
    record_id: str,
    resources: Mapping[str, Resource],
    within: str | None,
    path: Mapping[str, Any],
) -> str | None:
    if resource == "workspace":
        _enter_workspace(reader, record_id, lambda workspace_id: True)
        return None
    kind = resources[resource]
    parent = {} if within is None else {"within": path[within]}
    containers = tuple(each for each in resources.values() if each.is_container)
    found = reader.one(locate_statement(kind, within, containers), id=record_id, **parent)
    if found is None or found["role"] is None:
        raise _missing(resource, record_id)
    if _is_barred(reader, found["workspace_id"]):
        raise _missing(resource, record_id)
    _enter(reader, found["workspace_id"], found["role"])
    if kind.container is None:
        return None
    # What `authorize` will ask; it was read on the way.
    reader.scope.archived[found["container_id"]] = found["archived"]
    container: str = found["container_id"]
    return container


def _enter_workspace(reader: Reader, workspace_id: str | None, is_on: Callable[[str], bool]) -> None:
    if workspace_id is not None:
        found = reader.one(_NAMED, id=workspace_id)
    else:
        found = reader.one(_FIRST)
        if found is not None and not is_on(found["workspace_id"]):
            others = (row for row in reader.all(_ORDERED) if is_on(row["workspace_id"]))
            found = next(others, found)
    if found is None or _is_barred(reader, found["workspace_id"]):
        raise NotFound(f"Workspace {workspace_id or ''} was not found".replace("  ", " "))
    _enter(reader, found["workspace_id"], found["role"])


def _is_barred(reader: Reader, workspace_id: str) -> bool:
    """Whether the credential is bound to another workspace; whoever has it learns of no further one."""
    bound = reader.scope.principal.workspace_id
    return bound is not None and bound != workspace_id


def enter_workspace(reader: Reader, workspace_id: str) -> None:
    """Narrow the reader's scope to a workspace of the caller's.

    Raises:
        NotFound: it does not exist, or the caller is no member of it.
    """
    _enter_workspace(reader, workspace_id, lambda workspace_id: True)


def _enter_overseen(reader: Reader, workspace_id: str | None, is_on: Callable[[str], bool]) -> None:
    if not reader.scope.principal.is_system_admin:
        with suppress(NotFound) if workspace_id is None else nullcontext():
            _enter_workspace(reader, workspace_id, is_on)
    elif workspace_id is not None:
        found = reader.one(_NAMED, id=workspace_id) or {"role": None}
        _enter(reader, workspace_id, found["role"])


def _enter(reader: Reader, workspace_id: str, role: str | None) -> None:
    reader.enter(
        replace(reader.scope, workspace_id=workspace_id, workspace_role=role, container_roles={}, archived={})
    )


def _named_workspace(reader: Reader, request: Request, body: Callable[[], Any]) -> str | None:
    """The workspace that a request names, or None.

    Raises:
        ValidationFailed: it names something that is no id.
    """
    data = body() if request.method in ("POST", "PUT", "PATCH") else {}
    named = data.get("workspace_id") if isinstance(data, Mapping) else None
    for field, value in (
        ("workspace_id", named or request.args.get("workspace_id")),
        ("X-Workspace-Id", request.headers.get("X-Workspace-Id")),
    ):
        if value is not None:
            workspace_id = as_id(value)
            if workspace_id is None:
                raise ValidationFailed([Problem(field, "Not a valid UUID.")])
            return workspace_id
    return reader.scope.principal.workspace_id
