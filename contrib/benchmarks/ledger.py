"""Filling the ledger past the services, and looking at how the databases search in it."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from measure import Figures
from place import Place
from sqlalchemy import event, func, insert, select

from pronaflow_kernel.api import new_id
from pronaflow_kernel.events.models import EventRow

PORTION = 1000


def fill(here: Place, events: Iterable[Mapping[str, Any]]) -> None:
    """Store events as if the relay had passed already, and bring the planner's statistics up to date.

    Arguments:
        events: in order, each with `type, aggregate_id, workspace_id, container_id, user_id, occurred_at` and
            whatever is different from a change to a task.
    """
    engine, rest = here.world.kernel.db.engines.write, iter(events)
    common = {
        "schema_version": 1,
        "public": True,
        "aggregate_type": "Task",
        "actor_kind": "user",
        "origin": "api",
        "hop": 0,
        "recorded_at": here.world.clock.now(),
        "payload": {"task_id": "x", "title": "Some task with a title"},
    }
    with engine.execution_options(unscoped="the benchmark fills workspaces").begin() as connection:
        position: int = connection.scalar(select(func.max(EventRow.position))) or 0
        while portion := list(islice(rest, PORTION)):
            rows = [
                {**common, "id": new_id(), "position": position + number, **values}
                for number, values in enumerate(portion, 1)
            ]
            connection.execute(insert(EventRow), rows)
            position += len(rows)
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute("ANALYZE")
        raw.commit()


def plans(here: Place, calls: Mapping[str, Callable[[], object]]) -> Figures:
    """How the database looks for the rows of each request."""
    engine = here.world.kernel.db.engines.read
    for name, call in calls.items():
        seen: list[tuple[str, Any]] = []

        def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any, seen: Any = seen) -> None:
            if "FROM core__event" in statement:
                seen.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", note)
        call()
        event.remove(engine, "before_cursor_execute", note)
        explain = (
            "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS OFF) "
        )
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            for statement, parameters in seen:
                for row in raw.execute(explain + statement, parameters).fetchall():
                    yield name, str(row[-1])
