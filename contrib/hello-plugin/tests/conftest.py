"""A server with the plugin from this folder beside the installed ones."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

HELLO = EntryPoint("hello", "pronaflow_hello.plugin:HelloPlugin", GROUP)


@pytest.fixture(scope="session")
def world(new_database, tmp_path_factory):
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
    installed = [candidate for candidate in discover() if candidate.id != "hello"]
    made = World(
        new_database(), tmp_path_factory.mktemp("hello"), candidates=[*installed, *discover([HELLO])]
    )
    yield made
    made.close()
