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
        # One connection for all looks: a walk looks a thousand times, at each table.
        self._connection = open_bare(database_url).connect().execution_options(isolation_level="AUTOCOMMIT")
        inspector = inspect(self._connection)
        columns = {
            table: [column["name"] for column in inspector.get_columns(table)]
            for table in inspector.get_table_names()
        }
        self._statements = {
            table: text(f"SELECT {_shown(table, names)} FROM {table} WHERE workspace_id = :id")
            for table, names in columns.items()
            if "workspace_id" in names
        }

    def of(self, workspace_id: str) -> Tables:
        """Every row of a workspace, by table."""
        return {
            table: sorted(str(row) for row in self._connection.execute(statement, {"id": workspace_id}))
            for table, statement in self._statements.items()
        }

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


def _shown(table: str, columns: list[str]) -> str:
    return ", ".join(name for name in columns if (table, name) not in BUSTLE)
