"""What the busiest request costs: a page of a large project's tasks, for an ordinary member.

    python contrib/benchmarks/hot_list.py [--quick] [--database sqlite|postgresql|both]

Each request runs in this process against the WSGI application, with all that belongs to it: sign-in,
workspace, permission, validation, tenant rule, tags, totals. The bare reference (bare.py) has none of that.
The goal is a list of at most six times bare; get and create are for information.
"""

from typing import Any

import orjson
from bare import caught, creating, driver, reading
from measure import Figures, Options, Times, alternate, options, show
from place import Place, place, wsgi

TITLE = "Hot list: CPU of a request, in process, against bare SQL on the same database"
GOAL = 6.0


def figures(asked: Options) -> Figures:
    tasks, rounds = (300, 3) if asked.quick else (10_000, 100)
    for kind in asked.databases:
        with place(kind, tasks) as here, driver(here.world.database_url) as database:
            yield f"{kind}, {tasks:,} tasks", ""
            yield from _against_bare(here, database, rounds)


def _against_bare(here: Place, database: Any, rounds: int) -> Figures:
    page = {"project_id": here.project_id, "page_size": 20}
    lists = here.call("GET", "/api/v1/tasks", **page)
    task_id = orjson.loads(lists())["data"][0]["id"]
    gets = here.call("GET", f"/api/v1/tasks/{task_id}")
    body = {"project_id": here.project_id, "title": "One more", "tags": ["backend"]}
    creates = here.call("POST", "/api/v1/tasks", body)
    created = orjson.loads(creates())["data"]["id"]
    engine = here.world.kernel.db.engines.read
    bare = {
        "list": wsgi(reading(database, *caught(engine, lists, "tasks__task")), "GET", "/", query=page),
        "get": wsgi(reading(database, *caught(engine, gets, "tasks__task")), "GET", "/"),
        "create": wsgi(creating(database, here, created), "POST", "/", body=body),
    }
    ours = {"list": lists, "get": gets, "create": creates}
    for name, request in ours.items():
        with here.world.statements() as statements:
            request()
        times = alternate({"bare": bare[name], "ours": request}, rounds)
        yield f"{name}, bare", str(times["bare"])
        yield f"{name}, {len(statements)} statements", f"{times['ours']}  {_ratio(name, times)}"


def _ratio(name: str, times: dict[str, Times]) -> str:
    goal = f", goal {GOAL:g}" if name == "list" else ""
    return f"{times['ours'].ratio(times['bare']):.2f} times bare{goal}"


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
