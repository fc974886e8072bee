"""What a database holds, read past the kernel."""

from __future__ import annotations

from sqlalchemy import inspect, text

from ...persistence.engines import open_bare

Tables = dict[str, list[str]]
"""Rows by table."""


BUSTLE = {("core__event", "position")}
"""Columns that the bus fills in by itself, whenever it next looks."""


class Rows:
    """The rows of a database's tenant tables.

    Arguments:
        database_url: of the database.
    """

    def __init__(self, database_url: str) -> None:
        self._engine = open_bare(database_url)
        inspector = inspect(self._engine)
        columns = {
            table: [column["name"] for column in inspector.get_columns(table)]
            for table in inspector.get_table_names()
        }
        self._tables = {
            table: ", ".join(name for name in names if (table, name) not in BUSTLE)
            for table, names in columns.items()
            if "workspace_id" in names
        }

    def of(self, workspace_id: str) -> Tables:
        """Every row of a workspace, by table."""
        with self._engine.connect() as connection:
            return {
                table: sorted(
                    str(row)
                    for row in connection.execute(
                        text(f"SELECT {names} FROM {table} WHERE workspace_id = :id"), {"id": workspace_id}
                    )
                )
                for table, names in self._tables.items()
            }

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
