"""Usage as it is asked for and shown."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Choice, Id, Moment, Schema, Timestamp


class UsageQuery(Schema):
    """Which usage of a token."""

    start_date = Moment(
        load_default=None, metadata={"description": "First day (UTC); else 30 days up to the last"}
    )
    end_date = Moment(load_default=None, metadata={"description": "Last day (UTC), else today"})
    granularity = Choice(
        ("hourly", "daily"),
        load_default="daily",
        metadata={"description": "How finely `requests_by_period` is divided"},
    )


class UsagePeriod(Schema):
    """First and last day."""

    start = fields.Date()
    end = fields.Date()


class EndpointUsage(Schema):
    """Requests to one route."""

    endpoint = fields.String(metadata={"description": "Method and template of the path"})
    count = fields.Integer()


class PeriodUsage(Schema):
    """Requests of an hour or a day."""

    start = Timestamp()
    count = fields.Integer()


class RateLimitUsage(Schema):
    """The limit that all tokens of the workspace share."""

    tier = fields.String()
    limit_per_minute = fields.Integer()
    current_usage = fields.Integer(metadata={"description": "Requests of the minute up to now"})


class UsageOut(Schema):
    """What a token was used for."""

    token_id = Id()
    period = fields.Nested(UsagePeriod)
    total_requests = fields.Integer()
    requests_by_method = fields.Dict(keys=fields.String(), values=fields.Integer())
    requests_by_endpoint = fields.List(fields.Nested(EndpointUsage))
    requests_by_status = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "By class: `2xx`, `4xx`"}
    )
    granularity = fields.String()
    requests_by_period = fields.List(
        fields.Nested(PeriodUsage), metadata={"description": "Those in which there were any, in order"}
    )
    rate_limit = fields.Nested(RateLimitUsage)
