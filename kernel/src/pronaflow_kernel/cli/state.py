"""What a command knows of the installation: where the settings are, and the kernel once somebody asks.

A plugin's command gets the kernel like this; it is put together when the function is called, so that
`--help` and mistakes in the arguments need no database:

    from pronaflow_kernel.command import pass_kernel

    @click.command()
    @click.argument("name")
    @pass_kernel
    def greet(kernel: Kernel, name: str) -> None:
        ...
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from ..attribution import as_kernel
from .failures import Failure

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..plugins.base import Context
    from ..settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class State:
    """The `obj` of every click context below `pronaflow`."""

    def __init__(self) -> None:
        self.config: str | None = None
        """The settings file of `--config`."""
        self.plugin_id: str | None = None
        """The plugin whose command runs; None for the kernel's own."""
        self.running: Kernel | None = None
        """The kernel, once it is put together."""
        self.works = True
        """Whether background work that waits is done at the end where no server runs; looking does none."""

    def settings(self, overrides: Mapping[str, Any] | None = None) -> Settings:
        """The kernel's settings; sections of plugins stay unread.

        Arguments:
            overrides: settings from flags by dotted name.

        Raises:
            SettingsError: with every mistake outside the plugins' sections.
        """
        from ..plugins.discovery import discover
        from ..settings import load

        ids = {candidate.id for candidate in discover()}
        return load(self.config, overrides=overrides, known_sections=ids)

    @as_kernel
    def kernel(
        self,
        overrides: Mapping[str, Any] | None = None,
        *,
        migrate: bool = True,
        serving: bool = False,
        face: Callable[[Kernel], Any] | None = None,
    ) -> Kernel:
        """The kernel, assembled at the first call; it is closed when the command ends.

        Arguments:
            overrides: settings from flags by dotted name.
            migrate: whether a SQLite database is brought up to date first.
            serving: whether to log like a server; other commands log only what their user should know.
            face: see `assemble`.

        Raises:
            SettingsError, StartRefused: it cannot be assembled.
            Failure: the command belongs to a plugin that does not run.
        """
        if self.running is None:
            from ..assembly import assemble

            log_for(self.settings(overrides), serving)
            self.running = assemble(
                config=self.config, overrides=dict(overrides or {}), migrate=migrate, face=face
            )
            click.get_current_context().find_root().call_on_close(self._close)
        if self.plugin_id is not None:
            _refuse_inactive(self.running, self.plugin_id)
        return self.running

    def _close(self) -> None:
        if self.running is not None:
            if self.works and not self.running.bus.started:
                _leave_no_work(self.running)
            self.running.close()


def _leave_no_work(kernel: Kernel) -> None:
    """Do what the command has left behind, unless there is a server: it has been rung, or looks by itself."""
    from ..persistence.scope import Scope
    from ..plugins.processes import present

    kernel.bus.act()
    with kernel.db.read(Scope.system()) as reader:
        attended = present(reader) > 0
    if not attended:
        kernel.bus.drain()


def log_for(settings: Settings, serving: bool) -> None:
    """Log like a server, or only what the user of a command should know."""
    from ..logs import configure_logging

    if not serving:
        # How plugins fared is told by the commands themselves, in words.
        logging.getLogger("pronaflow.assembly").setLevel(logging.CRITICAL)
        if "logs.level" not in settings.sources:
            settings = replace(settings, logs=replace(settings.logs, level="warning"))
    configure_logging(settings)


def _refuse_inactive(kernel: Kernel, plugin_id: str) -> None:
    status = kernel.state(plugin_id)
    if status.state not in ("ready", "degraded"):
        operators = status.state == "disabled" and plugin_id not in kernel.settings.plugins.disabled
        hint = f"; pronaflow plugins enable {plugin_id}" if operators else ""
        raise Failure(f"The plugin {plugin_id} is {status.state}: {status.reason}{hint}")


def state_of(ctx: click.Context) -> State:
    """The state of a context below `pronaflow`."""
    return ctx.ensure_object(State)


def kernel_of(ctx: click.Context) -> Kernel:
    """The assembled kernel for a command.

    Raises:
        SettingsError, StartRefused: it cannot be assembled.
        Failure: the command belongs to a plugin that does not run.
    """
    return state_of(ctx).kernel()


def pass_kernel(command: Callable[Concatenate[Kernel, P], R]) -> Callable[P, R]:
    """Let a command take the assembled kernel as its first argument."""

    @functools.wraps(command)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return command(kernel_of(click.get_current_context()), *args, **kwargs)

    return call


def pass_context(command: Callable[Concatenate[Context, P], R]) -> Callable[P, R]:
    """Let a plugin's command take what its plugin holds, the `Context`, as its first argument."""

    @functools.wraps(command)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        state = state_of(click.get_current_context())
        assert state.plugin_id is not None, "the kernel's own commands belong to no plugin"
        return command(state.kernel().contexts[state.plugin_id], *args, **kwargs)

    return call


def config_option(command: F) -> F:
    """Give a command the option `--config`, which `pronaflow` itself takes too; the inner one wins."""

    def remember(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value is not None:
            state_of(ctx).config = value

    return click.option(
        "--config",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        expose_value=False,
        callback=remember,
        help="Settings file; by default PRONAFLOW_CONFIG, then ./pronaflow.toml.",
    )(command)
