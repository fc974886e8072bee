"""Ratings over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Reader, Row, UnitOfWork

from .schemas import RatingIn, RatingOut
from .service import Ratings

RATE = "plugins.rate"


def add(blp: Blueprint, ratings: Ratings) -> None:
    """What one thinks of a plugin."""
    rule = "/<string:plugin_id>/rating"

    @blp.endpoint("GET", rule, permission="plugins.browse", returns=RatingOut)
    def get_plugin_rating(reader: Reader, plugin_id: str) -> Row:
        """Get your own rating of a plugin."""
        return ratings.get(reader, plugin_id)

    @blp.endpoint("POST", rule, permission=RATE, body=RatingIn, returns=RatingOut)
    def rate_plugin(uow: UnitOfWork, plugin_id: str, body: dict[str, Any]) -> Row:
        """Rate a plugin with one to five stars; a second rating takes the place of the first."""
        return ratings.rate(uow, plugin_id, body["rating"])

    @blp.endpoint("DELETE", rule, permission=RATE, status=204)
    def delete_plugin_rating(uow: UnitOfWork, plugin_id: str) -> None:
        """Take your rating of a plugin back."""
        ratings.take_back(uow, plugin_id)
