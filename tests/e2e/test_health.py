"""The health that people see turns with what the server stands on, and back: real Redis, real mail server."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from .server import Caller, Site, wait_for

HEALTH = "/api/v1/integration/health"


def mail_server(port: int) -> Controller:
    """One that takes everything, at a port."""
    made = Controller(Sink(), hostname="127.0.0.1", port=port)
    made.start()
    return made


@pytest.fixture
def port() -> int:
    """Nobody is at it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def turns(caller: Caller, component: str, deed: Callable[[], object], word: str, seen: str) -> None:
    """After a deed the component shows a word, and the whole another; how long that took is printed."""
    since = time.monotonic()
    deed()
    found = wait_for(
        lambda: caller.get(HEALTH).json["data"], lambda told: told["components"][component] == word
    )
    assert found["status"] == seen
    sys.stdout.write(f"\n{component} is {word}: seen after {time.monotonic() - since:.1f} s\n")


@pytest.mark.parametrize("hangs", [False, True], ids=["ends", "hangs"])
def test_it_turns_within_seconds_and_back(tmp_path, redis_server, port, hangs):
    settings = {"PRONAFLOW_REDIS_URL": redis_server.url, "PRONAFLOW_MAIL__URL": f"smtp://127.0.0.1:{port}"}
    site = Site(tmp_path, settings=settings)
    mail = mail_server(port)
    away, back = redis_server.pause, redis_server.resume
    if not hangs:
        away, back = redis_server.kill, redis_server.start
    try:
        with Caller(site.server()) as caller:
            first = caller.get(HEALTH).data
            assert (first["status"], set(first["components"].values())) == ("healthy", {"healthy"})

            turns(caller, "redis", away, "degraded", "degraded")
            turns(caller, "redis", back, "healthy", "healthy")

            turns(caller, "email_service", mail.stop, "degraded", "degraded")
            mail = mail_server(port)
            turns(caller, "email_service", lambda: None, "healthy", "healthy")
    finally:
        mail.stop()
        site.close()
