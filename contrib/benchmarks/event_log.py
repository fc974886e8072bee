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
from ledger import fill, plans
from measure import Figures, Options, alternate, options, show
from place import Place, place

from pronaflow_kernel.api import new_id

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
                yield from plans(here, calls)
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
    homes = (here.owner.workspace_id, new_id())

    def event(number: int) -> dict[str, Any]:
        return {
            "type": "task.updated" if number % 3 else "task.created",
            "aggregate_id": new_id(),
            "workspace_id": homes[number % 2],
            "container_id": made[number // 2 % PROJECTS],
            "user_id": here.owner.id,
            "occurred_at": now - timedelta(seconds=2 * count - number),
        }

    fill(here, map(event, range(2 * count)))
    return made


PLANS = "--plans" in sys.argv and not sys.argv.remove("--plans")

if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
