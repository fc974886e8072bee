"""Taking the data of a plugin out of a database, and bringing it back from a bundle.

Both are one transaction that no migration overlaps (see `migrations.one_transaction`): it is done whole or
not at all, and nothing is written to the plugin's tables between reading and dropping them. Nothing is
dropped before the bundle is on the disk and has been read back. The plugin's code is not needed for that.

The content of files stays in the store, see `bundled_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, column, delete, func, literal, select, table, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

from . import bundled_files, bundles
from .bundles import Bundle, BundleError
from .chains import Chain, Step
from .holdings import FILES, TRASH, Held, Holdings, Key, count, in_trash, kernel_rows, look
from .migrations import move, one_transaction
from .portable import Codec, Row, insertion

Told = Callable[[int], None]
"""Hears of each batch of rows that was written."""


def _nobody(_count: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Arguments:
        rows: by table, the kernel's included.
        left_out: rows that had to stay behind, by table, because what they refer to is not there any more.
        steps: migrations that ran after the rows were in.
    """

    rows: Mapping[str, int]
    left_out: Mapping[str, int]
    steps: tuple[Step, ...]


def take_out(
    engine: Engine,
    plugin_id: str,
    folder: Path | None,
    about: Bundle,
    manifest: str | None = None,
    told: Told = _nobody,
) -> Mapping[str, int]:
    """Write all data of a plugin into a bundle and drop it.

    Its files stay while a bundle names them. Without one they are let go, those of earlier bundles too.

    Arguments:
        engine: one that may write.
        folder: of the bundle, made anew; None drops the data for good.
        about: what the bundle says of itself; revision, database and parts are filled in.
        manifest: the text of `plugin.toml`, where it is known.
        told: hears of progress.

    Returns:
        The number of rows that were dropped, by table; kernel tables only where there were any.

    Raises:
        BundleError: others' tables refer to these, or the bundle cannot be written; nothing was dropped.
    """
    with one_transaction(engine, f"{plugin_id}-uninstall") as connection:
        holdings = look(connection, plugin_id)
        refuse_referred(holdings)
        _lock(connection, holdings)
        counts = {held.name: count(connection, held.name) for held in holdings.tables}
        if folder is not None:
            refuse_unreadable(holdings)
            written = _export(connection, holdings, folder, about, manifest, told)
            if {part.table: part.rows for part in written.of("tables").values()} != counts:
                raise BundleError(f"{folder} does not hold every row of {plugin_id}; nothing was dropped")
        for held, where in kernel_rows(connection, holdings):
            if held.name == FILES and folder is not None:
                bundled_files.hold(connection, held, where)
                continue
            gone = connection.execute(delete(held.clause).where(where)).rowcount
            counts |= {held.name: gone} if gone else {}
        _drop(connection, holdings)
    return counts


def refuse_referred(holdings: Holdings) -> None:
    """Refuse to take tables away that others refer to.

    Raises:
        BundleError: which, and what to do.
    """
    if holdings.referring:
        owners = sorted({key.table.partition("__")[0] for key in holdings.referring})
        found = ", ".join(f"{key.table} -> {key.target}" for key in holdings.referring)
        raise BundleError(
            f"Tables of {', '.join(owners)} refer to those of {holdings.plugin_id} ({found}): "
            f"uninstall {', '.join(owners)} first"
        )


def refuse_unreadable(holdings: Holdings) -> None:
    """Refuse to export what a bundle cannot hold.

    Raises:
        BundleError: which tables.
    """
    if holdings.virtual:
        raise BundleError(
            f"The virtual tables {', '.join(holdings.virtual)} cannot be put into a bundle: save them, "
            "and say --no-export"
        )


def bring_back(engine: Engine, chain: Chain, folder: Path, bundle: Bundle, told: Told = _nobody) -> Restored:
    """Put the data of a bundle back where the plugin's code is installed.

    The chain is brought to the bundle's revision, the rows are inserted, and the chain goes on to its head.
    Rows whose foreign keys point to nothing any more are left out, and what refers to those: they would
    have been deleted, had they been there.

    Arguments:
        engine: one that may write.
        chain: of the plugin.
        folder: of the bundle; bundle: what `bundles.read` made of it.
        told: hears of progress.

    Raises:
        BundleError: the plugin has data already, or the bundle does not fit; nothing was changed.
        MigrationError: a migration failed; nothing was changed.
    """
    _refuse_other_code(chain, bundle)
    with one_transaction(engine, f"{chain.id}-restore") as connection:
        _refuse_data(connection, look(connection, chain.id))
        move(connection, chain, bundle.revision)
        holdings = look(connection, chain.id)
        _refuse_other_shape(connection, holdings, bundle)
        _lock(connection, holdings)
        parts = bundle.of("tables")
        files = bundled_files.bring_back(connection, holdings, folder, bundle)
        with _keys_at_the_end(connection, holdings):
            for held in holdings.tables:
                if held.name in parts:
                    _insert(connection, held, bundles.rows_of(folder, parts[held.name]), told)
            _prune(connection, holdings)
        rows = {name: count(connection, name) for name in parts}
        rows |= files | _bring_back_kernel_rows(connection, holdings, folder, bundle)
        left_out = {
            part.table: part.rows - rows.get(part.table, 0)
            for part in bundle.parts
            if part.table and part.rows != rows.get(part.table, 0)
        }
        steps = move(connection, chain, chain.head)
    return Restored(rows, left_out, tuple(steps))


def _export(
    connection: Connection,
    holdings: Holdings,
    folder: Path,
    about: Bundle,
    manifest: str | None,
    told: Told,
) -> Bundle:
    dialect = connection.dialect.name
    with bundles.new(folder) as writer:
        if manifest is not None:
            writer.text("plugin.toml", manifest)
        for held in holdings.tables:
            codec = Codec(held, dialect)
            writer.table("tables", held.name, codec.rows(connection), codec.native, told)
        for held, where in kernel_rows(connection, holdings):
            mine = where & bundled_files.in_use() if held.name == FILES else where
            writer.table("kernel", held.name, Codec(held, dialect).rows(connection, mine))
        return writer.finish(replace(about, revision=holdings.revision, database=dialect))


def _lock(connection: Connection, holdings: Holdings) -> None:
    """Keep others from writing to the plugin's tables; SQLite's transaction does so by itself."""
    if connection.dialect.name == "postgresql":
        for held in holdings.tables:
            connection.exec_driver_sql(f"LOCK TABLE {_quoted(connection, held.name)} IN EXCLUSIVE MODE")


def _drop(connection: Connection, holdings: Holdings) -> None:
    """Drop what the plugin has; on PostgreSQL all tables at once, since their keys may go in a circle."""
    own = [*holdings.companions, *holdings.virtual, *(held.name for held in reversed(holdings.tables))]
    tables = [*own, *([holdings.version] if holdings.version else [])]
    at_once = connection.dialect.name == "postgresql"
    try:
        for kind, names in (("VIEW", holdings.views), ("TABLE", tables), ("TYPE", holdings.types)):
            quoted = [_quoted(connection, name) for name in names]
            for some in [", ".join(quoted)] if at_once and quoted else quoted:
                connection.exec_driver_sql(f"DROP {kind} {some}")
    except DBAPIError as error:
        words = f"The data of {holdings.plugin_id} cannot be dropped, nothing was changed: {error.orig}"
        raise BundleError(words) from error


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _refuse_other_code(chain: Chain, bundle: Bundle) -> None:
    known = chain.scripts()
    if bundle.revision is not None and bundle.revision not in known:
        raise BundleError(
            f"The bundle is of revision {bundle.revision}, the installed {chain.id} knows "
            f"{max(known, default='none')} at most: install {bundle.distribution or chain.id} "
            f"{bundle.version or ''} or newer".rstrip()
        )


def _refuse_data(connection: Connection, holdings: Holdings) -> None:
    """Tables without rows are no obstacle: a start on SQLite, or `db upgrade`, may have made them."""
    filled = [held.name for held in holdings.tables if count(connection, held.name)]
    if filled:
        raise BundleError(
            f"The plugin {holdings.plugin_id} has data already, in {', '.join(filled)}: a bundle is restored "
            f"only where there is none; pronaflow plugins uninstall {holdings.plugin_id} takes it out"
        )


def _refuse_other_shape(connection: Connection, holdings: Holdings, bundle: Bundle) -> None:
    """Compare what the bundle holds with the tables that its revision makes here."""
    tables = {held.name: held for held in holdings.tables}
    here = connection.dialect.name
    faults = [f"there is no table {name}" for name in bundle.of("tables") if name not in tables]
    if here != bundle.database:
        native = [name for part in bundle.parts for name in part.native]
        faults += [f"{name} is a type of {bundle.database} only" for name in native]
    for held in holdings.tables:
        missing = {
            key.target for key in held.keys if not connection.dialect.has_table(connection, key.target)
        }
        faults += [f"{held.name} refers to {name}, which is not there" for name in sorted(missing)]
    if faults:
        raise BundleError(f"The bundle does not fit this database: {'; '.join(faults)}")


def _insert(connection: Connection, held: Held, rows: Iterable[Row], told: Told) -> None:
    codec = Codec(held, connection.dialect.name)
    write = codec.writer(connection)
    for batch in bundles.batches(rows):
        other = next((row for row in batch if row.keys() != held.columns.keys()), None)
        if other is not None:
            names = ", ".join(sorted(other.keys() ^ held.columns.keys()))
            raise BundleError(f"A row of {held.name} and the table differ in their columns: {names}")
        try:
            write(batch)
        except DBAPIError as error:
            words = f"The rows of {held.name} cannot be stored in this database: {error.orig}"
            raise BundleError(words) from error
        told(len(batch))
    if connection.dialect.name == "postgresql":
        for name in held.counted:
            sequence = func.pg_get_serial_sequence(_quoted(connection, held.name), name)
            connection.execute(select(func.setval(sequence, func.max(held.clause.c[name]))))


@contextmanager
def _keys_at_the_end(connection: Connection, holdings: Holdings) -> Iterator[None]:
    """Let rows come in any order: keys are checked when the block ends, and are as strict as before after it.

    On SQLite they are off in this transaction, and hold because `_prune` leaves no row that breaks one.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    keys = [key for held in holdings.tables for key in held.keys if not key.deferrable]
    _alter(connection, keys, "DEFERRABLE INITIALLY DEFERRED")
    _number(connection, holdings, "BY DEFAULT")
    yield
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    _alter(connection, keys, "NOT DEFERRABLE")
    _number(connection, holdings, "ALWAYS")


def _alter(connection: Connection, keys: Iterable[Key], how: str) -> None:
    for key in keys:
        name, constraint = _quoted(connection, key.table), _quoted(connection, str(key.name))
        connection.exec_driver_sql(f"ALTER TABLE {name} ALTER CONSTRAINT {constraint} {how}")


def _number(connection: Connection, holdings: Holdings, how: str) -> None:
    for held in holdings.tables:
        for each in held.always:
            name, numbered = _quoted(connection, held.name), _quoted(connection, each)
            connection.exec_driver_sql(f"ALTER TABLE {name} ALTER COLUMN {numbered} SET GENERATED {how}")


def _prune(connection: Connection, holdings: Holdings) -> None:
    """Do to rows that refer to nothing what their keys would have done, until there are none."""
    statements = [_mended(key) for held in holdings.tables for key in held.keys]
    while sum(connection.execute(statement).rowcount for statement in statements):
        pass


def _mended(key: Key) -> Any:
    rows = table(key.table, *map(column, key.columns))
    if key.on_delete == "SET NULL":
        return update(rows).values(dict.fromkeys(key.columns)).where(key.dangling(rows))
    return delete(rows).where(key.dangling(rows))


def _bring_back_kernel_rows(
    connection: Connection, holdings: Holdings, folder: Path, bundle: Bundle
) -> dict[str, int]:
    """Insert rows of kernel tables whose records and targets are there, and that are not there already."""
    found = {held.name: held for held, _ in kernel_rows(connection, holdings) if held.name != FILES}
    counts: dict[str, int] = {}
    for name, part in bundle.of("kernel").items():
        for row in bundles.rows_of(folder, part) if name in found else ():
            counts[name] = counts.get(name, 0) + _insert_kernel_row(connection, holdings, found[name], row)
    return counts


def _insert_kernel_row(connection: Connection, holdings: Holdings, held: Held, row: Row) -> bool:
    values = Codec(held, connection.dialect.name).taken_in(row)
    if held.name == TRASH and not in_trash(connection, holdings, row["workspace_id"], row["resource_id"]):
        return False
    if not all(_target_exists(connection, key, values) for key in held.keys):
        return False
    statement = insertion(connection, held).on_conflict_do_nothing()
    return bool(connection.execute(statement, values).rowcount)


def _target_exists(connection: Connection, key: Key, values: Row) -> bool:
    if any(values[name] is None for name in key.columns):
        return True
    target = table(key.target, *map(column, key.target_columns))
    pairs = zip(key.columns, key.target_columns, strict=True)
    same = [target.c[theirs] == literal(values[mine], NullType()) for mine, theirs in pairs]
    return connection.scalar(select(1).select_from(target).where(*same)) is not None
