"""One server out of nothing for all tests that do it no harm, and wheels of everything."""

from __future__ import annotations

import pytest

from .environment import DISTRIBUTIONS, ROOT, build
from .server import Site


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory):
    """A running `pronaflow quickstart` on SQLite."""
    site = Site(tmp_path_factory.mktemp("quickstart"))
    yield site.server()
    site.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "production"])
def site(request, tmp_path_factory):
    """Where the servers of this module run one after another, for callers who want more than their limit.

    In production PostgreSQL, Redis and workers of their own stand beside them.
    """
    made = Site(tmp_path_factory.mktemp(request.param), settings={"PRONAFLOW_RATE_LIMIT__ENABLED": "no"})
    if request.param != "sqlite":
        from pronaflow_kernel.testing.postgres import create_database

        server = request.getfixturevalue("postgres_server")
        made.settings["PRONAFLOW_DATABASE_URL"] = create_database(server)
        made.run("db", "upgrade")
    if request.param == "production":
        made.workers = True
        redis_url = request.getfixturevalue("redis_url")
        made.settings |= {"PRONAFLOW_JOBS__THREADS": "0", "PRONAFLOW_REDIS_URL": redis_url}
    yield made
    made.close()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """Name of a distribution to its wheel."""
    folder = tmp_path_factory.mktemp("wheels")
    for distribution in DISTRIBUTIONS:
        build(ROOT / distribution, folder, "--wheel")
    found = {wheel.name.partition("-")[0].replace("_", "-"): wheel for wheel in folder.glob("*.whl")}
    assert len(found) == len(DISTRIBUTIONS)
    return found
