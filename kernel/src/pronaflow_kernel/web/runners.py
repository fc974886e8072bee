"""granian and gunicorn: several processes that answer requests on one port, behind a proxy.

Both start a process again that dies, and at SIGTERM let requests finish that have begun, for at most
`GRACE_SECONDS`. Their first process answers nothing: it only looks after the others. They write no log of
requests, and what they have to say goes where the server's own lines go.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from ..assembly import StartRefused
from .server import PortInUse

if TYPE_CHECKING:
    from ..settings import Settings
    from .wsgi import Serving

Make = Callable[[], "Serving"]
"""Puts together what a process serves, in that process; must be picklable."""


def refuse_unable(settings: Settings) -> None:
    """Refuse settings by which nothing can answer requests.

    Raises:
        StartRefused: with what is wrong and what to do.
        PortInUse: another server has the port, which processes could share with it.
    """
    server = settings.server
    if server.runner == "waitress":
        if server.processes > 1:
            raise StartRefused(
                f"server.processes is {server.processes}, but waitress is one process: "
                "set server.runner to granian or gunicorn"
            )
        return
    try:
        import_module(server.runner)
    except ModuleNotFoundError as error:
        words = "which is not installed: pip install 'pronaflow-kernel[server]'"
        raise StartRefused(f"server.runner is {server.runner}, {words}") from error
    if server.port == 0:
        raise StartRefused(f"{server.runner} needs a port: server.port is 0, which stands for any free one")
    _refuse_taken_port(server.host, server.port)


def run(settings: Settings, make: Make) -> None:
    """Answer requests by the runner that the settings name, until SIGTERM or SIGINT.

    Raises:
        SystemExit: at the end of each process of gunicorn, and where the processes cannot be kept running.
    """
    # Each imports what only it needs.
    if settings.server.runner == "granian":
        from .on_granian import serve
    else:
        from .on_gunicorn import serve
    serve(settings, make)


def _refuse_taken_port(host: str, port: int) -> None:
    for family, kind, protocol, _, address in socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise PortInUse(host, port) from error
                raise
