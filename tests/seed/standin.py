"""A small application whose endpoints are as two sections of the seed print them, to prove the walker on.

It has no database and no rules; each test makes one of its endpoints wrong in exactly one way.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import uuid4

from flask import Flask, Response, abort, request

from .case import Case, Effect
from .client import FlaskClient

_TIME = "2026-02-03T10:30:00Z"
_WEBHOOKS = "/api/v1/integration/webhooks"


class StandIn(Flask):
    """Webhook Management with its five endpoints, and the compliance export of Compliance & Audit Logs."""

    def __init__(self) -> None:
        super().__init__(__name__)
        self.webhooks = {
            hook["id"]: hook for hook in (_webhook("First"), _webhook("Second", is_active=False))
        }
        self.deliveries = [
            _delivery(webhook_id, status) for webhook_id in self.webhooks for status in _STATUSES
        ]
        self.add_url_rule(_WEBHOOKS, view_func=self.create, methods=["POST"])
        self.add_url_rule(_WEBHOOKS, view_func=self.list)
        self.add_url_rule(f"{_WEBHOOKS}/<webhook_id>", view_func=self.change, methods=["PATCH"])
        self.add_url_rule(f"{_WEBHOOKS}/<webhook_id>", view_func=self.delete, methods=["DELETE"])
        self.add_url_rule(f"{_WEBHOOKS}/<webhook_id>/deliveries", view_func=self.list_deliveries)
        self.add_url_rule("/api/v1/compliance/export", view_func=self.export)
        self.after_request(_add_rate_headers)

    def create(self) -> tuple[dict[str, Any], int]:
        body = request.get_json()
        events = {name: True for name, wanted in body["subscribed_events"].items() if wanted}
        hook = _webhook(body["name"], url=body["url"], subscribed_events=events)
        self.webhooks[hook["id"]] = hook
        return {"success": True, "data": hook}, 201

    def list(self) -> dict[str, Any]:
        wanted = request.args.get("is_active")
        hooks = [hook for hook in self.webhooks.values() if wanted in (None, str(hook["is_active"]).lower())]
        page, size = int(request.args.get("page", 1)), int(request.args.get("page_size", 20))
        pagination = {
            "page": page,
            "page_size": size,
            "total": len(hooks),
            "total_pages": -(-len(hooks) // size),
        }
        return {"success": True, "data": hooks[(page - 1) * size : page * size], "pagination": pagination}

    def change(self, webhook_id: str) -> dict[str, Any]:
        hook = self.webhooks[webhook_id]
        events = hook["subscribed_events"] | request.get_json()["subscribed_events"]
        hook |= request.get_json() | {"subscribed_events": events}
        return {"success": True, "data": hook}

    def delete(self, webhook_id: str) -> tuple[str, int]:
        del self.webhooks[webhook_id]
        return "", 204

    def list_deliveries(self, webhook_id: str) -> dict[str, Any]:
        status, offset = request.args.get("status"), int(request.args.get("offset", 0))
        rows = [d for d in self.deliveries if d["webhook_id"] == webhook_id and status in (None, d["status"])]
        limited = rows[offset : offset + int(request.args.get("limit", 50))]
        return {"success": True, "data": limited, "total": len(rows)}

    def export(self) -> Response | dict[str, Any]:
        if not {"start_date", "end_date"} <= set(request.args):
            abort(422)
        media = {"csv": "text/csv", "pdf": "application/pdf"}.get(request.args.get("format", "json"))
        if media is None:
            return {"success": True, "data": []}
        return Response(
            b"rows", mimetype=media, headers={"Content-Disposition": "attachment; filename=report"}
        )


_STATUSES = ("pending", "delivered", "failed", "retrying")


def _webhook(name: str, **fields: Any) -> dict[str, Any]:
    usual = {
        "url": "https://example.com/hook",
        "is_active": True,
        "subscribed_events": {"task.created": True},
    }
    times = {"last_triggered_at": _TIME, "created_at": _TIME}
    return {"id": str(uuid4()), "name": name} | deepcopy(usual) | times | fields


def _delivery(webhook_id: str, status: str) -> dict[str, Any]:
    """Keys that do not apply are null, as between the two deliveries that the seed prints."""
    done, again = status == "delivered", status == "retrying"
    return {
        "id": str(uuid4()),
        "webhook_id": webhook_id,
        "event_type": "task.created",
        "status": status,
        "attempt_number": 1,
        "status_code": 200 if done else 500,
        "delivered_at": _TIME if done else None,
        "response_time_ms": 245 if done else None,
        "last_error": None if done else "Internal Server Error",
        "next_retry_at": _TIME if again else None,
        "created_at": _TIME,
    }


def _add_rate_headers(response: Response) -> Response:
    values = {"Limit": "1000", "Remaining": "987", "Reset": "1612360200", "Tier": "pro"}
    response.headers.extend({f"X-RateLimit-{name}": value for name, value in values.items()})
    return response


def case(app: StandIn, endpoint: str) -> Case:
    """What the scenario of a section holds for one of its endpoints."""
    bindings = {"webhook_id": next(iter(app.webhooks))}
    all_hooks = Effect(_WEBHOOKS)
    effects = {
        f"POST {_WEBHOOKS}": Effect(
            _WEBHOOKS,
            # The secret is never shown again, and the events set to false are left out.
            unseen=("secret", "retry_policy", "max_retries", "timeout_seconds", "subscribed_events"),
            shows={"subscribed_events": {"task.created": True, "task.completed": True}},
        ),
        f"PATCH {_WEBHOOKS}/{{webhook_id}}": all_hooks,
        f"DELETE {_WEBHOOKS}/{{webhook_id}}": all_hooks,
    }
    dates = {"start_date": ["2026-01-01"], "end_date": ["2026-02-03"]}
    return Case(FlaskClient(app), bindings, query=dates, effect=effects.get(endpoint))
