"""`pronaflow config`: what is set, from where, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import click

from .failures import ExitCode
from .output import emit, json_option, note, table
from .state import State, config_option, state_of


@click.group()
def config() -> None:
    """Check and show the settings."""


@config.command()
@json_option
@config_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Name every mistake in the settings, each with its place; exit code 1 if there is one."""
    from ..settings import SettingsError

    try:
        _settings(state_of(ctx))
    except SettingsError as error:
        found = [{"where": p.where, "name": p.name, "message": p.message} for p in error.problems]
        emit({"ok": False, "problems": found}, as_json, str(error))
        ctx.exit(ExitCode.FAILED)
    emit({"ok": True, "problems": []}, as_json, "The settings are in order.")


@config.command()
@json_option
@config_option
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Show every setting with its value and where it comes from; secrets are masked."""
    from ..settings import describe

    lines = describe(_settings(state_of(ctx)))
    data = {line.name: {"value": line.value, "source": line.source} for line in lines}
    rows = [(line.name, _words(line.value), line.source) for line in lines]
    emit(data, as_json, lambda: table(("SETTING", "VALUE", "SOURCE"), rows))


def _settings(state: State) -> Any:
    """The settings with the sections of all plugins that can tell what theirs mean."""
    from ..plugins.base import Plugin
    from ..plugins.discovery import discover
    from ..settings import load

    unread: set[str] = set()
    sections: dict[str, type] = {}
    for candidate in discover():
        unread.add(candidate.id)
        try:
            plugin = candidate.entry_point.load()()
            section = plugin.provide_settings() if hasattr(plugin, "provide_settings") else None
        except Exception as error:
            note(f"The settings of {candidate.id} are not checked, it cannot be imported: {error}")
        else:
            if isinstance(plugin, Plugin) and section is not None:
                sections[candidate.id] = section
    return load(state.config, extra=sections, known_sections=unread - sections.keys())


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "-"
    return "-" if value is None or value == "" else str(value)
