"""Plugins that live only in these tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

sys.path.insert(0, str(Path(__file__).parent / "packages"))

NOTES = EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP)


@pytest.fixture(scope="session")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server with the plugin `notes` alone, whatever else is installed."""
    made = World(new_database(), tmp_path_factory.mktemp("data"), candidates=discover([NOTES]))
    yield made
    made.close()
