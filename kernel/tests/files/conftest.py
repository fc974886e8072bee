"""A server with a shelf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from shelf_plugin.plugin import LARGEST

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World


@pytest.fixture(scope="session")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The plugin `shelf` alone."""
    shelf = EntryPoint("shelf", "shelf_plugin.plugin:ShelfPlugin", GROUP)
    settings = {"files.max_bytes": LARGEST}
    made = World(new_database(), tmp_path_factory.mktemp("data"), settings, discover([shelf]))
    yield made
    made.close()


@pytest.fixture
def shelf(ann: Any) -> str:
    """Where ann puts papers."""
    return f"/api/v1/shelf/in/{ann.workspace_id}"


@pytest.fixture
def stored(world: World) -> Callable[[], set[Path]]:
    """All that is in the store."""
    folder = world.kernel.settings.data_dir / "files"
    return lambda: {path for path in folder.rglob("*") if path.is_file()}
