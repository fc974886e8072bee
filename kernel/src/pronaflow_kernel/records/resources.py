"""Resource types: what the kernel must know of a plugin's records to authorize, trash and find them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select

from ..persistence.base import Model
from ..persistence.scope import SCOPE_USER
from ..persistence.types import Id
from ..tenancy.models import Membership, Workspace
from ..tenancy.rule import unscoped

if TYPE_CHECKING:
    from ..persistence.uow import Row, UnitOfWork


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
        trash, restore: what moving it to the trash and back means to its owner, who checks the rules, counts
            and publishes; called with a unit of work and the id, whoever asks for it. Without them the
            record is moved and nothing else happens.
        purge: called with a unit of work and the row before the record is deleted for good.
    """

    name: str
    model: type[Model]
    title: str
    container: str | None = None
    url: str = ""
    search: tuple[str, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=dict, hash=False)
    trash: Callable[[UnitOfWork, str], object] | None = None
    restore: Callable[[UnitOfWork, str], object] | None = None
    purge: Callable[[UnitOfWork, Row], object] | None = None

    @property
    def keeps_trash(self) -> bool:
        """Whether a record of this kind that is in the trash keeps its row."""
        return "lifecycle" in self.model.__table__.c

    def faults(self, permissions: Collection[str]) -> list[str]:
        """What is wrong with it, in words.

        Arguments:
            permissions: names of those that exist.
        """
        columns = self.model.__table__.c
        named = {"id", "workspace_id", self.title, *self.search, *filter(None, [self.container])}
        found = [f"has no column {name}" for name in sorted(named) if name not in columns]
        if not self.keeps_trash and self.trash is None:
            found.append("has no column lifecycle: say by `trash` what deleting one does")
        found += [f"knows no act {act}" for act in sorted(self.permissions.keys() - set(ACTS))]
        unknown = sorted(set(self.permissions.values()) - set(permissions))
        return found + [f"demands {name!r}, which nobody provides" for name in unknown]


ACTS = ("read", "update", "delete", "restore")
"""What can be done to a record of any kind."""


@cache
def locate_statement(resource: Resource) -> Any:
    """Where a record lives, and the caller's role there: one row or none.

    Columns: workspace_id, container_id, lifecycle, role (NULL for a stranger).
    """
    table = resource.model.__table__
    workspace, member = Workspace.__table__, Membership.__table__
    container = table.c[resource.container] if resource.container else table.c.workspace_id
    statement = (
        select(
            workspace.c.id.label("workspace_id"),
            container.label("container_id"),
            member.c.role,
        )
        .select_from(table)
        .join(workspace, workspace.c.id == table.c.workspace_id)
        .outerjoin(
            member,
            and_(
                member.c.workspace_id == workspace.c.id,
                member.c.user_id == SCOPE_USER,
                member.c.is_active,
            ),
        )
        .where(table.c.id == bindparam("id", type_=Id()), workspace.c.lifecycle == "active")
    )
    return unscoped("an id in a path tells the workspace; the membership is read beside it", statement)
