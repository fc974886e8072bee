"""`pronaflow jobs`: what is still to be done in the background."""

from __future__ import annotations

import click

from .dead import kind_option, limit_option
from .failures import ExitCode, Failure
from .operating import JOB_STATES, POSITION, details, kernel_at_rest, looking, moment, plain
from .output import emit, json_option, note, table
from .state import config_option


@click.group()
def jobs() -> None:
    """See what is still to be done in the background, and take it out.

    What was given up is shown by pronaflow events dead, which brings it back, too.
    """


@jobs.command("list")
@kind_option
@click.option("--state", type=click.Choice(JOB_STATES), help="Only those that are so.")
@limit_option
@json_option
@config_option
@click.pass_context
def list_(ctx: click.Context, kind: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """List what is to be done, the oldest first.

    Jobs are ready, leased by a worker, waiting for their time, or parked while their plugin is off.
    """
    from ..jobs.dead import Which, waiting

    number = None if state is None else JOB_STATES.index(state)
    with looking(kernel_at_rest(ctx)) as connection:
        rows = [plain(row) for row in waiting(connection, Which(kind=kind), number, limit + 1)]
    if len(rows) > limit:
        rows.pop()
        note(f"The first {limit}; --limit shows more")
    names = ("id", "kind", "state", "queue", "attempt", "available_at", "last_error")
    cells = [[row[name] if row[name] is not None else "" for name in names] for row in rows]
    headings = ("ID", "KIND", "STATE", "QUEUE", "ATTEMPTS", "FROM", "LAST ERROR")
    emit(rows, as_json, lambda: table(headings, cells) if cells else "Nothing is to be done")


@jobs.command()
@click.argument("number", metavar="ID", type=POSITION)
@json_option
@config_option
@click.pass_context
def show(ctx: click.Context, number: int, as_json: bool) -> None:
    """Show the job ID: what it is to do, and the event that it is about."""
    from ..jobs.dead import find

    with looking(kernel_at_rest(ctx)) as connection:
        row = find(connection, number, dead=False)
        grave = row is None and find(connection, number, dead=True)
    if row is None:
        hint = f"it is dead: pronaflow events dead show {number}" if grave else "it is done, or never was"
        raise Failure(f"There is no job {number} to be done; {hint}")
    data = plain(row)
    emit(data, as_json, lambda: details(data))


@jobs.command()
@click.argument("numbers", metavar="ID...", nargs=-1, required=True, type=POSITION)
@json_option
@config_option
@click.pass_context
def cancel(ctx: click.Context, numbers: tuple[int, ...], as_json: bool) -> None:
    """Take jobs out that wait; they are kept as dead, so that pronaflow events retry brings them back.

    One that is being done is left to its worker.
    """
    from ..jobs.dead import cancel as take_out
    from ..jobs.dead import find

    kernel = kernel_at_rest(ctx)
    cancelled, refused = [], {}
    for number in dict.fromkeys(numbers):
        with kernel.bus.engine.begin() as connection:
            if take_out(connection, number, kernel.clock.now()):
                cancelled.append(number)
                continue
        with looking(kernel) as connection:
            row = find(connection, number, dead=False)
        refused[number] = (
            "There is no such job" if row is None else _busy(row["worker_id"], row["lease_until"])
        )
    lines = [f"{number}: cancelled" for number in cancelled]
    emit({"cancelled": cancelled, "refused": refused}, as_json, "\n".join(lines) or "Nothing is cancelled")
    for number, words in refused.items():
        note(f"{number}: {words}")
    if refused:
        ctx.exit(ExitCode.FAILED)


def _busy(worker_id: str, until: object) -> str:
    from datetime import datetime

    lease = f" until {moment(until)}" if isinstance(until, datetime) else ""
    return f"The worker {worker_id} is doing it and has it{lease}; it ends by itself, or goes back after that"
