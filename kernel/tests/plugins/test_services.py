"""Services: checked when they are published, reached through stand-ins."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from pronaflow_kernel.attribution import CURRENT_PLUGIN, acting
from pronaflow_kernel.errors import CapabilityDenied
from pronaflow_kernel.plugins.services import (
    ServiceFault,
    ServiceMissing,
    Services,
    needs_scope,
    signature_faults,
)


class Shelf(Protocol):
    """A service."""

    def find(self, title: str, *, exact: bool = False) -> str:
        """Find something."""
        ...

    @needs_scope("write:shelf")
    def put(self, title: str) -> None:
        """Put something there."""
        ...


class WoodenShelf:
    """A right one, which has more than the Protocol demands."""

    def find(self, title: str, *, exact: bool = False, limit: int = 1) -> str:
        return f"{title} by {CURRENT_PLUGIN.get()}"

    def put(self, title: str) -> None:
        pass

    def burn(self) -> None:
        pass


class Another(Protocol):
    """A service that nobody publishes."""

    def do(self) -> None:
        """Do it."""
        ...


@pytest.fixture
def off() -> set[Any]:
    """Plugins that are off; `(plugin, workspace)` where they are off in one."""
    return set()


@pytest.fixture
def services(off: set[Any]) -> Services:
    made = Services(lambda plugin, workspace: plugin not in off and (plugin, workspace) not in off)
    made.publish("shelves", Shelf, WoodenShelf())
    return made


def method(source: str) -> Any:
    scope: dict[str, Any] = {}
    exec(f"class Service(WoodenShelf):\n    {source}: ...", {"WoodenShelf": WoodenShelf}, scope)
    return scope["Service"]()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def find(self)", "find() lacks title"),
        ("def find(self, name, *, exact=False)", "find() lacks title"),
        ("def find(self, title)", "find() lacks exact"),
        (
            "def find(self, title, *, exact)",
            "find() demands exact, which the Protocol lets callers leave out",
        ),
        ("def find(self, title, more, *, exact=False)", "find() demands more, which the Protocol does not"),
        ("def find(self, more, title, *, exact=False)", "find() takes title at another place"),
        ("def find(self, *, title, exact=False)", "find() takes title not by position and by name"),
        ("find = 7", "find is missing"),
    ],
)
def test_a_service_that_cannot_be_called_as_its_protocol_says_is_refused(source: str, words: str) -> None:
    services = Services(lambda *where: True)
    service = method(source) if "def" in source else type("S", (WoodenShelf,), {"find": 7})()
    with pytest.raises(ServiceFault) as refused:
        services.publish("shelves", Shelf, service)
    assert words in str(refused.value) and "service Shelf" in str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "def find(self, title, exact=False)",
        "def find(self, title='', *, exact=False)",
        "def find(self, title, *more, exact=False, **others)",
        "def find(self, title, **others)",
    ],
)
def test_one_that_takes_more_will_do(source: str) -> None:
    assert signature_faults(Shelf, method(source)) == []


def test_what_is_no_protocol_is_no_service() -> None:
    with pytest.raises(ServiceFault, match=r"no typing\.Protocol"):
        Services(lambda *where: True).publish("shelves", WoodenShelf, WoodenShelf())


def test_a_second_publisher_is_told_of_the_first(services: Services) -> None:
    with pytest.raises(ServiceFault, match="published by shelves already"):
        services.publish("rival", Shelf, WoodenShelf())


def test_the_owners_code_runs_as_the_owner(services: Services) -> None:
    mine = services.for_plugin("reader", ())
    with acting("reader"):
        assert mine.require(Shelf).find("x") == "x by shelves"
        assert CURRENT_PLUGIN.get() == "reader"


def test_a_stand_in_has_what_the_protocol_has_and_nothing_else(services: Services) -> None:
    shelf: Any = services.for_plugin("reader", ()).require(Shelf)
    assert not hasattr(shelf, "burn")
    with pytest.raises(AttributeError):
        shelf.anything = 1


def test_a_method_that_needs_a_scope_is_for_those_who_declare_it(services: Services) -> None:
    services.for_plugin("writer", ["write:shelf"]).require(Shelf).put("x")
    with pytest.raises(CapabilityDenied, match=r"reader calls Shelf\.put, which needs 'write:shelf'"):
        services.for_plugin("reader", ["read:shelf"]).require(Shelf).put("x")


def test_the_kernel_needs_no_scope(services: Services) -> None:
    services.require(Shelf).put("x")


def test_what_nobody_publishes_is_none_or_missing(services: Services) -> None:
    mine = services.for_plugin("reader", ())
    assert mine.get(Another) is None
    with pytest.raises(ServiceMissing, match="no active plugin publishes Another"):
        mine.require(Another)


def test_what_is_switched_off_is_none(services: Services, off: set[Any]) -> None:
    mine = services.for_plugin("reader", ())
    off.add("shelves")
    assert mine.get(Shelf) is None and services.get(Shelf) is None
    assert services.lasting(Shelf) is not None, "the kernel keeps what it decides by"


def test_a_reader_asks_for_its_workspace_too(services: Services, off: set[Any]) -> None:
    mine = services.for_plugin("reader", ())
    here: Any = type("R", (), {"scope": type("S", (), {"workspace_id": "w"})})
    assert mine.get(Shelf, here) is not None
    off.add(("shelves", "w"))
    assert mine.get(Shelf, here) is None and mine.get(Shelf) is not None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def put(self, title): yield", r"put\(\) is a generator"),
        ("async def put(self, title): pass", r"put\(\) is `async`"),
    ],
)
def test_a_method_that_would_run_later_and_as_somebody_else_is_refused(source: str, words: str) -> None:
    scope: dict[str, Any] = {}
    exec(f"class Service(WoodenShelf):\n    {source}", {"WoodenShelf": WoodenShelf}, scope)
    with pytest.raises(ServiceFault, match=words):
        Services(lambda plugin, workspace: True).publish("shelves", Shelf, scope["Service"]())
