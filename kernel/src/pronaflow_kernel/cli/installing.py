"""`pronaflow plugins install`: code from a wheel or an index, checked before and after."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from .check import shown
from .failures import Failure
from .output import note
from .state import State, config_option, state_of

if TYPE_CHECKING:
    from ..plugins.dry_run import Finding
    from ..plugins.offers import Offer

_folder = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command()
@click.argument("target", metavar="NAME|WHEEL")
@click.option("--sha256", metavar="HEX", help="What the wheel must have; an index tells it by itself.")
@click.option("--find-links", type=_folder, metavar="DIR", help="Look for the wheel in this folder alone.")
@click.option("--dry-run", is_flag=True, help="Show what would be installed, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@click.pass_context
def install(
    ctx: click.Context, target: str, sha256: str | None, find_links: Path | None, dry_run: bool, yes: bool
) -> None:
    """Install a plugin: a WHEEL, or what an index file offers under NAME.

    The file is held to its hash, and its manifest to what the index shows. What it asks for, how that differs
    from the installed version, and which migrations it brings is shown before anything is done. Then pip
    installs it, the plugin is started in a server over a database that is thrown away, and the database is
    upgraded. Running servers go on with the old code until they are started again.
    """
    from ..plugins.discovery import discover
    from ..plugins.dry_run import NoPlugin
    from ..plugins.installing import pip
    from ..plugins.offers import IndexFault

    state = state_of(ctx)
    before = {candidate.distribution for candidate in discover()}
    try:
        with _wheel(state, target, sha256, find_links) as (wheel, findings):
            click.echo("\n\n".join(shown(asdict(finding)) for finding in findings))
            if any(finding.problems for finding in findings):
                raise Failure("Nothing was installed: it would not run here.")
            if dry_run:
                return
            if not yes:
                click.confirm(f"Install {wheel.name}?", abort=True, err=True)
            pip("install", str(wheel))
    except (NoPlugin, IndexFault, OSError) as error:
        raise Failure(f"Nothing was installed: {error}") from None
    _take_up(state, findings, before)
    names = ", ".join(finding.id for finding in findings)
    click.echo(f"Installed: {names}. Start the servers again; then workspaces find it in the marketplace.")


@contextmanager
def _wheel(
    state: State, target: str, sha256: str | None, find_links: Path | None
) -> Iterator[tuple[Path, list[Finding]]]:
    """The file, held to all that is promised of it, and what it would bring."""
    from ..plugins.discovery import discover
    from ..plugins.dry_run import inspect_wheel
    from ..plugins.installing import check_hash, check_promise, fetch, offer_named

    offers = _offers(state)
    with TemporaryDirectory() as folder:
        named = not target.endswith(".whl")
        wheel = fetch(offer_named(target, offers), Path(folder), find_links) if named else Path(target)
        if sha256 is not None:
            check_hash(wheel, sha256)
        check_promise(wheel, offers.values())
        yield wheel, inspect_wheel(wheel, discover())


def _offers(state: State) -> dict[str, Offer]:
    """What the indexes offer at this moment, by id.

    Raises:
        IndexFault: one of them cannot be had, or is no index: what it would say of the file stays unknown.
    """
    from ..egress.client import Egress
    from ..plugins.indexes import Indexes

    settings = state.settings()
    indexes = Indexes(settings, Egress(settings))
    indexes.fetch()
    return indexes.read()


def _take_up(state: State, findings: list[Finding], before: set[str]) -> None:
    """Start it once, and upgrade the database; where it does not start it goes again.

    Arguments:
        before: distributions that were installed already, and cannot just go.

    Raises:
        Failure: it does not start, or the database cannot be upgraded.
    """
    from ..plugins.installing import pip

    if not _again(state, "plugins", "check", *(finding.id for finding in findings)):
        fresh = sorted({finding.distribution for finding in findings} - before)
        if fresh:
            pip("uninstall", "--yes", *fresh)
            raise Failure("It did not start, and was uninstalled again; the reason is above.")
        raise Failure("It does not start; the reason is above. Install the version that was there before.")
    if not _again(state, "db", "upgrade"):
        raise Failure("It is installed, but the database was not upgraded: pronaflow db upgrade tells more.")


def _again(state: State, *arguments: str) -> bool:
    """Run a command of ours in a new process, which finds what has been installed; whether it went well."""
    note(f"\npronaflow {' '.join(arguments)}")
    program = Path(sys.executable).with_name("pronaflow")
    config = () if state.config is None else ("--config", state.config)
    return subprocess.run([str(program), *arguments, *config], stdout=2, check=False).returncode == 0
