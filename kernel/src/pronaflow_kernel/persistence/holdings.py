"""What a plugin has in a database, told by the names of tables alone: its code may be broken, or gone.

Tables called `<id>__…` are the plugin's (architecture.md 4). SQLite's full-text search adds tables that
belong to one of them (see `fulltext`); they go and come with it. In the kernel's own tables a plugin has the
rows whose `plugin_id` names it, and the trash items of its records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Inspector,
    String,
    TableClause,
    and_,
    column,
    exists,
    false,
    func,
    inspect,
    literal,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ENUM, TSVECTOR
from sqlalchemy.types import NullType, TypeEngine

SWITCHES = "core__plugin_switch"
"""The server-wide switches; not counted among a plugin's rows, since they outlive its data."""
TRASH = "core__trash"
FILES = "core__kept_file"
"""Names of files in the store, to which tables of plugins refer; `bundled` marks those that bundles name."""


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key as the database has it.

    Arguments:
        name: of the constraint; None on SQLite where nobody gave one.
        table, columns: what refers; target, target_columns: to what.
        on_delete: `CASCADE`, `SET NULL`, …; empty where nothing is said.
        deferrable: whether it can be checked at the end of a transaction (PostgreSQL).
    """

    name: str | None
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str
    deferrable: bool

    def dangling(self, own: TableClause) -> ColumnElement[bool]:
        """The condition on rows of `own`, which is `table`, that refer to a row which is not there."""
        other = table(self.target, *map(column, self.target_columns)).alias("referred")
        pairs = list(zip(self.columns, self.target_columns, strict=True))
        given = [own.c[mine].is_not(None) for mine, _ in pairs]
        same = [own.c[mine] == other.c[theirs] for mine, theirs in pairs]
        found = select(1).select_from(other).where(*same).correlate(own)
        return and_(*given, not_(exists(found)))


@dataclass(frozen=True, slots=True)
class Held:
    """A table of the plugin.

    Arguments:
        name: of the table.
        columns: type by name, without computed columns, which nobody can write.
        keys: its foreign keys.
        counted: columns that the database numbers; always: those of them that nobody else may number.
        search: whether it is the table of a `FullText`.
    """

    name: str
    columns: Mapping[str, TypeEngine[Any]]
    keys: tuple[Key, ...]
    counted: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    search: bool = False

    @property
    def clause(self) -> TableClause:
        """For statements; without types, so that values pass as the driver has them."""
        return table(self.name, *map(column, self.columns))

    @property
    def holds_records(self) -> bool:
        """Whether its rows can be in the trash: they are records with an id of their own."""
        borrowed = any(key.target != self.name and "id" in key.columns for key in self.keys)
        return {"id", "workspace_id", "lifecycle"} <= self.columns.keys() and not borrowed


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a plugin has in a database.

    Arguments:
        plugin_id: whose.
        tables: in order of their keys, referred ones first.
        companions: tables of SQLite that a table of a `FullText` brings.
        virtual: other virtual tables, of which nobody knows how to copy them.
        views: its views.
        types: its types (PostgreSQL's enums).
        referring: keys of other plugins' tables to its tables.
        version: its version table; None where nothing was ever migrated.
        revision: of its chain.
    """

    plugin_id: str
    tables: tuple[Held, ...]
    companions: tuple[str, ...]
    virtual: tuple[str, ...]
    views: tuple[str, ...]
    types: tuple[str, ...]
    referring: tuple[Key, ...]
    version: str | None
    revision: str | None

    @property
    def empty(self) -> bool:
        """Whether the plugin has nothing at all."""
        return not (self.tables or self.views or self.virtual or self.version)


def look(connection: Connection, plugin_id: str) -> Holdings:
    """What a plugin has in the database; reads nothing but its catalogue."""
    inspector = inspect(connection)
    names = inspector.get_table_names()
    keys = list(_keys(inspector))
    kinds = _kinds(connection)
    version = f"{plugin_id}__version"
    owned = [name for name in names if name.startswith(f"{plugin_id}__") and name != version]
    plain = [name for name in owned if kinds.get(name, "table") == "table"]
    companions = {f"{name}_fts" for name in plain} & kinds.keys()
    tables = [_held(inspector, name, keys, companions) for name in plain]
    views = [name for name in inspector.get_view_names() if name.startswith(f"{plugin_id}__")]
    inside = {held.name for held in tables}
    types = {kind.name for held in tables for kind in held.columns.values() if isinstance(kind, ENUM)}
    return Holdings(
        plugin_id,
        tuple(_sorted(tables)),
        tuple(sorted(companions)),
        tuple(name for name in owned if kinds.get(name) == "virtual" and name not in companions),
        tuple(views),
        tuple(sorted(filter(None, types))),
        tuple(key for key in keys if key.target in inside and key.table not in inside),
        version if version in names else None,
        _revision(connection, version) if version in names else None,
    )


def revisions(connection: Connection) -> dict[str, str | None]:
    """The revision of every chain in the database, by the id of its plugin, installed or not."""
    names = (name for name in inspect(connection).get_table_names() if name.endswith("__version"))
    return {name.removesuffix("__version"): _revision(connection, name) for name in names}


def count(connection: Connection, name: str) -> int:
    """How many rows a table has."""
    return int(connection.scalar(select(func.count()).select_from(table(name))) or 0)


def kernel_rows(connection: Connection, holdings: Holdings) -> list[tuple[Held, ColumnElement[bool]]]:
    """The kernel's tables that may hold rows of the plugin, each with the condition that finds them."""
    inspector = inspect(connection)
    keys = list(_keys(inspector))
    found: list[tuple[Held, ColumnElement[bool]]] = []
    for name in sorted(inspector.get_table_names()):
        if name.startswith("core__") and name != SWITCHES:
            held = _held(inspector, name, keys, set())
            if name == TRASH:
                found.append((held, _trashed(connection, holdings)))
            elif "plugin_id" in held.columns:
                found.append((held, column("plugin_id", String) == holdings.plugin_id))
    return found


def in_trash(connection: Connection, holdings: Holdings, workspace_id: str, record_id: str) -> bool:
    """Whether one of the plugin's records, told by its id, is marked as trashed."""
    for held in holdings.tables:
        if held.holds_records:
            row = held.clause
            found = select(1).where(
                row.c.id == literal(record_id, NullType()),
                row.c.workspace_id == literal(workspace_id, NullType()),
                row.c.lifecycle == "trashed",
            )
            if connection.scalar(found):
                return True
    return False


def _revision(connection: Connection, version: str) -> str | None:
    return connection.scalar(select(column("version_num", String)).select_from(table(version)))


def _trashed(connection: Connection, holdings: Holdings) -> ColumnElement[bool]:
    """Trash items of the plugin's resource types.

    Which types are its own the database tells: those of which an item stands for a row of its tables. Their
    other items, whose records a foreign key took along, are its own then, too.
    """
    trash = table(TRASH, column("resource_type"), column("resource_id"), column("workspace_id"))
    types: set[str] = set()
    for held in holdings.tables:
        if held.holds_records:
            records = held.clause
            same = and_(records.c.id == trash.c.resource_id, records.c.workspace_id == trash.c.workspace_id)
            statement = select(trash.c.resource_type).distinct().select_from(trash.join(records, same))
            types |= set(connection.scalars(statement.where(records.c.lifecycle == "trashed")))
    return or_(false(), *(column("resource_type", String) == name for name in sorted(types)))


def _keys(inspector: Inspector) -> Iterator[Key]:
    for (_, name), found in inspector.get_multi_foreign_keys().items():
        for key in found:
            options = key.get("options") or {}
            yield Key(
                key["name"],
                str(name),
                tuple(key["constrained_columns"]),
                key["referred_table"],
                tuple(key["referred_columns"]),
                (options.get("ondelete") or "").upper(),
                bool(options.get("deferrable")),
            )


def _held(inspector: Inspector, name: str, keys: Sequence[Key], companions: set[str]) -> Held:
    found = [each for each in inspector.get_columns(name) if not each.get("computed")]
    columns = {each["name"]: each["type"] for each in found}
    identity = {each["name"]: each.get("identity") for each in found}
    numbered = [
        each["name"] for each in found if identity[each["name"]] or "nextval(" in str(each.get("default"))
    ]
    return Held(
        name,
        columns,
        tuple(key for key in keys if key.table == name),
        tuple(numbered),
        tuple(each for each, how in identity.items() if how and how.get("always")),
        f"{name}_fts" in companions
        or (
            columns.keys() == {"doc", "id", "workspace_id", "words"}
            and isinstance(columns["words"], TSVECTOR)
        ),
    )


def _kinds(connection: Connection) -> dict[str, str]:
    """Which tables SQLite does not keep as such: name to `virtual` or `shadow`."""
    if connection.dialect.name != "sqlite":
        return {}
    rows = connection.exec_driver_sql("PRAGMA table_list").mappings()
    return {row["name"]: row["type"] for row in rows if row["type"] in ("virtual", "shadow")}


def _sorted(tables: Sequence[Held]) -> list[Held]:
    """Referred tables first; by name where keys go in a circle."""
    named = {held.name: held for held in sorted(tables, key=lambda held: held.name)}
    graph = {
        name: {key.target for key in held.keys if key.target != name and key.target in named}
        for name, held in named.items()
    }
    try:
        return [named[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError:
        return list(named.values())
