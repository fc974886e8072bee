"""What it costs to show rows: marshmallow's dump against the projection compiled from the same schema.

    python contrib/benchmarks/projection.py [--quick]

20 rows of 16 fields, to JSON.
"""

from datetime import UTC, date, datetime

import orjson
from marshmallow import fields
from measure import Figures, Options, alternate, options, show

from pronaflow_kernel.api import Id, Schema, Timestamp, new_id
from pronaflow_kernel.web.projection import dumps, projection

TITLE = "Projection: 20 rows of 16 fields to JSON"


class Shown(Schema):
    """What a typical list shows."""

    id = Id()
    task_id = Id(attribute="id", dump_only=True)
    workspace_id = Id()
    project_id = Id()
    assigned_to = Id()
    key = fields.String()
    title = fields.String()
    status = fields.String()
    priority = fields.String()
    progress = fields.Integer()
    estimated_hours = fields.Float()
    is_milestone = fields.Boolean()
    due_date = fields.Date()
    started_at = Timestamp()
    created_at = Timestamp()
    updated_at = Timestamp()


def row() -> dict[str, object]:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    ids = {name: new_id() for name in ("id", "workspace_id", "project_id", "assigned_to")}
    words = {"key": "WEB-1", "title": "Design the page", "status": "in_progress", "priority": "high"}
    numbers = {"progress": 50, "estimated_hours": 7.5, "is_milestone": False}
    times = {"due_date": date(2026, 3, 9), "started_at": now, "created_at": now, "updated_at": now}
    return {**ids, **words, **numbers, **times}


def figures(asked: Options) -> Figures:
    rows = [row() for _ in range(20)]
    schema, project = Shown(many=True), projection(Shown)
    assert orjson.loads(orjson.dumps(schema.dump(rows))) == orjson.loads(dumps([project(r) for r in rows]))
    calls = {
        "marshmallow dump": lambda: orjson.dumps(schema.dump(rows)),
        "projection": lambda: dumps([project(r) for r in rows]),
        "orjson alone": lambda: dumps(rows),
    }
    times = alternate(calls, 3 if asked.quick else 200)
    for name, taken in times.items():
        yield name, f"{taken}  {taken.ratio(times['orjson alone']):.1f} times orjson"
    saved = times["marshmallow dump"].ratio(times["projection"])
    yield "saved by the projection", f"{saved:8.1f} times less than marshmallow"


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
