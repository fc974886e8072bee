"""The server with all installed plugins, and what it documents."""

from __future__ import annotations

import pytest

from pronaflow_kernel.plugins.discovery import discover
from pronaflow_kernel.testing.walk import Makers, Rows, brought, operations


@pytest.fixture(scope="session")
def document(world):
    """The OpenAPI document."""
    return world.anonymous().get("/openapi.json").json


@pytest.fixture(scope="session")
def listed(document):
    """Every operation, by its id."""
    return {operation.id: operation for operation in operations(document)}


@pytest.fixture(scope="session")
def makers(listed):
    """How records of every kind are made."""
    names = ("MAKERS", "REQUESTS", "REFUSED")
    return Makers(listed, *(brought(name, discover()) for name in names))


@pytest.fixture(scope="session")
def rows(world):
    """What the server's database holds."""
    opened = Rows(world.database_url)
    yield opened
    opened.close()
