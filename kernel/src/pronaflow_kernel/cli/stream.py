"""`pronaflow stream`: live streams in a process of their own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from .serve import address, begin, safe_mode_option
from .state import config_option, state_of

if TYPE_CHECKING:
    from ..kernel import Kernel

log = logging.getLogger("pronaflow.stream")

PORT = 8001
"""Where it listens unless it is told another port: the next one to that of a server."""

CONNECTIONS = 2000
"""Open at once; each takes about 40 KiB and an open file, and no thread."""


@click.command()
@click.option("--host", help="Address to listen on; by default server.host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Port to listen on."
)
@click.option(
    "--connections",
    type=click.IntRange(10, 100_000),
    default=CONNECTIONS,
    show_default=True,
    help="Connections open at once; stay well below the open files of the process.",
)
@safe_mode_option
@config_option
@click.pass_context
def stream(ctx: click.Context, host: str | None, port: int, connections: int, safe_mode: bool) -> None:
    """Keep live streams.

    A server run by granian or gunicorn keeps none, because each would take one of its processes. This one
    process keeps hundreds without a thread for each, does no background work, and answers all other requests
    too: let the proxy send it those for /api/v1/notifications/stream. Any number of them may run on one
    database. How many streams each keeps says notifications.streams.

    SIGTERM and Ctrl-C end it, and clients go on at another one where they stopped.
    """

    def tell(url: str, _kernel: Kernel) -> None:
        log.info("Keeping streams at %s", url)

    state = state_of(ctx)
    flags = {
        "server.host": host,
        "server.port": port,
        "server.connections": connections,
        "server.runner": "waitress",
        "server.processes": 1,
        "jobs.threads": 0,
        "plugins.safe_mode": safe_mode or None,
        # People reach it where they reach the server, whose tokens it takes.
        **address(state.settings({})),
    }
    begin(state, flags, tell)
