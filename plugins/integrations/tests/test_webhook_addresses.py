"""Webhooks whose address leads inside: none of them makes a connection, against a socket that listens."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.egress.client import Egress, system_resolver
from pronaflow_kernel.settings import load
from pronaflow_kernel.testing import Person, WebhookSink, World

URL = "/api/v1/integration/webhooks"
NAME = "flips.example.com"
LOOPBACK, PUBLIC = "127.0.0.1", "8.8.8.8"

WRITTEN = {
    "dotted": "127.0.0.1",
    "another one": "127.0.0.2",
    "short": "127.1",
    "decimal": "2130706433",
    "hex": "0x7f000001",
    "hex parts": "0x7f.0x0.0x0.0x1",
    "octal": "017700000001",
    "octal parts": "0177.0.0.01",
    "trailing dot": "127.0.0.1.",
    "any": "0.0.0.0",
    "zero": "0",
    "loopback": "[::1]",
    "any of IPv6": "[::]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped in hex": "[::ffff:7f00:1]",
    "compatible": "[::7f00:1]",
    "NAT64": "[64:ff9b::7f00:1]",
    "6to4": "[2002:7f00:1::]",
    "Teredo": "[2001:0:808:808::80ff:fffe]",
    "name": "localhost",
}
"""Ways to write this machine in an address."""

RESOLVED = {
    "plain": [LOOPBACK],
    "any": ["0.0.0.0"],
    "loopback": ["::1"],
    "mapped": ["::ffff:127.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1"],
    "6to4": ["2002:7f00:1::"],
    "beside a public one": [PUBLIC, LOOPBACK],
    "after a public one of IPv6": ["2001:4860:4860::8888", "::ffff:7f00:1"],
}
"""What a resolver may say of a name."""


class Trap:
    """A socket on the loopback that waits for a connection."""

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])

    def sprung(self) -> bool:
        """Whether somebody has connected since the last look: the system takes connections by itself."""
        with suppress(BlockingIOError):
            self._listener.accept()[0].close()
            return True
        return False

    def close(self) -> None:
        """Wait no longer."""
        self._listener.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made.close()


@pytest.fixture
def names() -> dict[str, list[str]]:
    """What the resolver says; a test may change it. Numbers in whatever form the system itself reads."""
    return {NAME: [PUBLIC]}


@pytest.fixture
def opened(
    world: World, trap: Trap, names: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Has requests go out by http and to the port of the trap, so that nothing but the address forbids them.

    Arguments of the call are networks that the operator opens besides.
    """

    def resolve(host: str, port: int) -> list[str]:
        return names[host] if host in names else system_resolver(host, port)

    def start(*networks: str) -> None:
        rules = {"allow": networks, "allow_http": True, "ports": (trap.port,), "timeout": 2.0}
        overrides = {f"egress.{name}": value for name, value in rules.items()}
        egress = Egress(load(env={}, overrides={"data_dir": str(tmp_path), **overrides}), resolve)
        for method in ("send", "check"):
            monkeypatch.setattr(world.kernel.egress, method, getattr(egress, method))

    return start


@pytest.fixture
def hook(ann: Person) -> Iterator[Callable[[str], Any]]:
    """Has ann make a webhook for an address; it goes again with the test."""
    made: list[str] = []

    def make(url: str) -> Any:
        body = {"workspace_id": ann.workspace_id, "url": url, "subscribed_events": {"tag.*": True}}
        reply = ann.post(URL, body)
        if reply.status == 201:
            made.append(reply.data["id"])
        return reply

    yield make
    for webhook_id in made:
        ann.delete(f"{URL}/{webhook_id}")


def outcome(world: World, ann: Person, webhook_id: str) -> tuple[str, str | None]:
    """What becomes of a test message: status of its delivery, and the error."""
    sent = ann.post(f"{URL}/{webhook_id}/test")
    assert sent.status == 202
    world.drain()
    row = ann.get(f"{URL}/{webhook_id}/deliveries/{sent.data['id']}").data
    return row["status"], row["last_error"]


@pytest.mark.parametrize("host", WRITTEN.values(), ids=WRITTEN)
def test_an_inner_address_is_refused_at_creation_and_at_change(
    ann: Person, trap: Trap, opened: Callable[..., None], hook: Callable[[str], Any], host: str
) -> None:
    opened()
    refused = hook(f"http://{host}:{trap.port}/")
    assert (refused.status, refused.faults) == (422, {"url"})
    good = hook(f"http://{NAME}:{trap.port}/").data
    changed = ann.patch(f"{URL}/{good['id']}", {"url": f"http://{host}:{trap.port}/"})
    assert (changed.status, changed.faults) == (422, {"url"})
    assert not trap.sprung()


@pytest.mark.parametrize("found", RESOLVED.values(), ids=RESOLVED)
def test_a_name_that_comes_to_lead_inside_is_refused_at_delivery(
    world: World,
    ann: Person,
    trap: Trap,
    names: dict[str, list[str]],
    opened: Callable[..., None],
    hook: Callable[[str], Any],
    found: list[str],
) -> None:
    """It was public when the webhook was made; the error does not tell what is there."""
    opened()
    made = hook(f"http://{NAME}:{trap.port}/").data
    names[NAME] = found
    status, error = outcome(world, ann, made["id"])
    assert error is not None
    assert (status, error.rstrip(".")) == ("failed", f"This server does not send requests to {NAME}")
    assert not trap.sprung()


def test_a_name_without_an_address_is_judged_at_delivery(
    world: World,
    ann: Person,
    trap: Trap,
    names: dict[str, list[str]],
    opened: Callable[..., None],
    hook: Callable[[str], Any],
) -> None:
    opened()
    names[NAME] = []
    made = hook(f"http://{NAME}:{trap.port}/")
    assert made.status == 201
    names[NAME] = [LOOPBACK]
    assert outcome(world, ann, made.data["id"])[0] == "failed"
    assert not trap.sprung()


def test_the_trap_is_sprung_where_the_operator_opens_the_loopback(
    world: World,
    ann: Person,
    trap: Trap,
    names: dict[str, list[str]],
    opened: Callable[..., None],
    hook: Callable[[str], Any],
) -> None:
    """So what the other tests do not see is no fault of theirs."""
    opened(LOOPBACK)
    names[NAME] = [LOOPBACK]
    made = hook(f"http://{NAME}:{trap.port}/").data
    ann.patch(f"{URL}/{made['id']}", {"timeout_seconds": 1})
    assert outcome(world, ann, made["id"])[0] == "failed"
    assert trap.sprung()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(
    world: World, ann: Person, trap: Trap, hook: Callable[[str], Any], status: int
) -> None:
    """Though the loopback is open here."""
    made = hook("https://hooks.example.com/").data
    with WebhookSink(world.kernel.egress) as sink:
        sink.stands_for("hooks.example.com")
        sink.answer(status, headers={"Location": f"http://{LOOPBACK}:{trap.port}/"})
        found = outcome(world, ann, made["id"])
    assert found == ("failed", f"The receiver answered {status}")
    assert len(sink.requests) == 1
    assert not trap.sprung()
