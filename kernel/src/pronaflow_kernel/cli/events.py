"""`pronaflow events`: what has happened, who has still to hear of it, and whether all of it is in order."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from time import sleep
from typing import TYPE_CHECKING, Any

import click

from .dead import dead, discard, retry
from .failures import ExitCode
from .operating import Moment, Workspace, kernel_at_rest, looking, moment, plain
from .output import emit, json_option, note, progress, table
from .replay import replay
from .state import config_option

if TYPE_CHECKING:
    from ..events.selection import Selection
    from ..jobs.figures import Counts, Figures
    from ..jobs.verify import Fault
    from ..kernel import Kernel

TAIL = 20
"""Events that are shown where nobody says since when."""

CHUNK = 500
"""Events read at once."""

POLL = 1.0
"""Seconds between two looks at the ledger."""


@click.group()
def events() -> None:
    """See what has happened and who has still to hear of it; mend what could not be told."""


for _command in (dead, retry, discard, replay):
    events.add_command(_command)


@events.command()
@json_option
@config_option
@click.pass_context
def lag(ctx: click.Context, as_json: bool) -> None:
    """Show how far subscribers and jobs are behind, and for how long each queue has waited.

    READY jobs may be done at once, LEASED ones are being done, LATER ones were asked for later, FAILED ones
    wait for their next attempt, PARKED ones for their plugin. A subscriber that reads in batches is BEHIND by
    so many events. WAITS is the age of the oldest that is ready, in seconds.
    """
    from ..jobs.figures import figures_of

    figures = figures_of(kernel_at_rest(ctx))
    emit(figures.as_data(), as_json, lambda: _behind(figures))


@events.command()
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@click.option("--type", "types", multiple=True, metavar="PATTERN", help="Of this type, or as task.* says.")
@click.option("--workspace", type=Workspace(), help="Of this workspace.")
@click.option("--since", type=Moment(positions=True), help="From this position or time on.")
@json_option
@config_option
@click.pass_context
def tail(
    ctx: click.Context,
    follow: bool,
    types: tuple[str, ...],
    workspace: str | None,
    since: int | datetime | None,
    as_json: bool,
) -> None:
    """Show what happened last, in the order of commits; with --json one object a line.

    An event is shown once it has its position, which a server or a worker gives it.
    """
    from ..events.selection import Selection

    kernel = kernel_at_rest(ctx)
    chosen = Selection(types=types, workspace_id=workspace)
    reached = _show(kernel, chosen, _begin(kernel, chosen, since), as_json)
    try:
        while follow:
            sleep(POLL)
            reached = _show(kernel, chosen, reached, as_json)
    except KeyboardInterrupt:
        note("")


@events.command()
@click.option(
    "--older-than",
    "minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Minutes after which an event must have its position.",
)
@json_option
@config_option
@click.pass_context
def verify(ctx: click.Context, minutes: float, as_json: bool) -> None:
    """Check that ledger and jobs are as the bus leaves them; name each fault, and fail where there is one."""
    kernel = kernel_at_rest(ctx)
    count, faults = _verified(kernel, timedelta(minutes=minutes))
    data = {"events": count, "faults": [{"check": each.check, "words": each.words} for each in faults]}
    lines = [f"{each.check}: {each.words}" for each in faults]
    emit(data, as_json, "\n".join(lines) or f"All is well with {count} events and with all jobs")
    if faults:
        ctx.exit(ExitCode.FAILED)


def _behind(figures: Figures) -> str:
    headings = ("READY", "LEASED", "PARKED", "FAILED", "LATER", "DEAD", "BEHIND", "WAITS")
    kinds = [
        (lag.kind, *_numbers(lag.jobs), lag.dead, "-" if lag.behind is None else lag.behind, _waits(lag.jobs))
        for lag in figures.kinds
        if lag.subscriber or lag.dead or lag.jobs != type(lag.jobs)()
    ]
    queues = [(name, *_numbers(counts), _waits(counts)) for name, counts in figures.queues.items()]
    text = table(("KIND", *headings), kinds) + "\n\n" + table(("QUEUE", *headings[:5], "WAITS"), queues)
    if figures.unplaced:
        text += f"\n\n{figures.unplaced} events have no position yet, the oldest for "
        text += f"{figures.unplaced_seconds:.0f} s: servers and workers give it"
    return text


def _numbers(counts: Counts) -> tuple[int, ...]:
    return counts.ready, counts.leased, counts.parked, counts.failed, counts.later


def _waits(counts: Counts) -> str:
    return "-" if counts.oldest_seconds is None else f"{counts.oldest_seconds:.0f}"


def _begin(kernel: Kernel, chosen: Selection, since: int | datetime | None) -> int:
    """Behind which position to begin."""
    from ..events.selection import before_last, position_at

    if isinstance(since, int):
        return since - 1
    with looking(kernel) as connection:
        if since is None:
            return before_last(connection, chosen, TAIL)
        return position_at(connection, since) - 1


def _show(kernel: Kernel, chosen: Selection, after: int, as_json: bool) -> int:
    """Print the events behind a position; returns the position of the last one."""
    from ..events.selection import behind

    while True:
        with looking(kernel) as connection:
            rows = behind(connection, chosen, after, CHUNK)
        for row in rows:
            click.echo(json.dumps(plain(row), ensure_ascii=False) if as_json else _line(row))
        if not rows:
            return after
        after = rows[-1]["position"]


def _line(row: dict[str, Any]) -> str:
    about = f"{row['aggregate_type']} {row['aggregate_id']}"
    where = f" in {row['workspace_id']}" if row["workspace_id"] else ""
    return f"{row['position']:>9}  {moment(row['recorded_at'])}  {row['type']:<28} {about}{where}"


def _verified(kernel: Kernel, late: timedelta) -> tuple[int, list[Fault]]:
    from sqlalchemy import func, select

    from ..events.models import EventRow
    from ..jobs.verify import check_payloads, check_tables

    with looking(kernel) as connection:
        total = connection.scalar(select(func.count()).select_from(EventRow)) or 0
        faults = list(check_tables(connection, kernel.clock.now(), late))
        with progress("Reading the ledger", total) as bar:
            for count, found in check_payloads(connection, kernel.event_types):
                faults += found
                bar.update(count)
    return total, faults
