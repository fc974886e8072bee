"""Answers that the stand-in has none of: files, and lists that are paged by limit and offset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from .case import Case
from .contract import endpoints
from .walker import walk

BY_NAME = {endpoint.name: endpoint for endpoint in endpoints()}
EXPORT = BY_NAME["GET /api/v1/compliance/export"]
DELIVERIES = BY_NAME["GET /api/v1/integration/webhooks/{webhook_id}/deliveries"]
HOOK = str(uuid4())
TIME = "2026-02-03T10:31:00Z"
RATE = {
    "X-RateLimit-Limit": "100",
    "X-RateLimit-Remaining": "99",
    "X-RateLimit-Reset": "1612360200",
    "X-RateLimit-Tier": "default",
}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    headers: Any = None
    json: Any = None
    body: bytes = b""


@dataclass(frozen=True)
class Script:
    """A client that asks a function instead of a server."""

    answer: Callable[[dict[str, str]], Reply]

    def request(self, method, path, json=None, *, query=None, headers=None):
        reply = self.answer(query)
        return replace(reply, headers={**RATE, **(reply.headers or {})})


def json_reply(body):
    return Reply(headers={"Content-Type": "application/json"}, json=body)


def export(query):
    if not {"start_date", "end_date"} <= set(query):
        return Reply(status=422)
    media = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}.get(query.get("format"))
    if media is None:
        return json_reply({"success": True, "data": []})
    headers = {"Content-Type": media, "Content-Disposition": 'attachment; filename="report"'}
    return Reply(headers=headers, body=b"rows")


def walk_export(answer):
    dates = {"start_date": ["2026-01-01"], "end_date": ["2026-02-03"]}
    return walk(EXPORT, Case(Script(answer), query=dates))


def edited(**changes):
    """The right files, changed."""
    return lambda query: (
        replace(export(query), **changes) if query.get("format") in ("csv", "pdf") else export(query)
    )


def test_a_right_download_passes_in_every_format():
    assert walk_export(export) == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (edited(headers={"Content-Type": "text/csv"}), "?format=csv: has the Content-Disposition None"),
        (edited(body=b""), "?format=pdf: is an empty file"),
        (lambda query: export(query | {"format": "csv"}), "?format=pdf: has the Content-Type text/csv"),
        (lambda query: export(query | {"format": ""}), "?format=csv: has the Content-Type application/json"),
        (lambda query: export({}), "answers 422, expected 200"),
    ],
)
def test_a_wrong_download_fails(answer, fault):
    assert any(fault in problem for problem in walk_export(answer))


def test_a_required_parameter_needs_a_value():
    found = walk(EXPORT, Case(Script(export)))
    assert f"{EXPORT.name}: the case has no value for the query parameter end_date" in found


def delivery(status):
    """Keys that do not apply are null, as between the two deliveries that the seed prints."""
    row = dict.fromkeys(("delivered_at", "response_time_ms", "last_error", "next_retry_at"))
    row |= {"id": str(uuid4()), "webhook_id": HOOK, "event_type": "task.created", "status": status}
    row |= {"attempt_number": 1, "status_code": 200, "created_at": TIME}
    if status == "delivered":
        return row | {"delivered_at": TIME, "response_time_ms": 245}
    return row | {
        "last_error": "Internal Server Error",
        "next_retry_at": TIME if status == "retrying" else None,
    }


ROWS = [delivery(status) for status in ("pending", "delivered", "failed", "retrying")]


def deliveries(query, rows=ROWS):
    found = [row for row in rows if query.get("status") in (None, row["status"])]
    start = int(query.get("offset", 0))
    return json_reply(
        {"success": True, "data": found[start : start + int(query.get("limit", 50))], "total": len(found)}
    )


def walk_deliveries(answer):
    return walk(DELIVERIES, Case(Script(answer), {"webhook_id": HOOK}))


def without(*names):
    return lambda query: deliveries({name: value for name, value in query.items() if name not in names})


def test_a_right_list_with_limit_and_offset_passes():
    assert walk_deliveries(deliveries) == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (without("status"), "?status=failed answers 4 records, expected the 1 that match"),
        (without("offset"), "?limit=1&offset=1 answers other records than those of that page"),
        (without("limit"), "?limit=1&offset=1 answers other records than those of that page"),
        (lambda query: deliveries(query, ROWS[:1]), "fewer than two records, so that offset proves nothing"),
        (lambda query: deliveries(query, ROWS[:2]), "data[].next_retry_at is in no element as printed"),
        (lambda query: deliveries(query, [{**ROWS[0], "status_code": None}]), "data[0].status_code is null"),
        (
            lambda query: deliveries(query, [{"id": HOOK, "status": "failed"}]),
            "data[0].delivered_at is missing",
        ),
    ],
)
def test_a_wrong_list_with_limit_and_offset_fails(answer, fault):
    assert any(fault in problem for problem in walk_deliveries(answer))
