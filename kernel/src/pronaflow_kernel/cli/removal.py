"""`pronaflow plugins uninstall` and `restore`; the rules on when that may be are in `removable`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import emit, json_option, progress
from .state import config_option, state_of

if TYPE_CHECKING:
    from ..persistence.removal import Restored

_folder = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("plugin")
@click.option("--export", "folder", type=_folder, metavar="DIR", help="New folder for the data.")
@click.option("--no-export", is_flag=True, help="Drop the data for good.")
@click.option("--disable", is_flag=True, help="Switch the plugin off first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
@click.pass_context
def uninstall(
    ctx: click.Context,
    plugin: str,
    folder: Path | None,
    no_export: bool,
    disable: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take the data of a PLUGIN out of the database, into a folder.

    The plugin must be switched off. Its code is not needed, so that this works for a broken plugin, and after
    pip uninstall, too. pronaflow plugins restore brings the data back.

    A SQLite database is copied first.
    """
    from ..persistence.removal import take_out
    from .removable import removable

    if (folder is None) != no_export:
        raise click.UsageError("Say where the data goes, --export DIR, or --no-export to drop it for good.")
    with removable(state_of(ctx), plugin) as place:
        place.refuse_to_uninstall(folder, disable)
        rows = place.rows()
        if not yes:
            what = f"{_count(len(rows), 'table')} of {plugin} with {_count(sum(rows.values()), 'row')}"
            kept = f"They are kept in {folder}." if folder is not None else "They are lost for good."
            click.confirm(f"Drop {what}? {kept}", abort=True, err=True)
        place.switch_off()
        about, manifest = place.about()
        with progress("Exporting", sum(rows.values()) if folder is not None else 0) as bar:
            dropped = take_out(place.engine, plugin, folder, about, manifest, bar.update)
        steps = place.after_uninstall(about)
    data = {"plugin": plugin, "bundle": folder and str(folder), "rows": dropped, "next": steps}
    emit(data, as_json, lambda: _uninstalled(plugin, folder, dropped, steps))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DIR")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
@click.pass_context
def restore(ctx: click.Context, folder: Path, yes: bool, as_json: bool) -> None:
    """Bring the data of a plugin back from the folder DIR, which plugins uninstall made.

    The plugin's code must be installed, at the version of the data or a newer one. Rows that refer to
    something deleted meanwhile stay behind. A bundle of SQLite can be restored on PostgreSQL, and back.

    A SQLite database is copied first.
    """
    from ..persistence import bundles
    from ..persistence.removal import bring_back
    from .installed import chain_of
    from .removable import removable

    bundle = bundles.read(folder)
    with removable(state_of(ctx), bundle.plugin) as place:
        status = place.restorable(bundle)
        if not yes:
            question = f"Restore {_count(bundle.rows, 'row')} of {bundle.plugin}, taken at {bundle.taken_at}?"
            click.confirm(question, abort=True, err=True)
        with progress("Restoring", bundle.rows) as bar:
            restored = bring_back(place.engine, chain_of(status), folder, bundle, bar.update)
        steps = place.after_restore()
    data = {
        "plugin": bundle.plugin,
        "rows": restored.rows,
        "left_out": restored.left_out,
        "migrations": [step.revision for step in restored.steps],
        "next": steps,
    }
    emit(data, as_json, lambda: _restored(bundle.plugin, restored, steps))


def _uninstalled(plugin: str, folder: Path | None, rows: Mapping[str, int], steps: list[str]) -> str:
    total = sum(rows.values())
    where = "lost for good" if folder is None else f"in {folder}"
    number = f"{_count(total, 'row')} {'is' if total == 1 else 'are'}"
    lines = [f"{plugin} has no data in the database any more; {number} {where}."]
    if folder is not None:
        lines.append(f"To bring it back: pronaflow plugins restore {folder}")
    return "\n".join([*lines, *_next(steps)])


def _restored(plugin: str, restored: Restored, steps: list[str]) -> str:
    lines = [f"{plugin} has its data back: {_count(sum(restored.rows.values()), 'row')}."]
    for name, count in sorted(restored.left_out.items()):
        lines.append(f"{_count(count, 'row')} of {name} stayed behind: what they refer to is gone.")
    lines += [f"Migrated: {step}" for step in restored.steps]
    return "\n".join([*lines, *_next(steps)])


def _next(steps: list[str]) -> list[str]:
    return [f"Next: {', then '.join(steps)}"] if steps else []


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
