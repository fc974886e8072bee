"""`pronaflow events replay`: letting a subscriber hear again of what has happened."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure
from .operating import POSITION, Moment, Workspace, kernel_at_rest, looking
from .output import emit, json_option, note, progress
from .state import config_option

if TYPE_CHECKING:
    from ..events.selection import Selection
    from ..jobs.works import Work
    from ..kernel import Kernel


@click.command()
@click.option(
    "--subscriber", required=True, metavar="NAME", help="Its full name, e.g. tasks.notify_assignee."
)
@click.option("--from-position", "first", type=POSITION, help="From this position on.")
@click.option("--since", type=Moment(), help="From this time on.")
@click.option(
    "--to-position", "last", type=POSITION, help="Up to this position; by default all there is now."
)
@click.option("--types", multiple=True, metavar="PATTERN", help="Only of this type, or as task.* says.")
@click.option("--workspace", type=Workspace(), help="Only of this workspace.")
@click.option(
    "--rate", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Jobs a second at most."
)
@click.option("--dry-run", is_flag=True, help="Say how many events it would be.")
@json_option
@config_option
@click.pass_context
def replay(
    ctx: click.Context,
    subscriber: str,
    first: int | None,
    since: datetime | None,
    last: int | None,
    types: tuple[str, ...],
    workspace: str | None,
    rate: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let a subscriber hear again of what has happened, in the order of commits.

    It gets a job for each event, behind all that is new. Events of workspaces where its plugin is off, and
    those whose content was erased, are left out. One that reaches out of the database must have said that it
    may hear of an event twice. A subscriber that reads in batches is set back instead, and reads everything
    from there on again. Ctrl-C stops it, and the words then say how to go on.
    """
    from ..events.selection import Selection, newest, position_at
    from ..jobs.replay import listener

    if (first is None) == (since is None):
        raise click.UsageError("Say from where on: --from-position or --since")
    kernel = kernel_at_rest(ctx)
    work = listener(kernel.bus.works, subscriber)
    with looking(kernel) as connection:
        if first is None:
            assert since is not None
            first = position_at(connection, since)
        chosen = Selection(first, newest(connection) if last is None else last, types, workspace)
    if work.does.mode == "batch":
        if types or workspace or last is not None:
            raise Failure(
                f"{subscriber} reads in batches: it is set back and reads everything from there on again, "
                "without --types, --workspace and --to-position"
            )
        _set_back(kernel, work, first, dry_run, as_json)
    else:
        _again(kernel, work, chosen, rate, dry_run, as_json)


def _set_back(kernel: Kernel, work: Work, first: int, dry_run: bool, as_json: bool) -> None:
    from ..jobs.replay import place_of, set_back

    engine, now = kernel.bus.engine, kernel.clock.now()
    with looking(kernel) as connection:
        reached = place_of(connection, work, first)
    if not dry_run:
        reached = set_back(engine, work, first, now)
        kernel.bus.ring("default")
    data = {"subscriber": work.kind, "from_position": first, "reached": reached, "dry_run": dry_run}
    verb = "would read" if dry_run else "reads"
    emit(data, as_json, f"{work.kind} {verb} again from position {first} on; it had come to {reached}")


def _again(kernel: Kernel, work: Work, chosen: Selection, rate: int, dry_run: bool, as_json: bool) -> None:
    from ..ids import new_id
    from ..jobs.replay import count

    with looking(kernel) as connection:
        total = count(connection, work, chosen)
    data: dict[str, Any] = {"subscriber": work.kind, "events": total, "dry_run": dry_run}
    if dry_run:
        emit(data, as_json, f"{work.kind} would hear again of {total} events")
        return
    replay_id = new_id()
    jobs = _step_by_step(kernel, work, chosen, replay_id, rate, total)
    left = f"; {total - jobs} are of workspaces where its plugin is off" if jobs < total else ""
    data |= {"jobs": jobs, "replay_id": replay_id}
    emit(data, as_json, f"{work.kind} hears again of {jobs} events{left}")


def _step_by_step(
    kernel: Kernel, work: Work, chosen: Selection, replay_id: str, rate: int, total: int
) -> int:
    """Hand in the jobs, no more a second than is allowed; returns how many there were.

    Raises:
        Failure: somebody interrupts it; the words say how to go on.
    """
    from ..jobs.replay import replay as steps

    is_on, now, jobs, reached = kernel.bus.runner.is_on, kernel.clock.now(), 0, chosen.first - 1
    try:
        with progress(f"Replaying to {work.kind}", total) as bar:
            for step in steps(kernel.bus.engine, work, chosen, is_on, replay_id, now, rate):
                jobs, reached = jobs + step.jobs, step.position
                bar.update(step.events)
                kernel.bus.ring(work.does.queue)
                if reached < chosen.last:
                    time.sleep(step.events / rate)
    except KeyboardInterrupt:
        note("")
        raise Failure(
            f"Stopped after {jobs} events. Go on with: {_rest(work, chosen, reached, rate)}"
        ) from None
    return jobs


def _rest(work: Work, chosen: Selection, reached: int, rate: int) -> str:
    parts = ["pronaflow events replay", f"--subscriber {work.kind}", f"--from-position {reached + 1}"]
    parts += [f"--to-position {chosen.last}", *(f"--types '{each}'" for each in chosen.types)]
    parts += [f"--workspace {chosen.workspace_id}"] if chosen.workspace_id else []
    return " ".join([*parts, f"--rate {rate}"])
