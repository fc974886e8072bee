"""What the commands for background work share: they look and move, and leave all work to servers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from .failures import Failure
from .state import state_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..jobs.dead import Row
    from ..kernel import Kernel

POSITION = click.IntRange(1, 2**63 - 1)
"""A position in the ledger, or the number of a job."""

JOB_STATES = ("ready", "leased", "waiting", "parked")
"""What a job can be, in the order of the numbers of `jobs.models`."""


def kernel_at_rest(ctx: click.Context) -> Kernel:
    """The kernel as a server that starts now would have it; nothing is made, migrated or worked off.

    Raises:
        Failure: there is none; the words say why.
    """
    from .installed import assembled

    state = state_of(ctx)
    state.works = False
    kernel, words = assembled(state)
    if kernel is None:
        raise Failure(words)
    return kernel


@contextmanager
def looking(kernel: Kernel) -> Iterator[Connection]:
    """A connection that reads in all workspaces and takes no lock."""
    from ..jobs.enqueue import ALL_WORKSPACES

    with kernel.db.engines.read.execution_options(unscoped=ALL_WORKSPACES).connect() as connection:
        yield connection


class Workspace(click.ParamType[str]):
    """The id of a workspace."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As ids are written."""
        from ..ids import as_id

        found = as_id(value)
        if found is None:
            self.fail(f"{value!r} is no id", param, ctx)
        return found


class Moment(click.ParamType[Any]):
    """An instant, or where positions are told, a position."""

    name = "time"

    def __init__(self, *, positions: bool = False) -> None:
        self._positions = positions

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | datetime:
        """A number as it is, a time with its zone."""
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        if self._positions and value.isascii() and value.isdigit():
            return int(POSITION(value, param, ctx))
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            words = "a time with its zone, as 2026-03-02T09:00:00Z"
            self.fail(f"{value!r} is not {'a position or ' * self._positions}{words}", param, ctx)
        return found.astimezone(UTC)


def moment(instant: datetime) -> str:
    """As times are shown: in UTC, to the second."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as JSON shows it, times in UTC and the state of a job in a word."""
    shown = dict(row)
    for name, value in row.items():
        if isinstance(value, datetime):
            shown[name] = moment(value)
    if "state" in shown:
        shown["state"] = JOB_STATES[row["state"]]
    if shown.get("event") is not None:
        shown["event"] = plain(row["event"])
    return shown


def details(data: Mapping[str, Any]) -> str:
    """A row as text, a line a value; what is not there is left out, and what has parts is JSON."""
    import json

    def written(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)

    return "\n".join(f"{name:<16}{written(value)}" for name, value in data.items() if value is not None)


def known_dead(connection: Connection, ids: Iterable[int]) -> list[Row]:
    """The dead jobs of these numbers.

    Raises:
        Failure: some are not there; the words name them.
    """
    from ..jobs import dead

    wanted = tuple(dict.fromkeys(ids))
    rows = dead.listed(connection, dead.Which(ids=wanted), len(wanted))
    if missing := sorted(set(wanted) - {row["id"] for row in rows}):
        raise Failure(
            f"There is no dead job {', '.join(map(str, missing))}; pronaflow events dead lists them"
        )
    return rows
