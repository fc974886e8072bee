"""`pronaflow quickstart` and `pronaflow serve`: the same server, for the first minute and for every day."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure, refusal
from .output import emit, json_option
from .state import State, config_option, state_of

if TYPE_CHECKING:
    from flask import Flask

    from ..kernel import Kernel
    from ..settings import Settings

log = logging.getLogger("pronaflow.serve")

_FLAG = "flag"
"""Source of settings that the command line gave."""

safe_mode_option = click.option(
    "--safe-mode",
    is_flag=True,
    help="Start first-party plugins only, to find out which other one is at fault.",
)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes any free one.")
@click.option("--data-dir", type=click.Path(file_okay=False), help="Folder for everything that is stored.")
@safe_mode_option
@json_option
@config_option
@click.pass_context
def quickstart(
    ctx: click.Context, port: int | None, data_dir: str | None, safe_mode: bool, as_json: bool
) -> None:
    """Make a server out of nothing and run it.

    It asks no question. Whatever an earlier run stored is kept. The address, a link for the first
    administrator and how to stop are printed as soon as the server answers.
    """

    def greet(url: str, kernel: Kernel) -> None:
        facts = _facts(url, kernel)
        emit(facts, as_json, lambda: _greeting(facts))

    flags = {"server.port": port, "data_dir": data_dir, "plugins.safe_mode": safe_mode or None}
    one_process = {"server.runner": "waitress", "server.processes": 1}
    begin(state_of(ctx), {**flags, **one_process}, greet)


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 for all of them.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes any free one.")
@safe_mode_option
@config_option
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, safe_mode: bool) -> None:
    """Run the server that the settings describe.

    server.runner says by what: waitress, in this process, or granian or gunicorn, in server.processes
    processes, of which one that dies is started again. SIGTERM and Ctrl-C end it after the requests that run.

    A SQLite database is upgraded first. A PostgreSQL database is not: while it is behind, the server does not
    start (pronaflow db upgrade).
    """

    def tell(url: str, _kernel: Kernel) -> None:
        log.info("Serving at %s", url)

    flags = {"server.host": host, "server.port": port, "plugins.safe_mode": safe_mode or None}
    begin(state_of(ctx), flags, tell)


def begin(state: State, flags: dict[str, Any], on_ready: Callable[[str, Kernel], None]) -> None:
    """Serve as the settings and flags say, until SIGTERM or SIGINT.

    Arguments:
        flags: settings by dotted name.
        on_ready: called with the base URL when connections are accepted.
    """
    from ..web.runners import refuse_unable

    settings = state.settings(flags)
    _refuse_without_https(settings)
    refuse_unable(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.server.runner == "waitress":
        _run(state, flags, on_ready)
    else:
        _run_processes(state, settings, flags)


def _run(state: State, flags: dict[str, Any], on_ready: Callable[[str, Kernel], None]) -> None:
    """Serve in this process, by waitress."""
    from ..web.app import file_bounds, largest_body
    from ..web.connections import Bounds
    from ..web.server import serve as serve_app
    from ..web.wsgi import Serving

    kernel, app = _prepared(state, {**flags, **address(state.settings(flags))})
    serving = Serving(kernel, app)
    serving.begin()
    server, limits = kernel.settings.server, kernel.settings.limits
    bounds = Bounds(
        server.connections,
        server.slow_client_seconds,
        limits.header_bytes,
        largest_body(app),
        file_bounds(app),
    )
    try:
        serve_app(
            app, server.host, server.port, server.threads, lambda url: on_ready(url, kernel), bounds=bounds
        )
    finally:
        serving.end()
        state.running = None


def _run_processes(state: State, settings: Settings, flags: dict[str, Any]) -> None:
    """Serve in several processes, by granian or gunicorn; what is done once is done in this one before."""
    from ..web.runners import run

    overrides = {**flags, **address(settings)}
    with _one_count():
        from ..web.wsgi import serving

        kernel, _ = _prepared(state, overrides)
        kernel.bus.act()
        # What is open must not be shared with those that are forked now.
        kernel.close()
        state.running = None
        server = settings.server
        log.info("Serving by %s, processes: %d", server.runner, server.processes)
        if settings.jobs.threads and server.processes > 1:
            words = "Each of the %d processes does background work, too, in jobs.threads = %d threads"
            log.info(words, server.processes, settings.jobs.threads)
        run(settings, partial(serving, state.config, overrides))


@contextmanager
def _one_count() -> Iterator[None]:
    """Give the processes a folder in which they count requests together; see `web.metrics`.

    Must be entered before anything imports prometheus_client.
    """
    folder, owner = tempfile.mkdtemp(prefix="pronaflow-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        yield
    finally:
        if os.getpid() == owner:  # processes of gunicorn end here, too
            shutil.rmtree(folder, ignore_errors=True)


def _prepared(state: State, overrides: dict[str, Any]) -> tuple[Kernel, Flask]:
    """The assembled kernel and its application; the database is up to date and has an administrator."""
    from ..web.app import create_app

    apps: list[Flask] = []
    kernel = state.kernel(overrides, serving=True, face=lambda built: apps.append(create_app(built)))
    for status in kernel.plugins.values():
        if status.state not in ("ready", "disabled"):
            log.warning("The plugin %s is %s: %s", status.id, status.state, status.reason)
    _warn_of_limits(kernel)
    _bootstrap(kernel)
    return kernel, apps[-1]


def _refuse_without_https(settings: Settings) -> None:
    """This server speaks plain HTTP itself: in production it would refuse every request that it got."""
    if settings.production and not settings.server.trusted_proxies:
        raise Failure(
            "In production every request must come over HTTPS, which a proxy in front of this server speaks: "
            "set it up and set server.trusted_proxies to 1"
        )


def _warn_of_limits(kernel: Kernel) -> None:
    """Say so where several servers count requests each for itself."""
    from ..persistence.scope import Scope
    from ..plugins.processes import present
    from ..web.limits.limiter import shortcoming

    with kernel.db.read(Scope.system()) as reader:
        words = shortcoming(kernel.settings, present(reader))
    if words is not None:
        log.warning(words)


def address(settings: Settings) -> dict[str, str]:
    """The address for links in mails: where nobody gave one, it follows the port."""
    if "public_url" in settings.sources or not settings.server.port:
        return {}
    return {"public_url": f"http://localhost:{settings.server.port}"}


def _bootstrap(kernel: Kernel) -> None:
    """Make the first administrator where the settings name one."""
    from ..errors import KernelError
    from ..identity.admin import Admin
    from ..persistence.scope import Scope

    try:
        with kernel.db.write(Scope.system(), origin="system") as uow:
            made = Admin(kernel).bootstrap(uow)
    except KernelError as error:
        words = "The first administrator cannot be made from bootstrap.admin_email and admin_password"
        raise Failure(f"{words}: {refusal(error)}") from error
    if made is not None:
        log.info("Made the first administrator %s", made["email"])


def _facts(url: str, kernel: Kernel) -> dict[str, Any]:
    """What somebody in front of a new server wants to know."""
    from sqlalchemy import make_url

    return {
        "url": url,
        "docs": f"{url}/docs",
        "admin_link": _admin_link(url, kernel),
        "data_dir": str(kernel.settings.data_dir),
        "database": make_url(kernel.settings.database_url).render_as_string(),
        "plugins": {status.id: status.state for status in kernel.plugins.values()},
    }


def _admin_link(url: str, kernel: Kernel) -> str | None:
    """The link for the first administrator; None where there is one."""
    from ..identity.admin import Admin
    from ..persistence.scope import Scope

    with kernel.db.write(Scope.system(), origin="system") as uow:
        link = Admin(kernel).issue_setup_link(uow)
    if link is None or kernel.settings.sources.get("public_url", _FLAG) != _FLAG:
        return link
    return url + link.removeprefix(kernel.settings.public_url)


def _greeting(facts: dict[str, Any]) -> str:
    link = facts["admin_link"]
    plugins = [
        plugin if state == "ready" else f"{plugin} ({state})" for plugin, state in facts["plugins"].items()
    ]
    lines = {
        "Administrator": f"{link}\n{' ' * 18}(works once, for 24 hours)" if link else "there is one, sign in",
        "API documents": facts["docs"],
        "Data": facts["data_dir"],
        "Database": facts["database"],
        "Plugins": ", ".join(plugins) or "none",
        "To stop": "Ctrl-C; the same command starts it again, with all its data",
    }
    shown = "\n".join(f"  {name + ':':<16}{text}" for name, text in lines.items())
    return f"\nPronaFlow runs at {facts['url']}\n\n{shown}\n"
