"""`pronaflow plugins check`: whether plugins would run, found out without touching anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure, unknown_plugin
from .output import emit, json_option
from .state import State, config_option, log_for, state_of

if TYPE_CHECKING:
    from ..plugins.dry_run import Finding


@click.command()
@click.argument("targets", metavar="[PLUGIN|WHEEL]...", nargs=-1)
@json_option
@config_option
@click.pass_context
def check(ctx: click.Context, targets: tuple[str, ...], as_json: bool) -> None:
    """Check plugins that are installed, by default all, or a WHEEL that is not.

    Installed plugins are started in a server over a database that is thrown away. Of a wheel none of the code
    runs: its manifest, its requirements and its migrations are compared with what is installed. The exit code
    is 1 if anything would not run.
    """
    wheels = [target for target in targets if target.endswith(".whl")]
    ids = [target for target in targets if not target.endswith(".whl")]
    rows = [*_installed(state_of(ctx), ids)] if ids or not wheels else []
    rows += [row for wheel in wheels for row in _wheel(Path(wheel))]
    emit(rows, as_json, lambda: "\n\n".join(map(shown, rows)) or "There are no plugins.")
    if any(row["problems"] for row in rows):
        ctx.exit(1)


def _installed(state: State, ids: list[str]) -> Iterator[dict[str, Any]]:
    from ..plugins.discovery import discover
    from ..plugins.dry_run import Finding, NoPlugin, rehearse

    known = {candidate.id: candidate for candidate in discover()}
    for plugin_id in ids:
        if plugin_id not in known:
            raise unknown_plugin(plugin_id, known)
    log_for(state.settings(), serving=False)
    try:
        statuses = rehearse(state.config)
    except NoPlugin as error:
        raise Failure(str(error)) from None
    for plugin_id, status in statuses.items():
        if not ids or plugin_id in ids:
            well = status.state == "ready"
            problems = [] if well else [f"{status.state}: {status.reason}"]
            yield asdict(
                Finding(plugin_id, status.candidate.version, status.candidate.distribution, problems)
            )


def _wheel(wheel: Path) -> Iterator[dict[str, Any]]:
    from ..plugins.discovery import discover
    from ..plugins.dry_run import NoPlugin, inspect_wheel

    try:
        findings: list[Finding] = inspect_wheel(wheel, discover())
    except NoPlugin as error:
        raise Failure(str(error)) from None
    yield from (asdict(finding) for finding in findings)


def shown(row: Mapping[str, Any]) -> str:
    """A finding in words.

    Arguments:
        row: the `Finding` as a mapping.
    """
    verdict = "would not run" if row["problems"] else "is in order"
    lines = [f"{row['id']} {row['version']} ({row['distribution']}) {verdict}"]
    lines += [f"  {problem}" for problem in row["problems"]]
    for title, key in (("asks for", "asks"), ("new", "added"), ("no longer", "dropped")):
        lines += [f"  {title} {name}: {', '.join(values)}" for name, values in row[key].items()]
    if row["migrations"]:
        lines.append(f"  migrations to run: {', '.join(row['migrations'])}")
    return "\n".join(lines)
