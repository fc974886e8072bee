"""One server out of nothing for all tests that do it no harm."""

from __future__ import annotations

import pytest

from .server import Site


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory):
    """A running `pronaflow quickstart` on SQLite."""
    site = Site(tmp_path_factory.mktemp("quickstart"))
    yield site.server()
    site.close()
