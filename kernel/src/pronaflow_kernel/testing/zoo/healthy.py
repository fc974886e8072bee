"""The healthy plugin next door, and the journey that proves it unharmed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .animal import Animal, dependant

if TYPE_CHECKING:
    from ..people import Person
    from ..world import World

PEBBLES = "/api/v1/neighbour/pebbles"
"""Path of what the neighbour keeps."""

_FOLDER = Path(__file__).with_name("neighbour")


def _sources() -> dict[str, str]:
    """The neighbour's package, path to text; a plugin is a top-level package, so it is copied out of here."""
    found = (path for path in _FOLDER.rglob("*") if path.suffix in (".py", ".toml"))
    return {str(path.relative_to(_FOLDER)): path.read_text(encoding="utf-8") for path in found}


NEIGHBOUR = Animal("neighbour", "Nothing: it keeps pebbles.", state="ready", files=_sources())
"""A healthy plugin with tables, permissions, routes, events, a subscriber, a service and an extension."""


def with_company(animal: Animal) -> tuple[Animal, ...]:
    """An animal beside the neighbour, with a plugin that requires it and one that requires that one."""
    first = dependant(animal)
    return (NEIGHBOUR, animal, first, dependant(first))


def journey(world: World, person: Person) -> None:
    """Everything the neighbour can do, done once; fails the test where an animal's harm shows."""
    pebble = person.post(PEBBLES, {"title": "Round"}).data
    url = f"{PEBBLES}/{pebble['id']}"
    assert person.patch(url, {"title": "Flat"}).data["title"] == "Flat"
    world.drain()
    assert person.get(url).data["ext"]["neighbour"] == {"heard": True}
    (listed,) = person.get(PEBBLES, ext="neighbour").data
    assert (listed["id"], listed["ext"]) == (pebble["id"], {"neighbour": {"heard": True}})
    told = [row["type"] for row in world.events(person.workspace_id) if row["type"].startswith("pebble.")]
    assert told == ["pebble.created", "pebble.updated"]
    assert person.delete(url).status == 200
    assert person.get(url).status == 404
    assert person.get(PEBBLES).data == []
