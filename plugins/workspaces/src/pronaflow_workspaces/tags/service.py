"""Tags: the catalogue that the things of a workspace share (modules.md 2.1, 4.4 rule 7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from pronaflow_kernel.api import (
    Conflict,
    Context,
    EventType,
    NotFound,
    Page,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    folded,
    literal,
    new_id,
)

from .events import TAG_CREATED, TAG_DELETED, TAG_UPDATED
from .models import Tag
from .queries import AMONG, HELD, MAKE, TAGS


def fits(tag: Row, entity_type: str) -> bool:
    """Whether a kind of thing may have a tag."""
    return tag["entity_type_limit"] in (entity_type, "all")


class TagService:
    """What can be done to the tags of the scope's workspace; what other plugins get as `Tags`.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._hooks = ctx.hooks

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The tags, filtered as `TagQuery` says."""
        search = query["search"]
        filters = {
            "search": f"{literal(folded(search))}%" if search else None,
            "entity_type": query["entity_type"],
        }
        return TAGS.page(reader, query, filters)

    def get(self, reader: Reader, workspace_id: str, tag_id: str) -> Row:
        """One tag.

        Raises:
            NotFound: it is not in this workspace: the path may name one and a tag of another.
        """
        if workspace_id != reader.scope.workspace_id:
            raise NotFound(f"Tag {tag_id} was not found")
        return reader.get(Tag, tag_id)

    def create(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
        """Add a tag.

        Raises:
            Conflict: there is one of this name; `details.tag_id` tells which.
        """
        self._hooks.check_change(uow, "tag", None, values)
        made = _made(uow, [values])
        if not made:
            raise _taken(uow, values["name"])
        return made[0]

    def update(self, uow: UnitOfWork, workspace_id: str, tag_id: str, changes: Mapping[str, Any]) -> Row:
        """Change a tag; a new name shows at once on all that has it.

        Raises:
            NotFound: as in `get`.
            Conflict: as in `create`.
        """
        row = self.get(uow, workspace_id, tag_id)
        if any(row[name] != value for name, value in changes.items()):
            self._hooks.check_change(uow, "tag", row, changes)
        columns = {**changes, "name_norm": folded(changes["name"])} if "name" in changes else changes
        try:
            with uow.savepoint():
                update = uow.update(Tag, row, columns)
        except IntegrityError:
            raise _taken(uow, changes["name"]) from None
        differing = {name: change for name, change in update.changes.items() if name != "name_norm"}
        if differing:
            _tell(uow, TAG_UPDATED, update.row, differing)
        return update.row

    def delete(self, uow: UnitOfWork, workspace_id: str, tag_id: str) -> None:
        """Delete a tag and take it from all that has it.

        Raises:
            NotFound: as in `get`.
        """
        row = self.get(uow, workspace_id, tag_id)
        self._hooks.check_change(uow, "tag", row, {"lifecycle": "trashed"})
        uow.remove(Tag, row)
        _tell(uow, TAG_DELETED, row)

    def discard(self, uow: UnitOfWork, tag_id: str) -> None:
        """`delete`, whatever the path says."""
        self.delete(uow, str(uow.scope.workspace_id), tag_id)

    def find(self, uow: UnitOfWork, names: Iterable[str]) -> dict[str, Row]:
        """As `Tags.find`."""
        norms = sorted({folded(name) for name in names})
        return {row["name_norm"]: row for row in uow.all(HELD, norms=norms)} if norms else {}

    def resolve(
        self,
        uow: UnitOfWork,
        names: Collection[str],
        entity_type: str,
        found: Mapping[str, Row] | None = None,
    ) -> dict[str, Row]:
        """As `Tags.resolve`.

        Of two callers who make the same tag, the later one waits for the first and then finds it.
        """
        wanted = {folded(name): name for name in sorted(names)}
        tags = {key: row for key, row in (found or self.find(uow, names)).items() if key in wanted}
        unfit = sorted(row["name"] for row in tags.values() if not fits(row, entity_type))
        if unfit:
            raise ValidationFailed([unfit_problem("tags", name, entity_type) for name in unfit])
        if missing := sorted(wanted.keys() - tags.keys()):
            made = _made(uow, [{"name": wanted[key]} for key in missing])
            tags |= {row["name_norm"]: row for row in made}
            if len(made) < len(missing):
                # Somebody else made them meanwhile, for all kinds of things.
                tags |= self.find(uow, [wanted[key] for key in missing if key not in tags])
        return tags


def unfit_problem(field: str, name: str, entity_type: str) -> Problem:
    """What is wrong where a thing is to have a tag that is for other things."""
    return Problem(field, f"The tag {name} is not for a {entity_type}.", "entity_type")


def _made(uow: UnitOfWork, tags: Collection[Mapping[str, Any]]) -> list[Row]:
    """Insert tags and tell of them; of a name that there is already, nothing happens and none is answered."""
    rows = [_row(uow, values) for values in tags]
    made = [dict(row) for row in uow.connection.execute(MAKE[uow.dialect], rows).mappings()]
    for row in made:
        _tell(uow, TAG_CREATED, row)
    return made


def _row(uow: UnitOfWork, values: Mapping[str, Any]) -> Row:
    return {
        "id": new_id(),
        "workspace_id": uow.scope.workspace_id,
        "name": values["name"],
        "name_norm": folded(values["name"]),
        "color": values.get("color"),
        "entity_type_limit": values.get("entity_type_limit", "all"),
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
    }


def _taken(uow: UnitOfWork, name: str) -> Conflict:
    row = uow.one(AMONG, norms=[folded(name)])
    details = {"tag_id": row["id"]} if row else {}
    return Conflict(f"There is a tag {row['name'] if row else name} already", details=details)


def _tell(uow: UnitOfWork, event: EventType, row: Row, changes: Mapping[str, Any] | None = None) -> None:
    payload = {"workspace_id": row["workspace_id"], "tag_id": row["id"], "name": row["name"]}
    uow.publish(event, row["id"], payload, changes=changes)
