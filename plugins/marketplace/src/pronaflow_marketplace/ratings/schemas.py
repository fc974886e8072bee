"""Ratings as they are sent and shown."""

from __future__ import annotations

from marshmallow import fields, validate

from pronaflow_kernel.api import Schema, Timestamp


class RatingIn(Schema):
    """What one thinks of a plugin."""

    rating = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(min=1, max=5),
        metadata={"description": "Stars", "examples": [4]},
    )


class RatingOut(RatingIn):
    """One's own rating."""

    created_at = Timestamp()
    updated_at = Timestamp()
