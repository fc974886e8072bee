"""Servers that count requests, and callers whom nobody has counted before."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, Candidate, discover
from pronaflow_kernel.testing import Person, World

NOTES = EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP)
GATE = EntryPoint("gate", "gate_plugin.plugin:GatePlugin", GROUP)

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def candidates() -> list[Candidate]:
    """The plugins `notes` and `gate`."""
    return discover([NOTES, GATE])


@pytest.fixture(scope="module")
def counting(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, candidates: list[Candidate]
) -> Iterator[World]:
    """A server that counts in its own memory."""
    data = tmp_path_factory.mktemp("data")
    made = World(new_database(), data, {"rate_limit.enabled": True}, candidates=candidates)
    yield made
    made.close()


@pytest.fixture
def counting_with(tmp_path: Path, candidates: list[Candidate]) -> Iterator[Callable[..., World]]:
    """Makes servers that count, with further settings; they share one database on SQLite."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        url = f"sqlite:///{tmp_path / 'counting.sqlite3'}"
        made.append(World(url, tmp_path, {"rate_limit.enabled": True, **settings}, candidates=candidates))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def home() -> Callable[..., Any]:
    """Puts people at one address that nobody was at before; answers them."""

    def put(*people: Person) -> Any:
        number = next(_numbers)
        for person in people:
            person.client.environ_base["REMOTE_ADDR"] = f"10.7.{number // 256}.{number % 256}"
        return people if len(people) > 1 else people[0]

    return put


@pytest.fixture
def stranger(counting: World, home: Callable[..., Any]) -> Any:
    """Somebody without a credential, at an address of their own."""
    return home(counting.anonymous())
