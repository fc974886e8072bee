"""The walker passes an endpoint that is as the seed prints it, and fails one that is wrong in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .case import Case, Effect
from .contract import endpoints
from .sabotage import (
    Sabotage,
    body,
    forgets_one_value,
    forgets_writes,
    header,
    ignores,
    record,
    status,
)
from .shapes import Allowed
from .standin import StandIn, case
from .walker import walk

BY_NAME = {endpoint.name: endpoint for endpoint in endpoints()}
HOOKS = "/api/v1/integration/webhooks"
CREATE = f"POST {HOOKS}"
LIST = f"GET {HOOKS}"
CHANGE = f"PATCH {HOOKS}/{{webhook_id}}"
DELETE = f"DELETE {HOOKS}/{{webhook_id}}"
DELIVERIES = f"GET {HOOKS}/{{webhook_id}}/deliveries"
EXPORT = "GET /api/v1/compliance/export"


def findings(name: str, sabotage: Sabotage | None = None, **changes: Any) -> list[str]:
    app = StandIn()
    if sabotage:
        sabotage(app)
    return walk(BY_NAME[name], replace(case(app, name), **changes), rate_headers=True)


@pytest.mark.parametrize("name", [CREATE, LIST, CHANGE, DELETE, DELIVERIES, EXPORT])
def test_a_right_endpoint_passes(name):
    assert findings(name) == []


WRONG = {
    LIST: {
        "missing key": (record(lambda hook: hook.pop("url")), "data[1].url is missing"),
        "missing object": (body(lambda b: b.pop("pagination")), "pagination is missing"),
        "missing common key": (body(lambda b: b["pagination"].pop("total_pages")), "total_pages is missing"),
        "wrong type": (
            record(lambda hook: hook.update(is_active=1)),
            "is_active is 1, expected true or false",
        ),
        "wrong id": (record(lambda hook: hook.update(id="17")), "id is '17', expected an id"),
        "wrong time": (record(lambda hook: hook.update(created_at="03.02.2026")), "expected a time in UTC"),
        "wrong null": (record(lambda hook: hook.update(name=None)), "name is null, expected text"),
        "no list": (body(lambda b: b.update(data=b["data"][0])), "expected a list"),
        "no success": (body(lambda b: b.update(success=False)), "success is False, expected true"),
        "wrong status": (status(202, "GET"), "answers 202, expected 200"),
        "wrong content type": (header("Content-Type", "text/html"), "Content-Type text/html"),
        "missing rate header": (header("X-RateLimit-Tier", None), "X-RateLimit-Tier: None"),
        "wrong rate header": (header("X-RateLimit-Reset", "60"), "X-RateLimit-Reset: 60"),
        "no filter": (ignores("is_active"), "?is_active=true answers 2 records, expected the 1"),
        "no pages": (ignores("page"), "?page_size=1&page=2 answers other records"),
        "no page size": (ignores("page_size"), "?page_size=1&page=2 tells {'page_size': 20}"),
        "wrong total": (body(lambda b: b["pagination"].update(total=9)), "tells {'total': 9}"),
    },
    CREATE: {
        "wrong status": (status(200, "POST"), "answers 200, expected 201"),
        "missing key": (body(lambda b: b["data"].pop("is_active"), "POST"), "data.is_active is missing"),
        "no effect": (forgets_writes, "write without effect"),
    },
    CHANGE: {
        "missing object": (body(lambda b: b.pop("data"), "PATCH"), "data is missing"),
        "no effect": (forgets_writes, "write without effect"),
        "half an effect": (forgets_one_value, "no record with is_active=True"),
    },
    DELETE: {
        "wrong status": (status(200, "DELETE"), "answers 200, expected 204"),
        "no effect": (forgets_writes, "write without effect"),
    },
    DELIVERIES: {
        "key that does not apply": (record(lambda row: row.pop("delivered_at")), "delivered_at is missing"),
        "null that is never printed": (
            record(lambda row: row.update(status_code=None)),
            "status_code is null",
        ),
        "no choice": (ignores("status"), "?status=pending answers 4 records"),
        "no offset": (ignores("offset"), "?limit=1&offset=1 answers other records"),
        "wrong type": (body(lambda b: b.update(total="4")), "total is '4', expected a number"),
    },
    EXPORT: {
        "no attachment": (header("Content-Disposition", None), "Content-Disposition None"),
        "no format": (ignores("format"), "?format=csv: has the Content-Type application/json"),
        "required parameter": (ignores("start_date"), "answers 422, expected 200"),
    },
}


@pytest.mark.parametrize(
    ("name", "sabotage", "fault"),
    [
        pytest.param(name, *wrong, id=f"{label} of {name}")
        for name, ways in WRONG.items()
        for label, wrong in ways.items()
    ],
)
def test_an_endpoint_that_is_wrong_in_one_way_fails(name, sabotage, fault):
    found = findings(name, sabotage)
    assert any(fault in problem for problem in found), found
    assert all(problem.startswith(f"{name}: ") for problem in found)


def test_no_problem_hides_behind_another():
    def both(app: StandIn) -> None:
        record(lambda hook: hook.update(url=None))(app)
        header("Content-Type", "text/plain")(app)
        status(202, "GET")(app)

    found = "\n".join(findings(LIST, both))
    assert all(fault in found for fault in ("url is null", "Content-Type text/plain", "answers 202"))


def test_rate_headers_are_asked_for_only_when_they_are_built():
    app = StandIn()
    header("X-RateLimit-Limit", None)(app)
    assert walk(BY_NAME[LIST], case(app, LIST)) == []
    assert (
        "has the header X-RateLimit-Limit: None" in walk(BY_NAME[LIST], case(app, LIST), rate_headers=True)[0]
    )


def test_null_passes_where_the_allow_list_says_so():
    app = StandIn()
    record(lambda hook: hook.update(last_triggered_at=None))(app)
    allowed = Allowed(null={"data[].last_triggered_at": "a webhook that was never sent to"})
    assert walk(BY_NAME[LIST], case(app, LIST)) != []
    assert walk(BY_NAME[LIST], case(app, LIST), allowed) == []


PROVES_NOTHING = {
    "no id": (CHANGE, {"bindings": {}}, "binds no id to webhook_id"),
    "no read": (CHANGE, {"effect": None}, "declares no read that proves the write"),
    "no such read": (CHANGE, {"effect": Effect("/nowhere")}, "answers 404 before the write"),
    "nothing said": (DELETE, {"effect": Effect(HOOKS, shows={"name": "First"})}, "before they are written"),
    "nothing gone": (
        DELETE,
        {"effect": Effect(f"{HOOKS}/{{webhook_id}}/deliveries")},
        "still shows webhook_id",
    ),
    "no value": (EXPORT, {"query": {}}, "no value for the query parameter start_date"),
    "no filter": (
        LIST,
        {"keeps": {"is_active": lambda hook, value: True}},
        "no value of the case shows that",
    ),
}


@pytest.mark.parametrize(("name", "changes", "fault"), PROVES_NOTHING.values(), ids=PROVES_NOTHING)
def test_a_case_that_could_prove_nothing_fails(name, changes, fault):
    found = findings(name, **changes)
    assert any(fault in problem for problem in found), found


def test_the_request_goes_out_as_printed_but_for_its_ids():
    printed = BY_NAME["POST /api/v1/reports"].request
    ids = {"uuid": "w", "uuid1": "p", "uuid2": "q"}
    bound = Case(client=None, bindings=ids).request(printed)
    assert bound == printed | {
        "workspace_id": "w",
        "filters": printed["filters"] | {"project_ids": ["p", "q"]},
    }
