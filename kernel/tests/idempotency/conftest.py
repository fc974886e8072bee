"""A server whose routes answer a key in every way there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World


@pytest.fixture(scope="session")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The plugins `notes` and `things` alone."""
    plugins = [
        EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP),
        EntryPoint("things", "things_plugin.plugin:ThingsPlugin", GROUP),
    ]
    made = World(new_database(), tmp_path_factory.mktemp("data"), candidates=discover(plugins))
    yield made
    made.close()
