"""The commands of plugins: listed from manifests, loaded when called.

The commands that a manifest names live in the module `commands` of the plugin's package. If that imports
no more than `pronaflow_kernel.command` at its top, their help comes at once. A plugin without such a module
has its class imported and asked (`provide_commands`) without `setup`. Neither needs settings or a database.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

import click

from ..attribution import acting
from ..plugins.discovery import GROUP, package_of
from ..plugins.manifest import ManifestError, read_manifest
from .failures import Failure, failure_of
from .state import state_of

log = logging.getLogger("pronaflow.cli")


class PluginCommand(click.Command):
    """Stands for a command until it is called.

    Arguments:
        name, help: from the manifest.
        point: the entry point of the plugin.
    """

    def __init__(self, name: str, help: str, point: EntryPoint) -> None:
        super().__init__(name, help=help)
        self._point = point

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command itself, which takes over from here."""
        if parent is not None:
            state_of(parent).plugin_id = self._point.name
        made = self._load().make_context(info_name, args, parent, **extra)
        made.with_resource(_running(self._point.name, str(self.name)))
        return made

    def _load(self) -> click.Command:
        try:
            found = [command for command in _commands_of(self._point) if command.name == self.name]
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise Failure(f"The plugin {self._point.name} cannot be imported: {problem}") from error
        if not found:
            words = f"The plugin {self._point.name} names the command {self.name} but does not bring it"
            raise Failure(words)
        return found[0]


@contextmanager
def _running(plugin_id: str, command: str) -> Iterator[None]:
    """Run a command as its plugin; an error that nobody foresaw is logged and told as that plugin's."""
    try:
        with acting(plugin_id):
            yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
        raise
    except Exception as error:
        if failure_of(error) is not None:
            raise
        log.exception("command %s of plugin %s failed", command, plugin_id)
        problem = f"{type(error).__name__}: {error}"
        raise Failure(f"The command {command} of the plugin {plugin_id} failed: {problem}") from error


def contributed() -> dict[str, click.Command]:
    """The commands of all installed plugins by name; of two with one name the first plugin's by id."""
    commands: dict[str, click.Command] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            named = read_manifest(package_of(point)).commands
        except ManifestError:  # `plugins list` tells
            continue
        for name, help in named.items():
            commands.setdefault(name, PluginCommand(name, help, point))
    return commands


def _commands_of(point: EntryPoint) -> Iterable[click.Command]:
    module = f"{package_of(point)}.commands"
    if find_spec(module) is None:
        commands: Iterable[click.Command] = point.load()().provide_commands()
        return commands
    return [value for value in vars(import_module(module)).values() if isinstance(value, click.Command)]
