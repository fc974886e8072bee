"""Resource types: what the kernel must know of a plugin's records to authorize, trash and find them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, literal, null, select, union_all

from ..persistence.base import Model
from ..persistence.scope import SCOPE_USER, SCOPE_WORKSPACE
from ..persistence.types import Id
from ..tenancy.models import Membership, Workspace
from ..tenancy.rule import unscoped

if TYPE_CHECKING:
    from ..persistence.uow import Reader, Row, UnitOfWork


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of record that can be named in a path, trashed, restored and searched.

    Arguments:
        name: singular, lower case: `task`.
        model: its table class; has the columns of `Record`, or all but `lifecycle` where `trash` is given.
        title: name of the column that a person recognises it by.
        container: name of the column with the container's id (`project_id`; `id` for a container itself);
            None where the workspace alone decides.
        url: path of the resource with `{id}`.
        search: names of the columns whose words search finds.
        permissions: of each act on it, `read`, `update`, `delete` and `restore`, as far as it is possible.
        parents: from columns with ids to the resource types of what it lies in; what lies in something that
            is in the trash does not come back before that does.
        trash, restore: what moving it to the trash and back means to its owner, who checks the rules, counts
            and publishes; called with a unit of work and the id, whoever asks for it. Without them the
            record is moved and nothing else happens.
        purge: called with a unit of work and the row before the record is deleted for good.
        archive: what moving it to the archive means to its owner; called with a unit of work, the id, the
            reason or None, and whether those who work in it are to hear of it. Only for what is its own
            container. Without it the record is moved and nothing else happens; so with `unarchive`, called
            with a unit of work and the id.
        finished: ids of those that are done with, and were changed last before an instant; called with a
            reader and the instant. What it answers is archived by itself where a workspace wants that.
    """

    name: str
    model: type[Model]
    title: str
    container: str | None = None
    url: str = ""
    search: tuple[str, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=dict, hash=False)
    parents: Mapping[str, str] = field(default_factory=dict, hash=False)
    trash: Callable[[UnitOfWork, str], object] | None = None
    restore: Callable[[UnitOfWork, str], object] | None = None
    purge: Callable[[UnitOfWork, Row], object] | None = None
    archive: Callable[[UnitOfWork, str, str | None, bool], object] | None = None
    unarchive: Callable[[UnitOfWork, str], object] | None = None
    finished: Callable[[Reader, datetime], Sequence[str]] | None = None

    @property
    def keeps_trash(self) -> bool:
        """Whether a record of this kind that is in the trash keeps its row."""
        return "lifecycle" in self.model.__table__.c

    @property
    def is_container(self) -> bool:
        """Whether it decides for itself who may see what is in it, and can be archived."""
        return self.container == "id" and self.keeps_trash

    def faults(self, permissions: Collection[str]) -> list[str]:
        """What is wrong with it, in words.

        Arguments:
            permissions: names of those that exist.
        """
        columns = self.model.__table__.c
        named = {
            "id",
            "workspace_id",
            self.title,
            *self.search,
            *filter(None, [self.container]),
            *self.parents,
        }
        found = [f"has no column {name}" for name in sorted(named) if name not in columns]
        if not self.keeps_trash and self.trash is None:
            found.append("has no column lifecycle: say by `trash` what deleting one does")
        found += [f"knows no act {act}" for act in sorted(self.permissions.keys() - set(ACTS))]
        unknown = sorted(set(self.permissions.values()) - set(permissions))
        return found + [f"demands {name!r}, which nobody provides" for name in unknown]


ARCHIVED = "archived"
"""The lifecycle of a container that is only read."""

ACTS = ("read", "update", "delete", "restore")
"""What can be done to a record of any kind."""


@cache
def locate_statement(
    resource: Resource, within: str | None = None, containers: tuple[Resource, ...] = ()
) -> Any:
    """Where a record lives, and the caller's role there: one row or none.

    Columns: workspace_id, container_id, role (NULL for a stranger), archived (the resource type of its
    container, where that is in the archive).

    Arguments:
        within: a column of the record that must be what is bound to `within`.
        containers: the resource types that a container can be of.
    """
    table = resource.model.__table__
    workspace, member = Workspace.__table__, Membership.__table__
    container = table.c[resource.container] if resource.container else table.c.workspace_id
    places = [] if resource.container is None else [kind for kind in containers if kind.is_container]
    held = {kind: table if kind is resource else kind.model.__table__.alias() for kind in places}
    joined = table.join(workspace, workspace.c.id == table.c.workspace_id).outerjoin(
        member,
        and_(
            member.c.workspace_id == workspace.c.id,
            member.c.user_id == SCOPE_USER,
            member.c.is_active,
        ),
    )
    for place in held.values():
        if place is not table:
            here = place.c.workspace_id == table.c.workspace_id
            joined = joined.outerjoin(place, and_(here, place.c.id == container))
    words = [(place.c.lifecycle == ARCHIVED, literal(kind.name)) for kind, place in held.items()]
    statement = (
        select(
            workspace.c.id.label("workspace_id"),
            container.label("container_id"),
            member.c.role,
            (case(*words) if words else null()).label("archived"),
        )
        .select_from(joined)
        .where(table.c.id == bindparam("id", type_=Id()), workspace.c.lifecycle == "active")
    )
    if within is not None:
        statement = statement.where(table.c[within] == bindparam("within", type_=Id()))
    return unscoped("an id in a path tells the workspace; the membership is read beside it", statement)


@cache
def archived_statement(containers: tuple[Resource, ...]) -> Any:
    """The resource type of a container that is in the archive: one row, or none where it is not."""
    return union_all(
        *(
            select(literal(kind.name).label("kind")).where(
                kind.model.__table__.c.workspace_id == SCOPE_WORKSPACE,
                kind.model.__table__.c.id == bindparam("id", type_=Id()),
                kind.model.__table__.c.lifecycle == ARCHIVED,
            )
            for kind in containers
        )
    )
