"""What a page of the audit log costs in a ledger of a million entries, by each filter of the first seed.

    python contrib/benchmarks/audit_log.py [--quick] [--database sqlite|postgresql|both] [--plans]

The owner of the workspace asks, then each view besides: one's own actions, and everything for an
administrator. Each request runs in this process against the WSGI application. The reference reads fifty rows
of the ledger by their primary keys on the driver and writes them as JSON. Times are on the wall, because the
search is done by another process on PostgreSQL. `--plans` prints how the databases look for the rows.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import perf_counter
from typing import Any

import orjson
from bare import driver
from ledger import fill, plans
from measure import Figures, Options, Times, options, show
from place import Place, place, wsgi

from pronaflow_kernel.api import new_id

TITLE = "Audit log: a page of 50 on the wall, in process"
PATH = "/api/v1/audit-logs"
SIZE, PROJECTS, PEOPLE, RESOURCES, RARE = 50, 20, 100, 10_000, 100_000
APART = 15
"""Seconds from one entry to the next: a million are half a year."""
TYPES = (*("task.updated",) * 5, *("task.created",) * 2, "task.moved", "comment.created", "task.trashed")
BARE = "50 rows by primary key, bare"


def figures(asked: Options) -> Figures:
    count, rounds = (10_000, 2) if asked.quick else (1_000_000, 30)
    for kind in asked.databases:
        with place(kind, 1) as here, driver(here.world.database_url) as database:
            yield f"{kind}, {count:,} entries", ""
            calls = _calls(here, _fill(here, count))
            if PLANS:
                yield from plans(here, calls)
            costs = {name: _statements(here, call) for name, call in calls.items()}
            times = _alternate({BARE: _by_key(database), **calls}, rounds)
            bare = times.pop(BARE)
            yield BARE, _shown(bare)
            for name, found in times.items():
                yield (
                    f"{name}, {costs[name]} statements",
                    f"{_shown(found)}  {found.ratio(bare):.1f} times bare",
                )


def _fill(here: Place, count: int) -> dict[str, Any]:
    """Entries of a hundred people in projects that the owner sees; answers what filters name."""
    now = here.world.clock.now()
    path = "/api/v1/projects"
    made = [here.owner.post(path, {"name": f"P{number}"}).data["id"] for number in range(PROJECTS)]
    here.world.drain()
    people = [here.owner.id, *(new_id() for _ in range(PEOPLE - 1))]
    resources = [new_id() for _ in range(RESOURCES)]

    def entry(number: int) -> dict[str, Any]:
        rare = {"type": "project.archived", "aggregate_type": "Project"} if number % RARE == 0 else {}
        return {
            "type": TYPES[number % len(TYPES)],
            "aggregate_id": resources[number * 7 % RESOURCES],
            "workspace_id": here.owner.workspace_id,
            "container_id": made[number // 3 % PROJECTS],
            "user_id": people[number // 11 % PEOPLE],
            "occurred_at": now - timedelta(seconds=APART * (count - number)),
            "changes": {"title": {"old": "Some task", "new": "Some task with a title"}},
            **rare,
        }

    fill(here, map(entry, range(count)))
    middle = now - timedelta(seconds=APART * count // 2)
    return {"person": people[1], "resource": resources[7], "middle": middle.date()}


def _calls(here: Place, known: Mapping[str, Any]) -> dict[str, Callable[[], bytes]]:
    """By each filter, and each view; every one finds something."""
    middle, person = known["middle"], {"user_id": known["person"]}
    a_month = {"start_date": str(middle - timedelta(days=30)), "end_date": str(middle)}
    filters: dict[str, dict[str, Any]] = {
        "newest": {},
        "page 100": {"page": 100},
        "a person": person,
        "a frequent action": {"action": "task.updated"},
        "a rare action": {"action": "project.archived"},
        "a frequent pattern": {"action": "task.*"},
        "a rare pattern": {"action": "project.*"},
        "a rare kind of resource": {"resource_type": "project"},
        "one resource": {"resource_type": "task", "resource_id": known["resource"]},
        "one resource by its id alone": {"resource_id": known["resource"]},
        "a day half way": {"start_date": str(middle), "end_date": str(middle)},
        "a person's action in a month": {**person, **a_month, "action": "task.created"},
        "own actions": {"user_id": "me"},
    }
    admin = here.world.administrator().token

    def ask(token: str, query: Mapping[str, Any]) -> Callable[[], bytes]:
        call = wsgi(here.world.app, "GET", PATH, token, query={"page_size": SIZE, **query})
        assert orjson.loads(call())["data"], query
        return call

    return {
        **{name: ask(here.owner.token, query) for name, query in filters.items()},
        "everything": ask(admin, {}),
        "everything of a person": ask(admin, person),
        "everything of a rare kind": ask(admin, {"resource_type": "project"}),
    }


def _by_key(database: Any) -> Callable[[], bytes]:
    """Reads rows that do not lie together."""
    [last] = database.rows("SELECT max(seq) AS seq FROM core__event", ())
    keys = [1 + number * (last["seq"] // SIZE) for number in range(SIZE)]
    statement = f"SELECT * FROM core__event WHERE seq IN ({', '.join([database.mark] * SIZE)})"
    return lambda: orjson.dumps(database.rows(statement, keys))


def _alternate(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """As `measure.alternate`, but on the wall: one call of each in a round."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = perf_counter()
            call()
            found[name].append((perf_counter() - start) * 1e6)
    return {name: Times(tuple(times)) for name, times in found.items()}


def _statements(here: Place, call: Callable[[], object]) -> int:
    with here.world.statements() as seen:
        call()
    return len(seen)


def _shown(times: Times) -> str:
    return f"{times.median / 1000:7.2f} ms (p10 {times.p10 / 1000:.2f})"


PLANS = "--plans" in sys.argv and not sys.argv.remove("--plans")

if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
