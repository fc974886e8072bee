"""Marshmallow fields and the schema base that all routes use.

Unknown keys are errors (a typo must not be ignored, and server-owned fields cannot be set), times must say
their zone, and ids must be UUIDs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from ..ids import as_id


class Schema(ma.Schema):
    """Base of every schema; unknown keys are refused."""

    class Meta:
        unknown = ma.RAISE


class Id(fields.String):
    """A UUID, loaded as canonical lower-case text.

    Arguments:
        of: kind of record, where the name of the field does not tell it (`assigned_to` is `of="user"`); the
            OpenAPI document says so as `x-resource`.
    """

    default_error_messages = {"invalid_id": "Not a valid UUID."}

    def __init__(self, *, of: str | None = None, **kwargs: Any) -> None:
        metadata = {"format": "uuid", **kwargs.pop("metadata", {})}
        if of is not None:
            metadata["x-resource"] = of
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = as_id(value)
        if found is None:
            raise self.make_error("invalid_id")
        return found


class Timestamp(fields.AwareDateTime):
    """An instant: RFC 3339, shown in UTC with `Z`. Input without a zone is UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        instant: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            return instant.astimezone(UTC)
        except OverflowError:  # the first or last day of the calendar, in another zone
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Moment(Timestamp):
    """An instant, or a bare date that stands for its beginning in UTC (the sources send both)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            value += "T00:00:00Z"
        return super()._deserialize(value, attr, data, **kwargs)


class Text(fields.String):
    """Text without surrounding blanks.

    Arguments:
        least, most: length in characters after trimming.
    """

    def __init__(self, most: int, *, least: int = 0, **kwargs: Any) -> None:
        checks = [*kwargs.pop("validate", ()), validate.Length(min=least, max=most)]
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        return text.strip()


class Choice(fields.String):
    """One of a few words, case-insensitive, with aliases that mean one of them.

    Arguments:
        choices: the canonical words, as stored and shown.
        aliases: other accepted words and what they mean.
    """

    def __init__(
        self, choices: tuple[str, ...], aliases: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        self.choices = choices
        self._meaning = {**{word: word for word in choices}, **(aliases or {})}
        super().__init__(**kwargs)
        words = [*choices, None] if self.allow_none else list(choices)
        self.metadata = {"enum": words, **self.metadata}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        word: str = super()._deserialize(value, attr, data, **kwargs)
        meaning = self._meaning.get(word.strip().lower())
        if meaning is None:
            raise ma.ValidationError(f"Must be one of: {', '.join(self.choices)}.")
        return meaning


class PageQuery(Schema):
    """Query of a list: `page` and `page_size` as the seed documents them, or `cursor` (keyset)."""

    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    page_size = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(max=1000),
        metadata={"description": "From `pagination.next_cursor`"},
    )
    sort_by = fields.String(load_default=None, validate=validate.Length(max=40))
    sort_order = Choice(("asc", "desc"), load_default=None)
    sort = fields.String(
        load_default=None,
        validate=validate.Length(max=41),
        metadata={"description": "`-created_at` is descending"},
    )
    ext = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={"description": "Plugins whose data to add under `ext`, comma-separated"},
    )


class WorkspaceQuery(Schema):
    """Query of a route that works in a workspace which the path does not name."""

    workspace_id = Id(load_default=None, metadata={"description": "Else X-Workspace-Id, else the first one"})


def renamed(data: Any, alias: str, name: str) -> Any:
    """A body in which a field may have another name too; for `pre_load`.

    Where both names are sent the alias stays, and is refused as unknown.
    """
    if isinstance(data, Mapping) and alias in data and name not in data:
        return {name if key == alias else key: value for key, value in data.items()}
    return data
