"""Where the plugin is off in a workspace, no list and no token leads into that workspace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pronaflow_kernel.testing import Person, World

from .conftest import WORKSPACES, Team, accept


@pytest.fixture
def off(world: World, team: Team) -> Iterator[Team]:
    """A team in whose workspace the plugin is switched off, after somebody was invited."""
    team.invite("guest@example.com")
    world.drain()
    team.owner.post(f"{team.path}/access")
    yield team
    world.kernel.switches.set("workspaces", True, team.id)


def switch_off(world: World, team: Team) -> None:
    world.kernel.switches.set("workspaces", False, team.id)


def test_the_list_leaves_it_out(world: World, off: Team) -> None:
    assert off.id in {row["id"] for row in off.owner.get(WORKSPACES).data}
    switch_off(world, off)
    assert off.id not in {row["id"] for row in off.owner.get(WORKSPACES).data}


def test_the_last_visit_is_forgotten(world: World, off: Team) -> None:
    assert off.owner.get(f"{WORKSPACES}/me/last-accessed").data["id"] == off.id
    switch_off(world, off)
    assert off.owner.get(f"{WORKSPACES}/me/last-accessed").status == 404


def test_an_invitation_opens_nothing(world: World, off: Team, bob: Person) -> None:
    token = off.token("guest@example.com")
    switch_off(world, off)
    assert accept(bob, token).status == 404
    world.kernel.switches.set("workspaces", True, off.id)
    assert accept(bob, token).status == 403


def test_it_cannot_be_restored(world: World, off: Team) -> None:
    assert off.owner.delete(off.path).status == 200
    switch_off(world, off)
    assert off.owner.post(f"{off.path}/restore").status == 404
    world.kernel.switches.set("workspaces", True, off.id)
    assert off.owner.post(f"{off.path}/restore").status == 200
