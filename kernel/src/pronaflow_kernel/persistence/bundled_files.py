"""The files of a plugin whose data is in a bundle: their content stays in the store, and rows that name it.

These rows are in the bundle, too, for another database. Here they are marked as `bundled`, so that the daily
job takes none of them for left behind, until the bundle comes back.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Boolean, ColumnElement, Connection, column, false, literal, true, update

from . import bundles
from .bundles import Bundle
from .holdings import FILES, Held, Holdings, kernel_rows
from .portable import Codec, insertion


def hold(connection: Connection, held: Held, where: ColumnElement[bool]) -> None:
    """Mark files as named by a bundle.

    Arguments:
        held: their table; where: which of its rows.
    """
    connection.execute(update(held.clause).where(where).values(bundled=true()))


def in_use() -> ColumnElement[bool]:
    """The condition on files that no earlier bundle has."""
    return column("bundled", Boolean).is_(false())


def bring_back(connection: Connection, holdings: Holdings, folder: Path, bundle: Bundle) -> dict[str, int]:
    """Name the files of a bundle as in use, before the plugin's rows come, which refer to them.

    A database that does not know them is another one, and gets their rows; whether it has the same store
    nobody can tell here.

    Returns:
        The number of files under the name of the table; nothing where there were none.
    """
    part = bundle.of("kernel").get(FILES)
    if part is None:
        return {}
    held = next(held for held, _ in kernel_rows(connection, holdings) if held.name == FILES)
    codec = Codec(held, connection.dialect.name)
    statement = insertion(connection, held).on_conflict_do_update(
        index_elements=["key"],
        set_={"bundled": false()},
        where=held.clause.c.plugin_id == literal(holdings.plugin_id),
    )
    total = 0
    for row in bundles.rows_of(folder, part):
        values = codec.taken_in({**row, "plugin_id": holdings.plugin_id, "bundled": False})
        total += connection.execute(statement, values).rowcount
    return {FILES: total} if total else {}
