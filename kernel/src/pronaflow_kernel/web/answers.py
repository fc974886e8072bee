"""What handlers return and how it becomes an HTTP answer (first seed, "Common Response Formats")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Response

from ..errors import KernelError
from .downloads import Download, send
from .preconditions import etag
from .projection import Projection, dumps
from .streaming import Stream
from .streaming import answer as begin_stream

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Arguments:
        rows: the records.
        page, page_size: as asked for; `page` is None in a walk by cursor.
        total: of the filtered set; exact up to 10,000.
        total_exact: False where there are more than `total`.
        next_cursor: continues after the last row; None on the last page.
        sums: over the whole filtered set, by name; shown beside the total.
    """

    rows: Sequence[dict[str, Any]]
    page: int | None
    page_size: int
    total: int
    total_exact: bool
    next_cursor: str | None
    sums: Mapping[str, int] = field(default_factory=dict)

    def pagination(self) -> dict[str, Any]:
        """The seed's `pagination` object, with `has_next`, `has_prev` and the cursor beside it."""
        pages = -(-self.total // self.page_size)
        shown: dict[str, Any] = {
            "page": self.page or 1,
            "page_size": self.page_size,
            "total": self.total,
            "total_pages": pages,
            "has_next": self.next_cursor is not None,
            "has_prev": (self.page or 1) > 1,
            "next_cursor": self.next_cursor,
            **self.sums,
        }
        if not self.total_exact:
            shown["total_exact"] = False
        return shown


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list that is asked for by `limit` and `offset`, as the first seed has some of them.

    Arguments:
        rows: the records.
        limit, offset: as asked for.
        total: of the filtered set; exact up to 10,000.
        total_exact: False where there are more than `total`.
    """

    rows: Sequence[dict[str, Any]]
    limit: int
    offset: int
    total: int
    total_exact: bool

    def place(self) -> dict[str, Any]:
        """What stands beside the records."""
        shown: dict[str, Any] = {"total": self.total, "limit": self.limit, "offset": self.offset}
        return shown if self.total_exact else {**shown, "total_exact": False}


@dataclass(frozen=True, slots=True)
class Document:
    """An answer in a format of its own, without the envelope.

    Arguments:
        content: the whole body; media_type: what it is.
    """

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that says more than its data.

    Arguments:
        data: a record, a list of records, or None.
        message: a sentence for people.
        warnings: what was accepted but looks wrong; shown as `data.warnings`.
        beside: what the first seed shows beside `message`, by name.
    """

    data: Any = None
    message: str | None = None
    warnings: list[str] = field(default_factory=list)
    beside: Mapping[str, Any] = field(default_factory=dict)


def render(result: Any, status: int, project: Projection | None, resource: str | None = None) -> Response:
    """The enveloped answer of a handler's result.

    Arguments:
        result: a row, a list of rows, a `Page`, a `Window`, an `Answer`, a `Document`, a `Download`, a
            `Stream`, or None with 204.
        project: compiled from the schema the route declares; None shows the data as it is.
        resource: resource type of the data; a single record of one carries an ETag.
    """
    if status == 204:
        return Response(status=204)
    if isinstance(result, Download):
        return send(result, status)
    if isinstance(result, Document):
        return Response(result.content, status=status, mimetype=result.media_type)
    if isinstance(result, Stream):
        return begin_stream(result)
    body: dict[str, Any] = {"success": True}
    answer = result if isinstance(result, Answer) else Answer(result)
    if isinstance(answer.data, Page):
        body["data"] = _shown(answer.data.rows, project)
        body["pagination"] = answer.data.pagination()
    elif isinstance(answer.data, Window):
        body["data"] = _shown(answer.data.rows, project)
        body |= answer.data.place()
    elif answer.data is not None or answer.message is None:
        body["data"] = _shown(answer.data, project)
    if answer.warnings:
        body["data"]["warnings"] = answer.warnings
    if answer.message is not None:
        body["message"] = answer.message
    body |= answer.beside
    sent = dumps(body)
    headers = {}
    if resource is not None and isinstance(answer.data, Mapping) and "version" in answer.data:
        headers["ETag"] = etag(answer.data["version"], sent)
    return Response(sent, status=status, headers=headers, mimetype=JSON)


def _shown(data: Any, project: Projection | None) -> Any:
    if project is None or data is None:
        return data
    if isinstance(data, (list, tuple)):
        return [_record(row, project) for row in data]
    return _record(data, project)


def _record(row: Mapping[str, Any], project: Projection) -> dict[str, Any]:
    shown = project(row)
    if "ext" in row:
        shown["ext"] = row["ext"]
    return shown


def render_error(error: KernelError, now: datetime) -> Response:
    """The seed's error envelope."""
    body: dict[str, Any] = {
        "success": False,
        "error": {"code": error.code, "message": error.message, "details": error.details},
        "timestamp": now,
    }
    return Response(dumps(body), status=error.status, headers=error.headers, mimetype=JSON)
