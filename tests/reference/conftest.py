"""The server that the pages describe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pronaflow_kernel.testing import World

from .installation import installation


@pytest.fixture(scope="session")
def server() -> Iterator[World]:
    """The kernel with all first-party plugins, on SQLite."""
    with installation() as world:
        yield world
