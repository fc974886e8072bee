"""A query parameter that is an object (OpenAPI's `deepObject`)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request
from marshmallow import fields

from pronaflow_kernel.api import Schema, ValidationFailed
from pronaflow_kernel.web.arguments import load_query


class Query(Schema):
    """Takes everything there is."""

    named = fields.Dict(keys=fields.String(), values=fields.Integer())
    many = fields.List(fields.Integer())
    one = fields.Integer()


def load(query: str) -> Any:
    with Flask(__name__).test_request_context(f"/?{query}"):
        return load_query(Query(), request)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("named[a]=1&named[b]=2&one=3", {"named": {"a": 1, "b": 2}, "one": 3}),
        ("named[a]=1&named[a]=2", {"named": {"a": 1}}),
        ("named[]=1", {"named": {"": 1}}),
        ("named[a[b]]=1", {"named": {"a[b]": 1}}),
        ("named%5Ba%5D=1&many=1&many=2", {"named": {"a": 1}, "many": [1, 2]}),
    ],
)
def test_its_keys_stand_in_brackets(query: str, expected: Any) -> None:
    assert load(query) == expected


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("named[a]=x", {"named.a.value"}),
        ("named=1", {"named"}),
        ("named=1&named[a]=1", {"named", "named[a]"}),
        ("named[a=1", {"named[a"}),
        ("one[a]=1", {"one[a]"}),
        ("other[a]=1", {"other[a]"}),
    ],
)
def test_anything_else_is_refused_by_its_name(query: str, faults: set[str]) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        load(query)
    assert {problem.field for problem in refusal.value.problems} == faults
