"""The walker passes a server that is as the seed prints it, and fails one that is wrong in a single way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .case import Case, Effect
from .contract import endpoints
from .sabotage import answers, body, forgets, forgets_writes, header, ignores, record, status, without
from .shapes import Allowed
from .standin_scenario import CASES, CHANGE, CREATE, DELETE, HOOKS, LIST
from .walker import walk

BY_NAME = {endpoint.name: endpoint for endpoint in endpoints()}


@pytest.mark.parametrize("name", CASES)
def test_a_right_endpoint_passes(standin, name):
    assert walk(BY_NAME[name], CASES[name](standin)) == []


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
        "no JSON": (answers(lambda response: response.set_data("[]")), "has no JSON object as its body"),
        "wrong status": (status(202, "GET"), "answers 202, expected 200"),
        "wrong header": (
            header("Content-Type", "text/html"),
            "Content-Type text/html, expected application/json",
        ),
        "no filter": (ignores("is_active"), "?is_active=true answers 2 records, expected the 1"),
        "no pages": (ignores("page"), "?page_size=1&page=2 answers other records"),
        "no page size": (ignores("page_size"), "?page_size=1&page=2 tells page_size=20, expected 1"),
        "wrong total": (body(lambda b: b["pagination"].update(total=9)), "tells total=9, expected 2"),
    },
    CREATE: {
        "wrong status": (status(200, "POST"), "answers 200, expected 201"),
        "missing key": (body(lambda b: b["data"].pop("is_active"), "POST"), "data.is_active is missing"),
        "no effect": (forgets_writes, "write without effect: GET /api/v1/integration/webhooks has no record"),
    },
    CHANGE: {
        "missing object": (body(lambda b: b.pop("data"), "PATCH"), "data is missing"),
        "refusal": (status(422, "PATCH"), "answers 422, expected 200"),
        "no effect": (forgets_writes, "write without effect"),
        "half an effect": (forgets("is_active"), "write without effect"),
    },
    DELETE: {
        "wrong status": (status(200, "DELETE"), "answers 200, expected 204"),
        "no effect": (forgets_writes, "write without effect: GET /api/v1/integration/webhooks still shows"),
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
def test_an_endpoint_that_is_wrong_in_one_way_fails(standin, monkeypatch, name, sabotage, fault):
    case = CASES[name](standin)
    sabotage(standin, monkeypatch)
    found = walk(BY_NAME[name], case)
    assert any(fault in problem for problem in found), found
    assert all(problem.startswith(f"{name}: ") for problem in found)


def test_no_problem_hides_behind_another(standin, monkeypatch):
    case = CASES[LIST](standin)
    for sabotage in (record(lambda hook: hook.update(url=None)), status(202, "GET"), ignores("page")):
        sabotage(standin, monkeypatch)
    found = "\n".join(walk(BY_NAME[LIST], case))
    assert all(fault in found for fault in ("url is null", "answers 202", "answers other records"))


@pytest.mark.parametrize("name", ["Limit", "Remaining", "Reset", "Tier"])
def test_every_answer_must_have_the_rate_headers(standin, monkeypatch, name):
    case = CASES[LIST](standin)
    without(f"X-RateLimit-{name}")(standin, monkeypatch)
    assert f"has the header X-RateLimit-{name}: None" in walk(BY_NAME[LIST], case)[0]


def test_the_reset_is_a_moment_and_no_span(standin, monkeypatch):
    case = CASES[LIST](standin)
    header("X-RateLimit-Reset", "60")(standin, monkeypatch)
    assert "has the header X-RateLimit-Reset: 60" in walk(BY_NAME[LIST], case)[0]


def test_null_passes_where_the_allow_list_says_so(standin, monkeypatch):
    case = CASES[LIST](standin)
    record(lambda hook: hook.update(last_triggered_at=None))(standin, monkeypatch)
    allowed = Allowed(null={"data[].last_triggered_at": "a webhook that was never sent to"})
    assert "last_triggered_at is null" in walk(BY_NAME[LIST], case)[0]
    assert [problem for problem in walk(BY_NAME[LIST], case, allowed) if "null" in problem] == []


PROVES_NOTHING = {
    "no id": (CHANGE, {"bindings": {}}, "binds no id to webhook_id"),
    "no read": (CHANGE, {"effect": None}, "declares no read that proves the write"),
    "no such read": (CHANGE, {"effect": Effect("/nowhere")}, "answers 404 before the write"),
    "nothing new": (DELETE, {"effect": Effect(HOOKS, shows={"name": "Second"})}, "before they are written"),
    "nothing gone": (
        DELETE,
        {"effect": Effect(HOOKS, {"is_active": "true"})},
        "does not show webhook_id before",
    ),
    "no filter": (
        LIST,
        {"keeps": {"is_active": lambda hook, value: True}},
        "no value of the case shows that",
    ),
}


@pytest.mark.parametrize(("name", "changes", "fault"), PROVES_NOTHING.values(), ids=PROVES_NOTHING)
def test_a_case_that_could_prove_nothing_fails(standin, name, changes, fault):
    found = walk(BY_NAME[name], replace(CASES[name](standin), **changes))
    assert any(fault in problem for problem in found), found


def test_the_request_goes_out_as_printed_but_for_its_ids():
    printed = BY_NAME["POST /api/v1/reports"].request
    ids = {"uuid": "w", "uuid1": "p", "uuid2": "q"}
    bound = Case(client=None, bindings=ids).request(printed)
    filters = printed["filters"] | {"project_ids": ["p", "q"]}
    assert bound == printed | {"workspace_id": "w", "filters": filters}
