"""What one call for 1,000 tasks saves against 1,000 calls.

    python contrib/benchmarks/bulk.py [--quick] [--database sqlite|postgresql|both]

`POST /api/v1/tasks/bulk` on the WSGI application, on the wall, against as many single requests
of the same run that do the same to other tasks of the same project.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from measure import Figures, Options, options, show
from place import Place, place

TITLE = "POST /tasks/bulk: one call against as many single ones"
BULK = "/api/v1/tasks/bulk"
TASKS = "/api/v1/tasks"


def figures(asked: Options) -> Figures:
    count = 20 if asked.quick else 1000
    for kind in asked.databases:
        with place(kind, 10) as at:
            for action, many, single in _work(at, count):
                yield (
                    f"{kind}, {action} {count:,}",
                    f"{many:7.2f} s; {single / many:5.1f} times as fast as single",
                )


def _work(at: Place, count: int) -> Iterator[tuple[str, float, float]]:
    """Action, seconds of one call and of the single ones."""
    item = {"project_id": at.project_id, "title": "One more task", "tags": ["ui"]}
    made: list[Any] = []
    many = _seconds(lambda: made.append(_sent(at, {"action": "create", "items": [item] * count})))
    ids = [row["id"] for row in made[0]["results"]]
    others: list[str] = []
    create = at.call("POST", TASKS, item)
    single = _seconds(lambda: others.extend(_id(create()) for _ in range(count)))
    yield "create", many, single
    for action, method, path, data in (
        ("update", "PATCH", "", {"priority": "high"}),
        ("move", "POST", "/move", {"position": 0}),
        ("delete", "DELETE", "", None),
    ):
        body = {"action": action, "ids": ids, "data": data or {}}
        many = _seconds(lambda body=body: _sent(at, body))  # type: ignore[misc]
        calls = [at.call(method, f"{TASKS}/{task_id}{path}", data) for task_id in others]
        single = _seconds(lambda calls=calls: [call() for call in calls])  # type: ignore[misc]
        yield action, many, single


def _sent(at: Place, body: Any) -> Any:
    """The answer to one call in the project's workspace, of which nothing may have failed."""
    data = orjson.loads(at.call("POST", BULK, {"project_id": at.project_id, **body})())["data"]
    assert data["failed_count"] == 0, data["results"][0]
    return data


def _id(answer: bytes) -> str:
    return str(orjson.loads(answer)["data"]["id"])


def _seconds(action: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
