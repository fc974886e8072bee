"""`pronaflow events dead`, `retry` and `discard`: jobs that were given up, in an operator's hands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure
from .operating import POSITION, details, kernel_at_rest, known_dead, looking, moment, plain
from .output import emit, json_option, note, progress, table
from .state import config_option

if TYPE_CHECKING:
    from ..jobs.dead import Chunk, Which
    from ..kernel import Kernel

MOST = 100
"""Jobs that a list shows where nobody says how many."""

kind_option = click.option("--kind", metavar="KIND", help="Of this full name, e.g. tasks.notify_assignee.")
limit_option = click.option(
    "--limit", type=click.IntRange(1), default=MOST, show_default=True, help="Show so many at most."
)


@click.group(invoke_without_command=True)
@kind_option
@limit_option
@json_option
@config_option
@click.pass_context
def dead(ctx: click.Context, kind: str | None, limit: int, as_json: bool) -> None:
    """List the jobs that were given up, the last one first; or show one of them."""
    if ctx.invoked_subcommand is None:
        _list(ctx, kind, limit, as_json)


@dead.command("list")
@kind_option
@limit_option
@json_option
@config_option
@click.pass_context
def list_(ctx: click.Context, kind: str | None, limit: int, as_json: bool) -> None:
    """List the jobs that were given up, the last one first."""
    _list(ctx, kind, limit, as_json)


@dead.command()
@click.argument("number", metavar="ID", type=POSITION)
@json_option
@config_option
@click.pass_context
def show(ctx: click.Context, number: int, as_json: bool) -> None:
    """Show the dead job ID: what it should have done, its event, and why it was given up."""
    from ..jobs.dead import find

    with looking(kernel_at_rest(ctx)) as connection:
        known_dead(connection, [number])
        data = plain(find(connection, number, dead=True) or {})
    emit(data, as_json, lambda: details(data))


@click.command()
@click.argument("numbers", metavar="[ID]...", nargs=-1, type=POSITION)
@kind_option
@click.option("--all", "everything", is_flag=True, help="All that there are.")
@json_option
@config_option
@click.pass_context
def retry(
    ctx: click.Context, numbers: tuple[int, ...], kind: str | None, everything: bool, as_json: bool
) -> None:
    """Let dead jobs be done once more, from their first attempt: those named by ID, of a --kind, or --all.

    A job keeps its place in its lane. It stays dead where the same work was asked for again meanwhile.
    """
    from ..jobs import dead as graves

    if bool(numbers) + (kind is not None) + everything != 1:
        raise click.UsageError("Say which, in one way: by ID, by --kind or --all")
    kernel = kernel_at_rest(ctx)
    which, total = _chosen(kernel, numbers, kind)
    chunks = graves.retry(kernel.bus.engine, which, kernel.clock.now())
    moved, queues, left = _move("Bringing back", chunks, total)
    for name in queues:
        kernel.bus.ring(name)
    if left:
        note(f"{len(left)} stay dead, because the same waits already: {', '.join(map(str, left))}")
    emit({"retried": moved, "left": left}, as_json, _told(moved, "brought back"))


@click.command()
@click.argument("numbers", metavar="[ID]...", nargs=-1, type=POSITION)
@kind_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
@click.pass_context
def discard(ctx: click.Context, numbers: tuple[int, ...], kind: str | None, yes: bool, as_json: bool) -> None:
    """Throw dead jobs away, named by ID or of a --kind; what they would have done is never done."""
    from ..jobs import dead as graves

    if bool(numbers) == (kind is not None):
        raise click.UsageError("Say which, in one way: by ID or by --kind")
    kernel = kernel_at_rest(ctx)
    which, total = _chosen(kernel, numbers, kind)
    if total and not yes:
        click.confirm(f"Throw away {total} dead jobs for good?", abort=True, err=True)
    moved, _, _ = _move("Throwing away", graves.discard(kernel.bus.engine, which), total)
    emit({"discarded": moved}, as_json, _told(moved, "thrown away"))


def _list(ctx: click.Context, kind: str | None, limit: int, as_json: bool) -> None:
    from ..jobs.dead import Which, count, listed

    which = Which(kind=kind)
    with looking(kernel_at_rest(ctx)) as connection:
        rows, total = listed(connection, which, limit), count(connection, which)
    if total > len(rows):
        note(f"The last {len(rows)} of {total}; --limit shows more")
    cells = [
        (row["id"], row["kind"], moment(row["died_at"]), row["attempt"], row["reason"], row["last_error"])
        for row in rows
    ]
    headings = ("ID", "KIND", "DIED AT", "ATTEMPTS", "REASON", "LAST ERROR")
    emit(
        [plain(row) for row in rows], as_json, lambda: table(headings, cells) if cells else "Nothing is dead"
    )


def _chosen(kernel: Kernel, numbers: tuple[int, ...], kind: str | None) -> tuple[Which, int]:
    """Which dead jobs are meant, and how many there are.

    Raises:
        Failure: one that was named is not there.
    """
    from ..jobs.dead import Which, count

    which = Which(numbers or None, kind)
    with looking(kernel) as connection:
        if numbers:
            known_dead(connection, numbers)
        total = count(connection, which)
    if kind is not None and not total:
        raise Failure(f"No dead job is of {kind}; pronaflow events dead lists them")
    return which, total


def _move(label: str, chunks: Iterable[Chunk], total: int) -> tuple[dict[str, int], set[str], list[int]]:
    """Go through all chunks: what was moved by kind, in which queues there is work, and what is left."""
    moved: Counter[str] = Counter()
    queues: set[str] = set()
    left: list[int] = []
    with progress(label, total) as bar:
        for chunk in chunks:
            moved.update(chunk.moved)
            queues |= chunk.queues
            left += chunk.left
            bar.update(sum(chunk.moved.values()) + len(chunk.left))
    return dict(sorted(moved.items())), queues, left


def _told(moved: dict[str, Any], done: str) -> str:
    return "\n".join(f"{kind}: {count} {done}" for kind, count in moved.items()) or f"Nothing is {done}"
