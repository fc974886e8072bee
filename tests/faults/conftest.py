"""Installations of each deployment, each made once and copied for every test."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import make_url, text

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.engines import open_bare

from .installation import Installation, copied, prepare
from .processes import PATIENCE, PostgreSQL


def rounds(few: int) -> int:
    """How many faults a test makes: FAULT_ROUNDS, or the few that a run of all tests can afford."""
    return int(os.environ.get("FAULT_ROUNDS") or few)


def bound(seconds: float) -> float:
    """How long something may take: only where the machine does nothing else is that a matter of seconds."""
    return seconds if "FAULT_ROUNDS" in os.environ else PATIENCE


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server that tests may stop and start."""
    # Not in pytest's folder: each run closes that to other users, and PostgreSQL runs as one of them.
    with TemporaryDirectory(prefix="pronaflow-postgres-") as folder:
        server = PostgreSQL(Path(folder))
        yield server
        server.close()


@pytest.fixture(scope="session")
def templates(request, tmp_path_factory):
    """Makes the installation of a kind of database that all others are copied from."""
    made: dict[str, Installation] = {}

    def template(kind: str) -> Installation:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            url = f"sqlite:///{folder / 'data' / 'pronaflow.sqlite3'}"
            if kind == "postgresql":
                url = create(request.getfixturevalue("postgresql"))
            made[kind] = prepare(folder, url)
        return made[kind]

    return template


@pytest.fixture
def install(request, templates, tmp_path) -> Any:
    """Makes installations that run: `install("sqlite")`, `install("postgresql")`, `install("production")`.

    The last one has PostgreSQL and Redis, a server that only serves, and two workers.
    """
    made: list[Installation] = []

    def installed(kind: str, **settings: str) -> Installation:
        database = "sqlite" if kind == "sqlite" else "postgresql"
        template = templates(database)
        folder = tmp_path / kind
        url = f"sqlite:///{folder / 'data' / 'pronaflow.sqlite3'}"
        if database == "postgresql":
            url = create(request.getfixturevalue("postgresql"), make_url(template.database_url).database)
        made.append(copied(template, folder, url))
        made[-1].settings |= settings
        if kind == "production":
            made[-1].workers = 2
            made[-1].settings["PRONAFLOW_REDIS_URL"] = request.getfixturevalue("redis_server").url
        made[-1].start()
        return made[-1]

    yield installed
    for each in made:
        each.close()


@pytest.fixture(params=["sqlite", "postgresql", "production"])
def kind(request) -> str:
    """Each deployment in turn."""
    return str(request.param)


@pytest.fixture
def site(kind, install) -> Installation:
    """An installation that runs, of each deployment in turn."""
    return install(kind)


def create(server: PostgreSQL, template: str | None = "template1") -> str:
    """Create a database like another one, and answer its URL."""
    name = f"faults_{new_id().replace('-', '')}"
    engine = open_bare(server.url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)
