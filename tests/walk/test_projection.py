"""What a route shows is what marshmallow would show, for the schemas of all plugins (architecture.md 5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from marshmallow import Schema, fields

from pronaflow_kernel.web.fields import Id, Timestamp
from pronaflow_kernel.web.projection import dumps, projection

TEXT = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INT64 = some.integers(-(2**63), 2**63 - 1)
NUMBER = some.floats(allow_nan=False, allow_infinity=False)
STORED = {
    Id: some.uuids().map(str),
    Timestamp: some.datetimes(min_value=datetime(1900, 1, 1), timezones=some.just(UTC)),
    fields.Date: some.dates(),
    fields.Boolean: some.booleans(),
    fields.Integer: INT64,
    fields.Float: NUMBER,
    fields.String: TEXT,
    fields.Raw: some.none() | TEXT | INT64 | some.lists(TEXT) | some.dictionaries(TEXT, TEXT | INT64),
}
"""What stands in a row for each kind of field; the first kind that fits counts."""


def values(field):
    """Values of a field as a row holds them."""
    if isinstance(field, fields.Nested):
        found = rows(type(field.schema))
        found = some.lists(found, max_size=3) if field.many else found
    elif isinstance(field, fields.List):
        found = some.lists(values(field.inner), max_size=3)
    elif isinstance(field, fields.Dict):
        keys = values(field.key_field) if field.key_field else TEXT
        held = values(field.value_field) if field.value_field else TEXT | INT64 | some.none()
        found = some.dictionaries(keys, held, max_size=3)
    else:
        found = next(values for kind, values in STORED.items() if isinstance(field, kind))
    return found | some.none() if field.allow_none else found


def rows(schema):
    """Rows that a schema shows."""
    shown = schema().dump_fields
    return some.fixed_dictionaries(
        {field.attribute or name: values(field) for name, field in sorted(shown.items(), key=in_order)}
    )


def in_order(item):
    """A field that shows another one's column comes first, so that the other one's values count."""
    return item[1].attribute is None


@pytest.fixture(scope="session")
def schemas(world):
    """The schemas of all answers."""
    declared = [
        blueprint.declared.values()
        for blueprint in world.app.blueprints.values()
        if hasattr(blueprint, "declared")
    ]
    found = {route.returns for routes in declared for route in routes if route.returns}
    assert len(found) > 15
    return sorted(found, key=lambda schema: schema.__name__)


def differences(schema, row):
    """What is wrong with the projection of a row, or None."""
    projected, dumped = json.loads(dumps(projection(schema)(row))), json.loads(json.dumps(schema().dump(row)))
    return None if projected == dumped else f"{schema.__name__}: {projected} is not {dumped}"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=some.data())
def test_a_projection_shows_what_marshmallow_shows(schemas, data):
    schema = data.draw(some.sampled_from(schemas))
    row = data.draw(rows(schema))
    assert differences(schema, row) is None


def test_a_wrong_projection_is_noticed():
    class Shouted(fields.String):
        def _serialize(self, value, attr, obj, **kwargs):
            return value.upper()

    class Out(Schema):
        name = Shouted()

    assert differences(Out, {"name": "ann"}) == "Out: {'name': 'ann'} is not {'name': 'ANN'}"


def test_a_field_without_a_projection_is_refused():
    class Out(Schema):
        price = fields.Decimal()

    with pytest.raises(TypeError, match=r"Out\.price: no projection for Decimal"):
        projection(Out)
