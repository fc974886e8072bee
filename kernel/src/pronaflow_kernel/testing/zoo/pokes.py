"""Ways to provoke an animal; each answers in words what the caller got."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

from sqlalchemy import select

from ...access.principal import Principal
from ...errors import KernelError
from ...jobs.models import DeadJob
from ...persistence.scope import Scope
from ...plugins.discovery import GROUP
from .healthy import PEBBLES

if TYPE_CHECKING:
    from ..people import Person, Reply
    from ..world import World
    from .animal import Poke


def said(reply: Reply) -> str:
    """An HTTP answer in words: `200`, or `503 PLUGIN_FAILED`."""
    return str(reply.status) if reply.status < 400 else f"{reply.status} {reply.error['code']}"


def asks_permission(world: World, person: Person) -> str:
    """Have a permission checked that animals object to."""
    return said(person.get("/api/v1/neighbour/poke"))


def writes(world: World, person: Person) -> str:
    """Have a change checked that animals object to."""
    return said(person.post(PEBBLES, {"title": "poke"}))


def signs_in(world: World, person: Person) -> str:
    """Come with a credential that only plugins can know."""
    return said(person.request("GET", PEBBLES, headers={"Authorization": "Bearer poke"}))


def is_counted(world: World, person: Person) -> str:
    """Have a request counted that animals set a limit for; says which limit held."""
    reply = world.person("poke").get(PEBBLES)
    return f"{said(reply)}, limit {reply.headers['X-RateLimit-Tier']}"


def lists(animal: str, times: int = 1) -> Poke:
    """Have one animal add to a list of pebbles, and no other plugin; says whether the list shows it."""

    def poke(world: World, person: Person) -> str:
        from zoo_neighbour.models import Pebble  # type: ignore[import-not-found]

        with world.kernel.db.write(Scope.system(person.workspace_id)) as uow:
            uow.insert(Pebble, {"title": "Listed"})
        for _ in range(times):
            reply = person.get(PEBBLES, ext=animal)
        shown = any("ext" in row for row in reply.data)
        return f"{said(reply)} {'with' if shown else 'without'} ext"

    return poke


def hears(world: World, person: Person) -> str:
    """Have an event delivered; says whether the neighbour heard it, too."""
    made = person.post(PEBBLES, {"title": "Heard"})
    world.drain()
    shown = person.get(f"{PEBBLES}/{made.data['id']}").data["ext"]["neighbour"]
    return f"{said(made)} {'heard' if shown['heard'] else 'not heard'}"


def visits(path: str, method: str = "GET") -> Poke:
    """Call a route of its own, and have done what it leaves for after the commit."""

    def poke(world: World, person: Person) -> str:
        reply = person.request(method, f"/api/v1/{path}")
        world.drain()
        return said(reply)

    return poke


def digs(animal: str) -> Poke:
    """Have a route of its own hand in its job; says what became of it."""

    def poke(world: World, person: Person) -> str:
        reply = person.request("POST", f"/api/v1/{animal}")
        world.drain()
        with world.kernel.bus.engine.connect() as connection:
            given_up = connection.scalars(select(DeadJob.kind).where(DeadJob.kind == f"{animal}.dig")).all()
        return f"{said(reply)}, {'given up' if given_up else 'not given up'}"

    return poke


def checks_health(check: str) -> Poke:
    """Ask how the server is: what supervisors get, and how the plugin's own check is shown."""

    def poke(world: World, person: Person) -> str:
        ready = world.anonymous().get("/health/ready")
        return f"{ready.status} {ready.json['status']}, {ready.json['components'][check]}"

    return poke


def runs(command: str, entry_point: str) -> Poke:
    """Run a command of a plugin that has the same id, as `pronaflow` does."""

    def poke(world: World, person: Person) -> str:
        from click import Group
        from click.testing import CliRunner

        from ...cli.contributed import PluginCommand
        from ...cli.state import State

        there = PluginCommand(command, "Fail", EntryPoint(command, entry_point, GROUP))
        done = CliRunner().invoke(Group("pronaflow", {command: there}), [command], obj=State())
        return f"exit {done.exit_code}: {done.output.strip().removeprefix('Error: ')}"

    return poke


def discards(world: World, person: Person) -> str:
    """Have something moved to the trash of a workspace for which animals decide."""
    poker = world.person("poke")
    made = poker.post(PEBBLES, {"title": "Dull"}).data
    return said(poker.delete(f"{PEBBLES}/{made['id']}"))


def collects(world: World, person: Person) -> str:
    """Have a person's data collected."""
    with world.kernel.db.read(Scope(Principal.system())) as reader:
        found = world.kernel.hooks.collect_user_data(reader, person.id)
    return f"data of {', '.join(found) or 'nobody'}"


def erases(world: World, person: Person) -> str:
    """Have a person's data erased."""
    try:
        with world.kernel.db.write(Scope(Principal.system())) as uow:
            world.kernel.hooks.erase_user_data(uow, person.id)
    except KernelError as error:
        return f"{error.status} {error.code}"
    return "erased"
