"""`pronaflow schedule`: what is done by itself, when next, and the operator's hand on it."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure
from .output import emit, json_option, note, table
from .state import config_option, kernel_of

if TYPE_CHECKING:
    from ..kernel import Kernel

NEXT, LAST = 5, 10
"""How many occurrences to come, and how many runs, are shown."""


@click.group()
def schedule() -> None:
    """See what is done by itself and when; do it now, or let it rest."""


@schedule.command("list")
@json_option
@config_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the schedules, with the next and the last occurrence of each in UTC."""
    rows = [_shown(row) for row in _all(_entered(ctx))]
    headings = ("NAME", "CRON", "ZONE", "NEXT", "LAST", "")
    cells = [
        (
            row["name"],
            row["cron"],
            row["zone"],
            row["next_at"] or "-",
            row["last_due_at"] or "-",
            "paused" if row["paused"] else "",
        )
        for row in rows
    ]
    emit(rows, as_json, lambda: table(headings, cells))


@schedule.command()
@click.argument("name")
@json_option
@config_option
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show the schedule NAME: its next occurrences and its last runs."""
    kernel = _entered(ctx)
    row = _one(kernel, name)
    data = {**_shown(row), "next": _following(row), "runs": _runs(kernel, name)}
    emit(data, as_json, lambda: _text(data))


@schedule.command()
@click.argument("name")
@json_option
@config_option
@click.pass_context
def run(ctx: click.Context, name: str, as_json: bool) -> None:
    """Hand in the job of the schedule NAME now, once; its plan stays as it is."""
    from ..jobs.enqueue import STORE
    from ..jobs.occurrences import job_for

    kernel = _entered(ctx)
    row, now = _one(kernel, name), kernel.clock.now()
    plugin_id = row["plugin_id"]
    if row["kind"] not in kernel.bus.works.job_types:
        raise Failure(f"Nobody does {row['kind']} here: pronaflow plugins show {plugin_id} tells why")
    if not kernel.bus.runner.is_on(plugin_id, row["workspace_id"]):
        raise Failure(f"The plugin {plugin_id} is off; pronaflow plugins enable {plugin_id}")
    job = job_for(kernel.bus.works, row, now, now)
    with kernel.bus.engine.begin() as connection:
        connection.execute(STORE[connection.dialect.name], job)
    kernel.bus.ring(job["queue"])
    data = {"name": name, "kind": row["kind"], "due_at": _moment(now)}
    emit(data, as_json, f"{row['kind']} is handed in; the schedule stays as it is")


@schedule.command()
@click.argument("name")
@json_option
@config_option
@click.pass_context
def pause(ctx: click.Context, name: str, as_json: bool) -> None:
    """Let the schedule NAME rest; what falls due meanwhile is not done later either."""
    from ..jobs.schedules import pause as rest

    kernel = _entered(ctx)
    row = _one(kernel, name)
    with kernel.bus.engine.begin() as connection:
        rest(connection, name)
    was = "was" if row["paused"] else "is now"
    emit(_shown(_one(kernel, name)), as_json, f"{name} {was} paused; pronaflow schedule resume {name}")


@schedule.command()
@click.argument("name")
@json_option
@config_option
@click.pass_context
def resume(ctx: click.Context, name: str, as_json: bool) -> None:
    """Let the schedule NAME go on with its next occurrence."""
    from ..jobs.schedules import resume as go_on

    kernel = _entered(ctx)
    row = _one(kernel, name)
    if row["paused"]:
        try:
            with kernel.bus.engine.begin() as connection:
                go_on(connection, row, kernel.clock.now())
        except ValueError as error:
            raise Failure(f"{name} cannot go on: {error}") from error
    else:
        note(f"{name} was not paused")
    data = _shown(_one(kernel, name))
    emit(data, as_json, f"{name} falls due next at {data['next_at']}")


def _entered(ctx: click.Context) -> Kernel:
    """The kernel, with the schedules as a server that starts now would have them."""
    kernel = kernel_of(ctx)
    kernel.bus.scheduler.begin(kernel.bus.works)
    return kernel


def _all(kernel: Kernel) -> list[dict[str, Any]]:
    from ..jobs.schedules import listed

    with kernel.bus.engine.connect() as connection:
        return listed(connection)


def _one(kernel: Kernel, name: str) -> dict[str, Any]:
    """A schedule by name.

    Raises:
        Failure: there is none; the message names the nearest one that there is.
    """
    from ..jobs.schedules import found

    with kernel.bus.engine.connect() as connection:
        row = found(connection, name)
    if row is None:
        near = get_close_matches(name, [each["name"] for each in _all(kernel)], n=1)
        hint = f"did you mean {near[0]!r}?" if near else "pronaflow schedule list names them"
        raise Failure(f"There is no schedule {name!r}; {hint}")
    return row


def _runs(kernel: Kernel, name: str) -> list[dict[str, str | None]]:
    from ..jobs.schedules import runs_of

    with kernel.bus.engine.connect() as connection:
        runs = runs_of(connection, name, LAST)
    return [{"due_at": _moment(run["due_at"]), "made_at": _moment(run["made_at"])} for run in runs]


def _following(row: dict[str, Any]) -> list[str | None]:
    """The occurrences to come; none of one that rests."""
    from ..jobs.calendar import after

    if row["paused"]:
        return []
    found = [row["next_at"]]
    while len(found) < NEXT:
        found.append(after(row["cron"], row["zone"], found[-1]))
    return [_moment(instant) for instant in found]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    next_at = None if row["paused"] else row["next_at"]
    return {**row, "next_at": _moment(next_at), "last_due_at": _moment(row["last_due_at"])}


def _moment(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z"


def _text(data: dict[str, Any]) -> str:
    lines = [
        ("name", data["name"]),
        ("job", data["kind"]),
        *([("workspace", data["workspace_id"])] if data["workspace_id"] else []),
        ("cron", f"{data['cron']} in {data['zone']}"),
        ("misfire", data["misfire"]),
        *([("arguments", data["args"])] if data["args"] else []),
        ("state", "paused" if data["paused"] else "on"),
    ]
    text = "\n".join(f"{key:<14}{value}" for key, value in lines)
    if data["next"]:
        text += "\n\nNEXT\n" + "\n".join(data["next"])
    if data["runs"]:
        cells = [(run["due_at"], run["made_at"]) for run in data["runs"]]
        text += "\n\n" + table(("RAN FOR", "HANDED IN AT"), cells)
    return text
