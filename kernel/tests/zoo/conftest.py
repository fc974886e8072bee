"""Servers in which an animal lives and no other plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.plugins.discovery import Candidate
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import Animal

Zoo = Callable[..., list[Candidate]]
Meet = Callable[..., World]


@pytest.fixture(scope="session")
def shared_database(new_database: Callable[[], str]) -> str:
    """One database of a kind for all animals: what they leave in it harms nobody either."""
    return new_database()


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One more, for animals to which all databases are alike."""
    return f"sqlite:///{tmp_path_factory.mktemp('zoo') / 'pronaflow.sqlite3'}"


@pytest.fixture
def meet(new_world: Callable[..., World], zoo: Zoo, shared_database: str) -> Meet:
    """Starts a server with these animals and no other plugins."""

    def start(*animals: Animal, **settings: Any) -> World:
        return new_world(settings, candidates=zoo(*animals), database_url=shared_database)

    return start


@pytest.fixture
def meet_on_sqlite(zoo: Zoo, sqlite_database: str, tmp_path: Path) -> Iterator[Meet]:
    """Like `meet`, for animals to which all databases are alike."""
    worlds: list[World] = []

    def start(*animals: Animal, **settings: Any) -> World:
        worlds.append(World(sqlite_database, tmp_path, settings, candidates=zoo(*animals)))
        return worlds[-1]

    yield start
    for world in worlds:
        world.close()
