"""What a look into a long event log costs: windows, filters, the rarest type, and following.

    python contrib/benchmarks/event_log.py [--quick] [--database sqlite|postgresql|both]

The workspace has 100,000 events in 20 projects, of which the member sees two; as many lie in another
workspace. Each request runs in this process against the WSGI application. No request reads the ledger whole:
`--plans` prints how the databases look for the rows.
"""

import sys
from datetime import timedelta
from typing import Any

import orjson
from measure import Figures, Options, alternate, options, show
from place import Place, place
from sqlalchemy import event, func, insert, select

from pronaflow_kernel.api import new_id
from pronaflow_kernel.events.models import EventRow

TITLE = "Event log: CPU of a request, in process"
PROJECTS = 20


def figures(asked: Options) -> Figures:
    count, rounds = (500, 2) if asked.quick else (100_000, 20)
    for kind in asked.databases:
        with place(kind, 10) as here:
            project_ids = _fill(here, count)
            yield f"{kind}, {count:,} events", ""
            calls = _calls(here, project_ids)
            if PLANS:
                yield from _plans(here, calls)
            for name, times in alternate(calls, rounds).items():
                yield name, str(times)


def _calls(here: Place, project_ids: list[str]) -> dict[str, Any]:
    path = "/api/v1/events"
    last = orjson.loads(here.call("GET", path, limit=1)())["data"][0]["position"]
    return {
        "newest 100": here.call("GET", path),
        "one project": here.call("GET", path, project=project_ids[0]),
        "a frequent type": here.call("GET", path, event_type="task.updated"),
        "a rare type": here.call("GET", path, event_type="project.created"),
        "offset 10,000": here.call("GET", path, offset=10_000),
        "follow, at the end": here.call("GET", path, after_position=max(0, last - 50)),
        "follow, from the beginning": here.call("GET", path, after_position=0),
    }


def _fill(here: Place, count: int) -> list[str]:
    """Events of tasks in projects of which the member sees every tenth, and of another workspace."""
    world, now = here.world, here.world.clock.now()
    secret = {"visibility": "private"}
    made = [
        here.owner.post("/api/v1/projects", {"name": f"P{n}", **({} if n % 10 == 0 else secret)}).data["id"]
        for n in range(PROJECTS)
    ]
    world.drain()
    engine = world.kernel.db.engines.write.execution_options(unscoped="the benchmark fills two workspaces")
    with engine.begin() as connection:
        base: int = connection.scalar(select(func.max(EventRow.position))) or 0
        homes = (here.owner.workspace_id, new_id())
        rows = [
            {
                "id": new_id(),
                "position": base + 1 + number,
                "type": "task.updated" if number % 3 else "task.created",
                "schema_version": 1,
                "public": True,
                "aggregate_type": "Task",
                "aggregate_id": new_id(),
                "workspace_id": homes[number % 2],
                "container_id": made[number // 2 % PROJECTS],
                "actor_kind": "user",
                "user_id": here.owner.id,
                "origin": "api",
                "hop": 0,
                "occurred_at": now - timedelta(seconds=2 * count - number),
                "recorded_at": now,
                "payload": {"task_id": "x", "title": "Some task with a title"},
            }
            for number in range(2 * count)
        ]
        for first in range(0, len(rows), 1000):
            connection.execute(insert(EventRow), rows[first : first + 1000])
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute("ANALYZE")
        raw.commit()
    return made


def _plans(here: Place, calls: dict[str, Any]) -> Figures:
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


PLANS = "--plans" in sys.argv and not sys.argv.remove("--plans")

if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
