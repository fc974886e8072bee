"""What a webhook sends of an event; made once, so that a retry says what was true then (events.md 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from pronaflow_kernel.api import Event

API_VERSION = "1"
"""Version of the body's shape."""

MOST_BYTES = 64 * 1024
"""A longer body is sent without its data: Standard Webhooks asks for small ones."""

FORMATS = ("standard", "slack", "cloudevents")

TYPES = {"cloudevents": "application/cloudevents+json"}
"""Content types that are not plain JSON, by format."""

SLACK_HOST = "hooks.slack.com"
"""Takes no JSON but its own, so that its webhooks have the format `slack` unless they say otherwise."""


def body_of(format_: str, event: Event, sequence: int, summary: str, source: str) -> bytes:
    """The bytes that are sent.

    Arguments:
        format_: one of `FORMATS`.
        sequence: counts what this webhook is sent, from 1, for receivers that sort or look for gaps.
        summary: of the event type, a sentence.
        source: address of this server.
    """
    made = _FORMATS[format_](event, sequence, summary, source)
    text = orjson.dumps(made, option=orjson.OPT_UTC_Z)
    if len(text) <= MOST_BYTES:
        return text
    return orjson.dumps({**made, "data": _short(event), "truncated": True}, option=orjson.OPT_UTC_Z)


def _standard(event: Event, sequence: int, summary: str, source: str) -> dict[str, Any]:
    made = {
        "type": event.type,
        "timestamp": event.occurred_at,
        "id": event.id,
        "workspace_id": event.workspace_id,
        "api_version": API_VERSION,
        "sequence": sequence,
        "user_id": event.user_id,
        "data": {**event.payload, "id": event.aggregate_id},
    }
    return made if event.changes is None else {**made, "changes": event.changes}


def _cloudevent(event: Event, sequence: int, summary: str, source: str) -> dict[str, Any]:
    """CloudEvents 1.0, structured mode, with the extension `sequence`."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"{source}/workspaces/{event.workspace_id}",
        "type": event.type,
        "subject": event.aggregate_id,
        "time": event.occurred_at,
        "datacontenttype": "application/json",
        "sequence": f"{sequence:020}",
        "data": _standard(event, sequence, summary, source)["data"],
    }


def _slack(event: Event, sequence: int, summary: str, source: str) -> dict[str, Any]:
    """A message of an incoming webhook of Slack, and of whoever takes the same."""
    called = next((event.payload[key] for key in ("title", "name", "key") if event.payload.get(key)), None)
    sentence = summary.rstrip(".") or event.type
    return {"text": _escaped(sentence if called is None else f"{sentence}: {called}")}


def _escaped(text: str) -> str:
    """Text in which nothing is a link or a mention of Slack's."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(event: Event) -> Mapping[str, Any]:
    ids = {name: value for name, value in event.payload.items() if name.endswith("_id")}
    return {**ids, "id": event.aggregate_id}


_FORMATS: dict[str, Callable[[Event, int, str, str], dict[str, Any]]] = {
    "standard": _standard,
    "slack": _slack,
    "cloudevents": _cloudevent,
}
