"""The command `pronaflow`.

Help must come at once and whatever the state of the installation, so that nothing here imports more than
click: the kernel's commands are imported when they are called or listed, their modules import the kernel
inside their functions, and the commands of plugins are known from manifests.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from .failures import EXIT_CODES, failure_of
from .state import State, config_option

_COMMANDS = {
    "quickstart": "serve",
    "serve": "serve",
    "worker": "worker",
    "stream": "stream",
    "admin": "admin",
    "db": "database",
    "events": "events",
    "jobs": "jobs",
    "schedule": "schedule",
    "plugins": "plugins",
    "hooks": "hooks",
    "secrets": "secrets",
    "config": "config",
}
"""The kernel's commands, as they are listed, and the modules that hold them under the same name."""
_PLUGINS = f"{__name__}.plugins"


class Commands(click.Group):
    """The kernel's commands and those of the installed plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The kernel's in an order that tells a story, then the plugins' by name."""
        return [*_COMMANDS, *sorted(_of_plugins(ctx).keys() - _COMMANDS.keys())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name; the kernel's win."""
        if cmd_name not in _COMMANDS:
            return _of_plugins(ctx).get(cmd_name)
        command: click.Command = getattr(import_module(f"{__package__}.{_COMMANDS[cmd_name]}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, but with the nearest command in the message for an unknown one."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            known = self.list_commands(ctx)
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=known, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors that an operator can mend lose their traceback."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error


def _of_plugins(ctx: click.Context) -> dict[str, click.Command]:
    """The commands of plugins, looked for once a run."""
    from .contributed import contributed

    if _PLUGINS not in ctx.meta:
        ctx.meta[_PLUGINS] = contributed()
    found: dict[str, click.Command] = ctx.meta[_PLUGINS]
    return found


_CODES = ", ".join(f"{code:d} {words}" for code, words in EXIT_CODES.items())


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {_CODES}.",
)
@click.version_option(package_name="pronaflow-kernel", prog_name="pronaflow")
@config_option
@click.pass_context
def main(ctx: click.Context) -> None:
    """Run and look after a PronaFlow server."""
    ctx.ensure_object(State)
