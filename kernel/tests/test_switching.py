"""A switch reaches every kind of thing that a plugin brings, for the whole server and for one workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.plugins.specs import kernel_specs
from pronaflow_kernel.testing import World, kinds
from pronaflow_kernel.testing.kinds import Kind, Place, looked_at, missing, register, still_there, unknown
from pronaflow_kernel.testing.walk import Makers, Party, Rows, operations

SAMPLER = EntryPoint("sampler", "sampler_plugin.plugin:SamplerPlugin", GROUP)
NOTES = EntryPoint("notes", "notes_plugin.plugin:NotesPlugin", GROUP)
FLAVOURS = Kind("flavours", stays="the sampler brings none")


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with a plugin that brings one of each kind, beside another one."""
    made = World(new_database(), tmp_path_factory.mktemp("data"), candidates=discover([SAMPLER, NOTES]))
    yield made
    made.close()


@pytest.fixture
def place(world: World, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The sampler, and somebody with records of every kind; kinds that a test registers go with it."""
    monkeypatch.setattr(kinds, "_KINDS", dict(kinds._KINDS))
    document = world.anonymous().get("/openapi.json").json
    party = Party(world, Makers({each.id: each for each in operations(document)}), "mark")
    party.id_of("sample")
    world.drain()
    return Place("sampler", party)


def test_every_kind_has_a_look_or_a_reason(place: Place) -> None:
    assert unknown(kernel_specs()) == []
    assert [kind.name for kind in kinds.kinds() if kind.at_work is None and not kind.stays] == []


def test_a_kind_that_a_plugin_publishes_is_unknown_until_it_is_registered(world: World, place: Place) -> None:
    assert unknown(world.kernel.hooks.specs()) == ["flavours"]
    register(FLAVOURS)
    assert unknown(world.kernel.hooks.specs()) == []


def test_a_kind_needs_a_look_or_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a look at its things, or the reason why they stay"):
        Kind("stamps")


def test_the_sampler_brings_one_of_each(place: Place) -> None:
    assert looked_at(place) == {kind.name for kind in kinds.kinds() if not kind.stays}
    here = looked_at(replace(place, everywhere=False))
    assert here == {kind.name for kind in kinds.kinds() if not kind.stays and not kind.whole}
    brought = place.brought
    assert all(getattr(brought, name) for name in ("hookspecs", "models", "event_types"))


def test_to_look_at_routes_does_nothing(world: World, place: Place) -> None:
    rows = Rows(world.database_url)
    before = rows.of(place.party.workspace_id)["sampler__sample"]
    assert missing(place) == []
    assert rows.of(place.party.workspace_id)["sampler__sample"] == before
    rows.close()


@pytest.mark.parametrize("everywhere", [True, False], ids=["server", "workspace"])
def test_off_is_gone_and_on_is_there_twice(world: World, place: Place, everywhere: bool) -> None:
    place = replace(place, everywhere=everywhere)
    where = None if everywhere else place.party.workspace_id
    assert missing(place) == []
    for _ in range(2):
        world.kernel.switches.set("sampler", False, where)
        assert still_there(place) == []
        world.kernel.switches.set("sampler", True, where)
        assert missing(place) == []


def test_one_workspace_is_not_another(world: World, place: Place) -> None:
    other = Place("sampler", Party(world, place.party.makers, "other"), everywhere=False)
    world.kernel.switches.set("sampler", False, place.party.workspace_id)
    assert missing(other) == []
    assert missing(place) != []
    assert still_there(replace(place, plugin_id="notes")) != []
    world.kernel.switches.set("sampler", True, place.party.workspace_id)


def test_what_a_switch_does_not_reach_is_named(world: World, place: Place) -> None:
    register(Kind("stamps", lambda place: {"penny": True}))
    world.kernel.switches.set("sampler", False)
    assert still_there(place) == ["stamps: penny"]
    world.kernel.switches.set("sampler", True)
