"""Events in the form of CloudEvents 1.0, for programs that take them from everywhere.

`source` and `id` together name an event for ever; whoever gets it twice knows it by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

BATCH = "application/cloudevents-batch+json"
"""Media type of a list of them (CloudEvents 1.0, JSON format, 4)."""

SINGLE = "application/cloudevents+json"
"""Media type of one (CloudEvents 1.0, JSON format, 3)."""


def cloud_event(row: Mapping[str, Any], public_url: str) -> dict[str, Any]:
    """An event as a CloudEvent; what an event has not is left out, as the specification wants it.

    Arguments:
        row: of the event log.
        public_url: what links start with, without a slash at the end.
    """
    version = row["schema_version"]
    shown = {
        "specversion": "1.0",
        "id": row["id"],
        "source": f"/workspaces/{row['workspace_id']}",
        "type": f"com.pronaflow.{row['type']}.v{version}",
        "subject": f"{row['aggregate_type']}/{row['aggregate_id']}",
        "time": _instant(row["occurred_at"]),
        "dataschema": f"{public_url}/api/v1/events/types?event_type={quote(row['type'])}&version={version}",
        "datacontenttype": "application/json",
        "sequence": None if row["position"] is None else str(row["position"]),
        "userid": row["user_id"],
        "correlationid": row["request_id"],
        "data": row["payload"],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _instant(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
