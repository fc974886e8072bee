"""In which order plugins start, which are left out on purpose, and when a failure stops the server.

What broken plugins do to a server is told in `zoo/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import Scope, User
from pronaflow_kernel.assembly import StartRefused
from pronaflow_kernel.attribution import acting
from pronaflow_kernel.errors import CapabilityDenied
from pronaflow_kernel.plugins.discovery import Candidate
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import ANIMALS, NEIGHBOUR, Animal, dependant
from pronaflow_kernel.testing.zoo.animal import implements, source

Start = Callable[..., World]
BROKEN = ANIMALS["raises_on_load"]


@pytest.fixture(scope="session")
def shared_database(new_database: Callable[[], str]) -> str:
    """One database for all: these plugins leave nothing in it that another one minds."""
    return new_database()


@pytest.fixture
def start(
    new_world: Callable[..., World], zoo: Callable[..., list[Candidate]], shared_database: str
) -> Start:
    """Starts a server with these plugins and no others."""

    def started(*plugins: Animal, **settings: Any) -> World:
        return new_world(settings, candidates=zoo(*plugins), database_url=shared_database)

    return started


def healthy(id: str, declares: str = "") -> Animal:
    return Animal(id, "Nothing.", state="ready", declares=declares)


def test_start_order_follows_requirements_then_ids(start: Start) -> None:
    world = start(
        healthy("zeta"),
        healthy("alpha", 'requires = { zeta = ">=0" }'),
        healthy("beta", 'uses = ["zeta", "absent"]'),
    )
    assert [chain.id for chain in world.kernel.chains] == ["core", "zeta", "alpha", "beta"]


SPECS = """

class Specs:
    @api.hookspec
    def provide_toys(self) -> list[str]:
        "Toys."
"""


def test_a_plugin_starts_after_those_whose_hooks_it_implements(start: Start) -> None:
    shop = Animal(
        "shop", "Nothing.", plugin=source(implements("provide_hookspecs", "return Specs"), head=SPECS)
    )
    maker = source("@api.hookimpl\ndef provide_toys(self):\n    return ['ball']")
    brand = Animal("brand", "Nothing.", plugin=maker, declares='hooks = ["shop:provide_toys"]')
    world = start(brand, shop)
    assert [chain.id for chain in world.kernel.chains] == ["core", "shop", "brand"]
    assert world.kernel.hooks.ask("provide_toys") == [("brand", ["ball"])]


def test_a_hook_of_a_plugin_that_is_not_there_rests(start: Start) -> None:
    maker = source("@api.hookimpl\ndef provide_toys(self):\n    return ['ball']")
    brand = Animal("brand", "Nothing.", plugin=maker, declares='hooks = ["shop:provide_toys"]')
    assert start(brand).kernel.state("brand").state == "ready"


def test_plugins_that_cannot_start_come_last(start: Start) -> None:
    world = start(BROKEN, dependant(BROKEN), NEIGHBOUR, ANIMALS["lonely"])
    ready = [plugin_id for plugin_id, status in world.kernel.plugins.items() if status.state == "ready"]
    assert ready == ["neighbour"]
    assert [chain.id for chain in world.kernel.chains] == ["core", "neighbour"]


def test_a_disabled_plugin_is_not_even_imported(start: Start) -> None:
    bomb = ANIMALS["raises_on_import"]
    world = start(bomb, **{"plugins.disabled": (bomb.id,)})
    status = world.kernel.plugins[bomb.id]
    assert (status.state, status.reason, status.trace) == ("disabled", "switched off by the settings", "")


@pytest.mark.parametrize("animal", ["raises_on_load", "lonely", "from_the_future", "toml_error"])
def test_the_settings_can_make_any_failure_stop_the_server(start: Start, animal: str) -> None:
    with pytest.raises(StartRefused) as refused:
        start(NEIGHBOUR, ANIMALS[animal], **{"plugins.startup": "abort"})
    words = ANIMALS[animal].words
    assert [word for word in words if word not in str(refused.value)] == []
    assert f"the start is aborted because {animal} is {ANIMALS[animal].state}: " in str(refused.value)


def test_a_failure_stops_the_server_where_a_plugin_is_critical(start: Start) -> None:
    vital = Animal("vital", "Its setup raises.", plugin=BROKEN.plugin, declares="critical = true")
    with pytest.raises(StartRefused, match=r"aborted because vital is failed: .*the disk is gone"):
        start(NEIGHBOUR, vital)


def test_a_critical_plugin_that_is_blocked_stops_the_server_too(start: Start) -> None:
    vital = healthy("vital", f'critical = true\nrequires = {{ {BROKEN.id} = ">=0" }}')
    with pytest.raises(StartRefused, match=f"vital is blocked: requires {BROKEN.id}, which is failed"):
        start(NEIGHBOUR, BROKEN, vital)


def test_what_is_switched_off_may_be_as_broken_as_it_likes(start: Start) -> None:
    world = start(NEIGHBOUR, BROKEN, **{"plugins.startup": "abort", "plugins.disabled": (BROKEN.id,)})
    assert world.kernel.state("neighbour").state == "ready"


BOXES = Animal(
    "zboxes",
    "It opens containers, and then its route exists already.",
    words=("exists already, from neighbour",),
    plugin=source(
        implements("provide_services", "return {Containers: Boxes()}"),
        implements("provide_blueprints", "return [blp]"),
        head="""
        from sqlalchemy import select
        from pronaflow_kernel.access.containers import Containers


        class Boxes:
            def role(self, reader, container_id):
                return None

            def visible(self):
                return select(api.User.id)

            def seeing(self, reader, container_id, user_ids):
                return user_ids


        blp = api.Blueprint("zboxes", url_prefix="/api/v1/neighbour", tag="Boxes")


        @blp.endpoint("GET", "/pebbles", permission="public")
        def look(reader):
            "Look."
            return {}
        """,
    ),
)


def test_what_a_failed_plugin_lets_others_read_is_taken_back(start: Start) -> None:
    world = start(NEIGHBOUR, BOXES)
    assert world.kernel.state("zboxes").state == "failed" and world.kernel.access.containers is None
    with (
        pytest.raises(CapabilityDenied, match="core__user"),
        world.kernel.db.read(Scope.system()) as reader,
        acting("neighbour"),
    ):
        reader.all(select(User.id))
