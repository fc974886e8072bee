"""What the plugin consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import Any

from marshmallow import fields
from sqlalchemy import MetaData, bindparam, delete, select

from pronaflow_kernel.api import (
    NOWHERE,
    PUBLIC,
    WORKSPACE,
    Blueprint,
    Context,
    Download,
    IdType,
    Permission,
    Plugin,
    Reader,
    Row,
    Schema,
    Timestamp,
    UnitOfWork,
    WorkspaceQuery,
    hookimpl,
    load_permissions,
    unscoped,
)

from .feeds import PATH, Feeds
from .models import Base, Feed

_WHY = "a user's data is looked for in all workspaces"
_OF = Feed.user_id == bindparam("user_id", type_=IdType())
_HELD = unscoped(_WHY, select(Feed.id, Feed.workspace_id, Feed.created_at).where(_OF))
_FORGET = unscoped(_WHY, delete(Feed).where(_OF))

MEDIA_TYPE = "text/calendar; charset=utf-8"


class FeedOut(Schema):
    """A calendar."""

    created_at = Timestamp()


class NewFeedOut(FeedOut):
    """A calendar with the address that is shown once."""

    url = fields.String(metadata={"description": "To subscribe to; whoever has it sees the calendar"})


class CalendarFeedPlugin(Plugin):
    """Due dates for calendar programs."""

    def setup(self, ctx: Context) -> None:
        """Build the service."""
        super().setup(ctx)
        self.feeds = Feeds(ctx)

    @hookimpl
    def provide_models(self) -> MetaData:
        """`models.py`."""
        metadata: MetaData = Base.metadata
        return metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """The address, and what stands at it."""
        blp = Blueprint("calendar_feed", url_prefix=PATH, tag="Calendar feed", summary="Due dates elsewhere")
        here: dict[str, Any] = {
            "permission": "calendar_feed.use",
            "target": WORKSPACE,
            "query": WorkspaceQuery,
        }

        @blp.endpoint("GET", "", **here, returns=FeedOut)
        def get_calendar_feed(reader: Reader, query: Row) -> Row:
            """Get when the address of your calendar was made; the address itself is shown once."""
            return self.feeds.get(reader)

        @blp.endpoint("POST", "", **here, returns=NewFeedOut, status=201, idempotency="off")
        def make_calendar_feed(uow: UnitOfWork, query: Row) -> Row:
            """Make an address for your calendar of a workspace; the one before leads nowhere any more."""
            return self.feeds.make(uow)

        @blp.endpoint("DELETE", "", **here, status=204)
        def end_calendar_feed(uow: UnitOfWork, query: Row) -> None:
            """Let the address of your calendar lead nowhere."""
            self.feeds.end(uow)

        @blp.endpoint(
            "GET",
            "/<string:secret>.ics",
            permission=PUBLIC,
            target=NOWHERE,
            download=True,
        )
        def read_calendar_feed(reader: Reader, secret: str) -> Download:
            """Read a calendar by its address: your open tasks with a due date, as iCalendar (RFC 5545)."""
            content = self.feeds.content(reader, secret)
            digest = hashlib.sha256(content).hexdigest()
            # Opened like a stored file, it has an ETag: programs that ask every few minutes get a 304.
            opened = partial(_opened, content)
            return Download("pronaflow.ics", MEDIA_TYPE, opened, len(content), digest)

        return [blp]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Whose calendars there are, without their secrets."""
        return {"calendar_feeds": reader.all(_HELD, user_id=user_id)}

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> None:
        """Delete them."""
        uow.execute(_FORGET, user_id=user_id)


def _opened(content: bytes, start: int, length: int) -> BytesIO:
    return BytesIO(content[start : start + length])
