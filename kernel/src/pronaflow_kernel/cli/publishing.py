"""`pronaflow plugins publish` and `withdraw`: what an index file offers."""

from __future__ import annotations

from pathlib import Path

import click

from .failures import Failure
from .output import emit, json_option

index_option = click.option(
    "--index", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The index file."
)


@click.command()
@click.argument("wheel", type=click.Path(path_type=Path))
@index_option
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="What `pytest --pronaflow-contract ID --pronaflow-report FILE` has written.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be offered, and write nothing.")
@json_option
def publish(wheel: Path, index: Path, report: Path | None, dry_run: bool, as_json: bool) -> None:
    """Offer the plugins of a WHEEL in an index file, which is made where there is none.

    None of its code runs. A version is published once: other content needs another version. A plugin is
    verified where a report tells that the contract suite passed for the very code of the wheel. Servers read
    the file again as soon as it has changed (setting plugins.index).
    """
    from ..clock import SystemClock
    from ..plugins.dry_run import NoPlugin
    from ..plugins.offers import IndexFault
    from ..plugins.publishing import entries_of, publish, read_reports

    try:
        reports = {} if report is None else read_reports(report)
        entries = entries_of(wheel, SystemClock().now(), reports)
        done = [] if dry_run else publish(index, entries)
    except (NoPlugin, IndexFault) as error:
        raise Failure(str(error)) from None
    words = [f"{each['manifest']['id']} {each['version']} would be offered" for each in entries]
    told = [_verdict(each.get("report")) for each in entries]
    emit(entries, as_json, "\n".join(map("{}: {}".format, done or words, told)))


@click.command()
@click.argument("plugin")
@index_option
def withdraw(plugin: str, index: Path) -> None:
    """Take a PLUGIN out of an index file.

    Where it is installed it stays; `pronaflow plugins publish` offers it again.
    """
    from ..plugins.dry_run import NoPlugin
    from ..plugins.offers import IndexFault
    from ..plugins.publishing import withdraw

    try:
        version = withdraw(index, plugin)
    except (NoPlugin, IndexFault) as error:
        raise Failure(str(error)) from None
    click.echo(f"{plugin} {version} is not offered any more")


def _verdict(report: dict[str, object] | None) -> str:
    if report is None:
        return "not verified, since there is no report on it"
    return "verified" if report["passed"] else "not verified, since the contract suite found faults"
