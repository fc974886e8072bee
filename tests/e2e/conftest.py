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


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """Name of a distribution to its wheel."""
    folder = tmp_path_factory.mktemp("wheels")
    for distribution in DISTRIBUTIONS:
        build(ROOT / distribution, folder, "--wheel")
    found = {wheel.name.partition("-")[0].replace("_", "-"): wheel for wheel in folder.glob("*.whl")}
    assert len(found) == len(DISTRIBUTIONS)
    return found
